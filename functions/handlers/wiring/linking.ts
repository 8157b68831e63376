import { connect, hurried } from '../../adapters/dynamodb/client.ts'
import { DynamoPersonLinks } from '../../adapters/dynamodb/person-links.ts'
import type { Linking } from '../../adapters/slack/edge/click.ts'
import { SystemSecrets } from '../../adapters/system/system.ts'
import { offerLink } from '../../operations/people/link-account.ts'
import type { Clock } from '../../operations/ports.ts'

/** Whose Slack accounts are, for a door where somebody waits: read only where the directory does not say. */
export function linkingFor(
  { ISSUER, REQUESTS_TABLE, LEDGER_TABLE }: { ISSUER: string; REQUESTS_TABLE: string; LEDGER_TABLE: string },
  clock: Clock,
): Linking {
  const links = new DynamoPersonLinks(connect(hurried), { requests: REQUESTS_TABLE, ledger: LEDGER_TABLE })
  const ports = { links, secrets: new SystemSecrets(), clock }
  return {
    find: ({ team, user }) => links.find(team, user),
    offer: async (account) => `${ISSUER}/link?code=${await offerLink(account, ports)}`,
  }
}
