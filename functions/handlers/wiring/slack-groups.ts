import { connect, type Patience } from '../../adapters/dynamodb/client.ts'
import { DynamoGroupSnapshots, DynamoPersonLinks } from '../../adapters/dynamodb/person-links.ts'
import { SlackUserGroups } from '../../adapters/slack/edge/client.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { refreshSlackGroups } from '../../operations/people/refresh-groups.ts'
import type { Clock, Log } from '../../operations/ports.ts'

type Given = {
  bundle: Pick<Bundle, 'directory' | 'deployment'>
  tables: { REQUESTS_TABLE: string; LEDGER_TABLE: string }
  webApi: { apiUrl: string; token: () => Promise<string>; log: Log }
  clock: Clock
}

/** Asking Slack who is in its user groups, ready to be done. */
export function slackGroupsRefresh({ bundle, tables, webApi, clock }: Given, patience?: Patience) {
  const connection = connect(patience)
  const names = { requests: tables.REQUESTS_TABLE, ledger: tables.LEDGER_TABLE }
  const ports = {
    userGroups: new SlackUserGroups(webApi),
    snapshots: new DynamoGroupSnapshots(connection, names.requests),
    links: new DynamoPersonLinks(connection, names),
    clock,
  }
  const { teamId } = bundle.deployment.slack
  return (): Promise<boolean> => refreshSlackGroups(bundle.directory, teamId, ports)
}
