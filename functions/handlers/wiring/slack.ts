import { connect, type Patience } from '../../adapters/dynamodb/client.ts'
import { DynamoGroupReadings } from '../../adapters/dynamodb/group-readings.ts'
import { DynamoPersonLinks } from '../../adapters/dynamodb/person-links.ts'
import { SlackSecretReader } from '../../adapters/secretsmanager/secrets.ts'
import { SlackUserGroups } from '../../channels/slack/edge/client.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { RequestId } from '../../domain/values.ts'
import { readChatGroup } from '../../operations/people/read-sources.ts'
import type { Clock, Log } from '../../operations/ports.ts'
import type { tablesOf } from '../environments.ts'

/** The page on which a logged-in person reads a request in full and decides it, or reviews an opening. */
export const pageOf =
  (issuer: string) =>
  (request: RequestId): string =>
    `${issuer}/${request.startsWith('bgl_') ? 'break-glass' : 'decide'}/${request}`

/** Slack's Web API, and the secret that has the bot token, which is read only when it is needed. */
export function slackApi(
  { SLACK_SECRET, SLACK_API_URL }: { SLACK_SECRET: string; SLACK_API_URL: string },
  { clock, log }: { clock: Clock; log: Log },
  secrets?: ConstructorParameters<typeof SlackSecretReader>[2],
) {
  const secret = new SlackSecretReader(SLACK_SECRET, clock, secrets)
  return { secret, webApi: { apiUrl: SLACK_API_URL, token: async () => (await secret.read()).botToken, log } }
}

export function groupPorts(
  tables: ReturnType<typeof tablesOf>,
  webApi: ReturnType<typeof slackApi>['webApi'],
  { bundle, clock, log }: { bundle: Bundle; clock: Clock; log: Log },
  patience?: Patience,
) {
  const connection = connect(patience)
  const ports = { userGroups: new SlackUserGroups(webApi), links: new DynamoPersonLinks(connection, tables) }
  return {
    readers: { chatGroup: readChatGroup(bundle.deployment.chat.teamId, ports) },
    readings: new DynamoGroupReadings(connection, tables.requests),
    clock,
    log,
  }
}
