import { type AttributeValue, BatchGetItemCommand, GetItemCommand } from '@aws-sdk/client-dynamodb'
import * as z from 'zod'
import { type Head, noEntries } from '../../domain/ledger/ledger.ts'
import { GroupSnapshot } from '../../domain/people/organisation.ts'
import { StandIn } from '../../domain/people/stand-in.ts'
import { drawsLeft, StandingPermit } from '../../domain/permits/permit.ts'
import type { AskerId, PersonId, StandInId, StandingPermitId } from '../../domain/values.ts'
import { StoreUnavailable } from '../../operations/faults.ts'
import type { PermitChange } from '../../operations/permits/ports.ts'
import type { OnceOnly } from '../../operations/ports.ts'
import { type Connection, orUnavailable, pause, within } from './client.ts'

/** An item as DynamoDB takes and gives it. */
export type Item = { [attribute: string]: AttributeValue }

export const text = (value: string): AttributeValue => ({ S: value })
export const number = (value: number): AttributeValue => ({ N: String(value) })

/** @throws StoreUnavailable when the item lacks the attribute: it is not one of ours, so nothing it says can be used */
export function textOf(item: Item, attribute: string): string {
  const value = item[attribute]?.S
  if (value === undefined) throw new StoreUnavailable(`an item has no text in \`${attribute}\``)
  return value
}

/** @throws StoreUnavailable when the item lacks the attribute */
export function numberOf(item: Item, attribute: string): number {
  const value = Number(item[attribute]?.N)
  if (!Number.isSafeInteger(value)) throw new StoreUnavailable(`an item has no integer in \`${attribute}\``)
  return value
}

/** The head of a chain as attributes; an empty chain has no hash. */
export const headAttributes = ({ sequence, hash }: Head): Item => ({
  version: number(sequence),
  ...(hash === null ? {} : { hash: text(hash) }),
})

export const headOf = (item: Item | undefined): Head =>
  item ? { sequence: numberOf(item, 'version'), hash: item['hash']?.S ?? null } : noEntries

/** The condition that a chain still ends where it was read to end. */
export const endsAt = ({ sequence, hash }: Head) =>
  sequence === 0
    ? { ConditionExpression: 'attribute_not_exists(pk)' }
    : {
        ConditionExpression: '#version = :version AND #hash = :hash',
        ExpressionAttributeNames: { '#version': 'version', '#hash': 'hash' },
        ExpressionAttributeValues: { ':version': number(sequence), ':hash': text(hash ?? '') },
      }

export const onceKey = (key: string) => ({ pk: text(key), sk: text('ONCE') })

/**
 * Puts what may happen once, only where it is not there yet or holds the value that may be replaced. What was there is
 * given back when it fails.
 *
 * @param writer tells this very call from all others, so that one whose answer was lost knows its own item again
 */
export function putOnce(table: string, { key, value, replaces, expiresAt }: OnceOnly, writer: string) {
  const replaceable =
    replaces === undefined
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          ConditionExpression: 'attribute_not_exists(pk) OR #value = :replaces',
          ExpressionAttributeNames: { '#value': 'value' },
          ExpressionAttributeValues: { ':replaces': text(replaces) },
        }
  return {
    TableName: table,
    Item: { ...onceKey(key), value: text(value), writer: text(writer), ttl: number(expiresAt) },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    ...replaceable,
  }
}

/**
 * Reads one item strongly, or nothing where there is none.
 *
 * @param trying what for, in a fault's message
 * @throws StoreUnavailable
 */
export async function readOne(
  connection: Connection,
  table: string,
  Key: Item,
  trying: string,
): Promise<Item | undefined> {
  const command = new GetItemCommand({ TableName: table, Key, ConsistentRead: true })
  const { Item } = await connection.client.send(command, within(connection)).catch(orUnavailable(trying))
  return Item
}

/** One `BatchGetItem` takes no more keys. */
export const batchLimit = 100
const attempts = 6

