import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { connect, type Patience } from '../../adapters/dynamodb/client.ts'
import { DynamoGroupReadings } from '../../adapters/dynamodb/group-readings.ts'
import { DynamoPersonLinks } from '../../adapters/dynamodb/person-links.ts'
import { JsonSecretReader } from '../../adapters/secretsmanager/secrets.ts'
import type { ChannelDoor, DoorWorld } from '../../channels/door.ts'
import { openDoor } from '../../channels/doors.ts'
import { type Bundle, chatsOf } from '../../domain/policy/bundle.ts'
import type { RequestId } from '../../domain/values.ts'
import { readChatGroup } from '../../operations/people/read-sources.ts'
import type { Clock, Log } from '../../operations/ports.ts'
import type { tablesOf } from '../environment.ts'

/** The page on which a logged-in person reads a request in full and decides it, or reviews an opening. */
export const pageOf =
  (issuer: string) =>
  (request: RequestId): string =>
    `${issuer}/${request.startsWith('bgl_') ? 'break-glass' : 'decide'}/${request}`

type Told = { CHAT_SECRETS: { readonly [alias: string]: string } }
type World = { bundle: Bundle; clock: Clock; log: Log }

/**
 * The doors of all chats, by alias.
 * @param client of callers in a hurry
 */
export const doorsOf = (
  told: Told,
  { bundle, ...world }: World,
  client?: SecretsManagerClient,
): ReadonlyMap<string, ChannelDoor> =>
  new Map(
    [...chatsOf(bundle.deployment)].map(([alias, chat]) => [
      alias,
      openDoor(chat, doorWorld(alias, told, world, client)),
    ]),
  )

export const doorWorld = (
  alias: string,
  told: Told,
  { clock, log }: Omit<World, 'bundle'>,
  client?: SecretsManagerClient,
): DoorWorld => ({
  secret: (form) => new JsonSecretReader(told.CHAT_SECRETS[alias] ?? '', form, clock, client),
  log,
})

export function groupPorts(
  tables: ReturnType<typeof tablesOf>,
  doors: ReadonlyMap<string, ChannelDoor>,
  { bundle, clock, log }: World,
  patience?: Patience,
) {
  const connection = connect(patience)
  const ports = { doors, links: new DynamoPersonLinks(connection, tables) }
  return {
    readers: { chatGroup: readChatGroup(bundle.deployment, ports) },
    readings: new DynamoGroupReadings(connection, tables.requests),
    clock,
    log,
  }
}
