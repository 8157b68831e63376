import { connect, hurried, type Patience } from '../../adapters/dynamodb/client.ts'
import { DynamoGroupSnapshots, DynamoPersonLinks } from '../../adapters/dynamodb/person-links.ts'
import type { Linking } from '../../adapters/slack/edge/click.ts'
import { SlackUserGroups } from '../../adapters/slack/edge/client.ts'
import { SystemSecrets } from '../../adapters/system/system.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { RequestId } from '../../domain/values.ts'
import { offerLink, refreshChatGroups } from '../../operations/people/chat-accounts.ts'
import type { Clock, Log } from '../../operations/ports.ts'
import { type Tables, tablesOf } from '../environments.ts'

/** Where a request can be read in full and decided, or an opening reviewed, by a person who has logged in there. */
export const pageOf =
  (issuer: string) =>
  (request: RequestId): string =>
    `${issuer}/${request.startsWith('bgl_') ? 'break-glass' : 'decide'}/${request}`

/** Whose Slack accounts are, for a door where a person waits: read only where the directory does not say. */
export function linkingFor({ ISSUER, ...tables }: Tables & { ISSUER: string }, clock: Clock): Linking {
  const links = new DynamoPersonLinks(connect(hurried), tablesOf(tables))
  const ports = { links, secrets: new SystemSecrets(), clock }
  return {
    find: ({ team, user }) => links.find(team, user),
    offer: async (account) => `${ISSUER}/link?code=${await offerLink(account, ports)}`,
  }
}

type Given = {
  bundle: Pick<Bundle, 'directory' | 'deployment'>
  tables: Tables
  webApi: { apiUrl: string; token: () => Promise<string>; log: Log }
  clock: Clock
}

/** Asking Slack who is in its user groups, ready to be done. */
export function slackGroupsRefresh({ bundle, tables, webApi, clock }: Given, patience?: Patience) {
  const connection = connect(patience)
  const names = tablesOf(tables)
  const ports = {
    userGroups: new SlackUserGroups(webApi),
    snapshots: new DynamoGroupSnapshots(connection, names.requests),
    links: new DynamoPersonLinks(connection, names),
    clock,
  }
  const { teamId } = bundle.deployment.chat
  return (): Promise<boolean> => refreshChatGroups(bundle.directory, teamId, ports)
}
