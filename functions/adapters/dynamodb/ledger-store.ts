import { randomUUID } from 'node:crypto'
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb'
import { type ChainFacts, facetsOf, placeOf } from '../../domain/ledger/facets.ts'
import type { Entry, Head } from '../../domain/ledger/ledger.ts'
import type { PersonalText } from '../../domain/ledger/texts.ts'
import { defined } from '../../domain/values.ts'
import type { LedgerStore } from '../../operations/ledger/ports.ts'
import type { OnceOnly } from '../../operations/ports.ts'
import { readWritten } from '../read-json.ts'
import { chainKey } from './chain-ends.ts'
import type { Connection } from './client.ts'
import { condition, endsAt, headOf, headRow, type Item, numberOf, textOf } from './items.ts'
import { inShard, shardOf } from './shards.ts'
import { Table } from './table.ts'

export type LedgeredTables = { requests: string; ledger: string; texts?: string | undefined }

/** A store in the requests table whose changes commit together with their entries in the ledger. */
export class LedgeredStore {
  protected readonly requests: Table
  protected readonly ledger: Table
  protected readonly shards: number
  readonly #texts: Table | undefined

  /** @param tables `texts` is needed if changes may have personal texts */
  constructor(connection: Connection, tables: LedgeredTables) {
    this.requests = new Table(connection, tables.requests)
    this.ledger = new Table(connection, tables.ledger)
    this.shards = connection.shards ?? 1
    this.#texts = tables.texts === undefined ? undefined : new Table(connection, tables.texts)
  }

  /**
   * Writes entries and their commitments in one transaction.
   * @param factsOf the facts of an entry's chain, by which the entry is found
   */
  protected commitAll(
    items: readonly TransactWriteItem[],
    { entries, texts = [] }: { entries: readonly Entry[]; texts?: readonly PersonalText[] | undefined },
    trying: string,
    factsOf: (entry: Entry) => ChainFacts | undefined = () => undefined,
  ) {
    const putEntries = entries.map((entry) => this.#puttingEntry(entry, factsOf(entry)))
    const putTexts = texts.map((text) => this.#puttingText(text))
    return this.requests.transact([...items, ...putEntries, ...putTexts], trying)
  }

  #puttingText({ commitment, person, text, salt }: PersonalText) {
    if (!this.#texts) throw new TypeError('this function does not know the table of texts')
    return this.#texts.putting({ commitment, person: inShard(person, commitment, this.shards), text, salt })
  }

  /** @param writer identifies this call, so that it recognises its own item after a lost answer */
  protected puttingOnce(
    { key, value, replaces, orAtMost, expiresAt }: OnceOnly & { orAtMost?: string },
    writer: string,
  ) {
    const may = [
      'attribute_not_exists(pk)',
      ...(replaces === undefined ? [] : ['#value = :replaces']),
      ...(orAtMost === undefined ? [] : ['#value <= :orAtMost']),
    ]
    const row = { ...onceKey(key), value, writer, ttl: expiresAt }
    const { Put } = this.requests.putting(row, condition(may.join(' OR '), { replaces, orAtMost }))
    return { Put: { ...Put, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const } }
  }

  /** Put only if absent: ledger rows are written once. */
  #puttingEntry(entry: Entry, facts: ChainFacts | undefined) {
    const cut = entry.id.lastIndexOf('/')
    const key = { aggregate: entry.id.slice(0, cut), sequence: Number(entry.id.slice(cut + 1)) }
    const isNewEntry = condition('attribute_not_exists(#aggregate)')
    const found = {
      shard: shardOfEntry(entry, this.shards),
      place: placeOf(entry),
      facets: JSON.stringify(facetsOf(entry, facts)),
    }
    return this.ledger.putting({ ...key, entry: JSON.stringify(entry), ...found }, isNewEntry)
  }
}

/** The index over time has eight times as many parts: a request has some thirty entries. */
const shardCount = 8
export const shardsOfLedger = (shards: number): readonly string[] =>
  Array.from({ length: shardCount * shards }, (_, shard) => String(shard))

const shardOfEntry = ({ id }: Entry, shards: number): string => String(shardOf(id, shardCount * shards))

export const onceKey = (key: string) => ({ pk: key, sk: 'ONCE' })

/**
 * The ledger table: `aggregate` and `sequence` find an entry, which is stored as its hashed JSON text. The end of an
 * actor's own chain is an item of the requests table, because the ledger table is append-only.
 */
export class DynamoLedgerStore extends LedgeredStore implements LedgerStore {
  async entries(aggregate: string): Promise<readonly Entry[]> {
    const query = { where: '#aggregate = :aggregate', values: { aggregate } }
    return (await this.ledger.queryAll(query, `read the ledger of \`${aggregate}\``)).map(entryOf)
  }

  async page(aggregate: string, { after, limit }: { after: number; limit: number }) {
    const query = { where: '#aggregate = :aggregate AND #sequence > :after', values: { aggregate, after }, limit }
    const { items, last } = await this.ledger.query(query, `read the ledger of \`${aggregate}\``)
    return defined({ entries: items.map(entryOf), next: last && numberOf(last, 'sequence') })
  }

  async head(aggregate: string): Promise<Head> {
    return headOf(await this.requests.get(chainKey(aggregate), `read the chain of \`${aggregate}\``))
  }

  async append(
    aggregate: string,
    expected: Head,
    entries: readonly Entry[],
    head: Head,
    once: readonly OnceOnly[] = [],
  ): Promise<boolean> {
    const writer = randomUUID()
    const chain = this.requests.putting({ ...chainKey(aggregate), ...headRow(head) }, endsAt(expected))
    const rows = once.map((each) => this.puttingOnce(each, writer))
    return (await this.commitAll([chain, ...rows], { entries }, `append to \`${aggregate}\``)).done
  }
}

export const entryOf = (item: Item) => readWritten(textOf(item, 'entry')) as Entry
