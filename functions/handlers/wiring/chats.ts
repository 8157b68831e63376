// Rules: test/infra/lambdas.test.ts
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { connect, type Patience } from '../../adapters/dynamodb/client.ts'
import { DynamoGroupReadings } from '../../adapters/dynamodb/group-readings.ts'
import { DynamoPersonLinks } from '../../adapters/dynamodb/person-links.ts'
import { JsonSecretReader } from '../../adapters/secretsmanager/secrets.ts'
import type { ChannelDoor, DoorWorld } from '../../channels/door.ts'
import { openDoor } from '../../channels/doors.ts'
import { type Bundle, chatsOf } from '../../domain/policy/bundle.ts'
import { readChatGroup } from '../../operations/people/read-sources.ts'
import type { Clock, Log } from '../../operations/ports.ts'
import type { tablesOf } from '../environment.ts'

type Told = { CHAT_SECRETS: { readonly [alias: string]: string } }
type World = { bundle: Bundle; clock: Clock; log: Log }

/**
 * The timeout of all chats together: below the queue's visibility timeout, so that attempts do not overlap.
 * Milliseconds.
 */
const silence = 5_000

/**
 * The doors of all chats, by alias.
 * @param client a client for callers in a hurry
 */
export const doorsOf = (
  told: Told,
  { bundle, ...world }: World,
  client?: SecretsManagerClient,
): ReadonlyMap<string, ChannelDoor> => {
  const chats = chatsOf(bundle.deployment)
  const patienceMs = Math.floor(silence / chats.size)
  return new Map(
    [...chats].map(([alias, chat]) => [
      alias,
      openDoor(chat, { ...doorWorld(alias, told, world, client), patienceMs }),
    ]),
  )
}

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
