import { connect, type Patience } from '../../adapters/dynamodb/client.ts'
import { DynamoGroupReadings } from '../../adapters/dynamodb/group-readings.ts'
import { DynamoPersonLinks } from '../../adapters/dynamodb/person-links.ts'
import { SlackSecretReader } from '../../adapters/secretsmanager/secrets.ts'
import { SlackUserGroups, type WebApi } from '../../channels/slack/edge/client.ts'
import { type Bundle, type Chat, chatsOf } from '../../domain/policy/bundle.ts'
import type { RequestId } from '../../domain/values.ts'
import { readChatGroup } from '../../operations/people/read-sources.ts'
import type { Clock, Log } from '../../operations/ports.ts'
import type { tablesOf } from '../environment.ts'

/** The page on which a logged-in person reads a request in full and decides it, or reviews an opening. */
export const pageOf =
  (issuer: string) =>
  (request: RequestId): string =>
    `${issuer}/${request.startsWith('bgl_') ? 'break-glass' : 'decide'}/${request}`

/** One workspace: Slack's Web API there, and the secret that has the bot token, which is read only when it is needed. */
export type SlackChat = { chat: Chat & { alias: string }; secret: SlackSecretReader; webApi: WebApi }

/** Every workspace, by its alias. */
export const slackChats = (
  told: { CHAT_SECRETS: { readonly [alias: string]: string } },
  { bundle, clock, log }: { bundle: Bundle; clock: Clock; log: Log },
  secrets?: ConstructorParameters<typeof SlackSecretReader>[2],
): ReadonlyMap<string, SlackChat> =>
  new Map(
    [...chatsOf(bundle.deployment)].map(([alias, chat]) => {
      const secret = new SlackSecretReader(told.CHAT_SECRETS[alias] ?? '', clock, secrets)
      const webApi = { apiUrl: chat.apiUrl, token: async () => (await secret.read()).botToken, log }
      return [alias, { chat: { alias, ...chat }, secret, webApi }]
    }),
  )

export function groupPorts(
  tables: ReturnType<typeof tablesOf>,
  chats: ReadonlyMap<string, SlackChat>,
  { bundle, clock, log }: { bundle: Bundle; clock: Clock; log: Log },
  patience?: Patience,
) {
  const connection = connect(patience)
  const userGroups = new Map([...chats].map(([alias, { webApi }]) => [alias, new SlackUserGroups(webApi)]))
  const ports = { userGroups, links: new DynamoPersonLinks(connection, tables) }
  return {
    readers: { chatGroup: readChatGroup(bundle.deployment, ports) },
    readings: new DynamoGroupReadings(connection, tables.requests),
    clock,
    log,
  }
}