/**
 * Reads up to a hundred items strongly, in no particular order; those that are gone are left out. A busy table answers
 * some and leaves the rest unprocessed: those are asked for again, after a pause that doubles.
 *
 * @throws StoreUnavailable when some are still unprocessed after six attempts
 */
export async function readMany(connection: Connection, table: string, keys: readonly Item[]): Promise<Item[]> {
  const read: Item[] = []
  let missing = [...keys]
  for (let attempt = 0; missing.length > 0; attempt++) {
    if (attempt === attempts) throw new StoreUnavailable('the store kept leaving items unread')
    if (attempt > 0) await pause(10, attempt)
    const command = new BatchGetItemCommand({ RequestItems: { [table]: { Keys: missing, ConsistentRead: true } } })
    const { Responses, UnprocessedKeys } = await connection.client
      .send(command, within(connection))
      .catch(orUnavailable('read requests'))
    read.push(...(Responses?.[table] ?? []))
    missing = UnprocessedKeys?.[table]?.Keys ?? []
  }
  return read
}

/** In whose stead a person may decide, now or some time: as one item, without what was over when it last changed. */
export const standInKey = (by: PersonId): Item => ({ pk: text(`STANDIN#${by}`), sk: text('STANDIN') })
export const permitKey = (id: StandingPermitId): Item => ({ pk: text(`PERMIT#${id}`), sk: text('PERMIT') })

/** Who was in the Slack user groups, as one item: all of it, and when. */
export const slackGroupsKey = { pk: text('SLACKGROUPS'), sk: text('SLACKGROUPS') } satisfies Item

const StandIns = z.array(StandIn)

/** What a permit of this agent that can be drawn from has in the index over what is open. */
export const openPermits = (agent: AskerId): string => `permits of ${agent}`

/**
 * A permit as an item. Beside it stand what the indexes need: that it is one and when it was given, for the list of all;
 * and its agent while it can be drawn from, as far as that does not hang on time.
 */
const permitItem = (permit: StandingPermit, head: Head): Item => ({
  ...permitKey(permit.id),
  ...headAttributes(head),
  permit: text(JSON.stringify(permit)),
  kind: text('permit'),
  submitted: text(`${String(permit.at).padStart(10, '0')}#${permit.id}`),
  ...(permit.revoked === undefined && drawsLeft(permit) > 0 ? { openOf: text(openPermits(permit.agent)) } : {}),
})

/** Puts a changed permit, if it is still as it was read. */
export const putPermit = (table: string, { permit, head, expected }: PermitChange) => ({
  TableName: table,
  Item: permitItem(permit, head),
  ...endsAt(expected),
})

/** A stand-in by itself, with what the list of all needs: that it is one, and when it was given. */
export const standInItem = {
  kind: 'stand-in',
  key: (id: StandInId): Item => ({ pk: text(`SIN#${id}`), sk: text('SIN') }),
  of: (standIn: StandIn): Item => ({
    ...standInItem.key(standIn.id),
    standIn: text(JSON.stringify(standIn)),
    kind: text(standInItem.kind),
    submitted: text(`${String(standIn.at).padStart(10, '0')}#${standIn.id}`),
  }),
} as const

/** @throws StoreUnavailable when the item holds none that this code understands: stop rather than guess */
export const standInsOf = (item: Item): StandIn[] => parsed(StandIns, item, 'standIns')
/** @throws StoreUnavailable */
export const slackGroupsOf = (item: Item): GroupSnapshot => parsed(GroupSnapshot, item, 'snapshot')
/** @throws StoreUnavailable */
export const standInOf = (item: Item): StandIn => parsed(StandIn, item, 'standIn')
/** @throws StoreUnavailable */
export const permitOf = (item: Item): StandingPermit => parsed(StandingPermit, item, 'permit')

function parsed<T>(schema: z.ZodType<T>, item: Item, attribute: string): T {
  const result = schema.safeParse(JSON.parse(textOf(item, attribute)))
  if (!result.success) throw new StoreUnavailable(`the item \`${textOf(item, 'pk')}\` is not understood`)
  return result.data
}
