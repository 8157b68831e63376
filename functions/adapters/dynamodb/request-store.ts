import { randomUUID } from 'node:crypto'
import { ConditionalCheckFailedException, PutItemCommand, type TransactWriteItem } from '@aws-sdk/client-dynamodb'
import type { HaltTarget } from '../../domain/halts/halt.ts'
import type { AskerId, EvaluationId, NumericDate, RequestId } from '../../domain/values.ts'
import { StoreUnavailable } from '../../operations/faults.ts'
import type { OnceOnly, Page } from '../../operations/ports.ts'
import type {
  Beside,
  Commit,
  Committed,
  Dependencies,
  Evaluation,
  RequestFilter,
  RequestPage,
  RequestStore,
  Stored,
} from '../../operations/requests/ports.ts'
import { type Connection, conflicted, failed, orUnavailable, transact, unavailable, within } from './client.ts'
import { haltsOf, uniqueKeys } from './halt-store.ts'
import {
  endsAt,
  type Item,
  number,
  onceKey,
  permitKey,
  permitOf,
  putOnce,
  putPermit,
  readMany,
  readOne,
  slackGroupsKey,
  slackGroupsOf,
  standInKey,
  standInsOf,
  text,
  textOf,
} from './items.ts'
import { putEntry } from './ledger-store.ts'
import { countOpen, listRequests, openRequests, overdueRequests } from './list-requests.ts'
import { requestItem, requestKey, storedOf } from './request-items.ts'

/** An evaluation is kept a day past its end, so that a late submission can be told that it is expired. */
const keepEvaluationSeconds = 86_400

/** The requests table, and the entries of requests, which commit with their state. Every item is read strongly. */
export class DynamoRequestStore implements RequestStore {
  readonly #connection: Connection
  readonly #requests: string
  readonly #ledger: string

  constructor(connection: Connection, tables: { requests: string; ledger: string }) {
    this.#connection = connection
    this.#requests = tables.requests
    this.#ledger = tables.ledger
  }

  async load(id: RequestId): Promise<Stored | undefined> {
    const item = await this.#get(requestKey(id), `read \`${id}\``)
    return item && storedOf(item)
  }

  async loadMany(ids: readonly RequestId[]): Promise<readonly Stored[]> {
    const keys = [...new Set(ids)].map(requestKey)
    if (keys.length === 0) return []
    return (await readMany(this.#connection, this.#requests, keys)).map(storedOf)
  }

  async commit({ id, expected, state, entries, head, once = [], draw }: Commit): Promise<Committed> {
    const writer = randomUUID()
    const items: TransactWriteItem[] = [
      { Put: { TableName: this.#requests, Item: requestItem(state, head), ...endsAt(expected) } },
      ...once.map((each) => ({ Put: putOnce(this.#requests, each, writer) })),
      ...(draw ? [{ Put: putPermit(this.#requests, draw) }] : []),
      ...[...entries, ...(draw?.entries ?? [])].map((entry) => putEntry(this.#ledger, entry)),
    ]
    const transacted = await transact(this.#connection, items, `commit \`${id}\``)
    if (transacted.done) return { outcome: 'committed' }

    const [ofRequest, ...others] = transacted.reasons
    const ofOnce = others.slice(0, once.length)
    // Asked before staleness: it is final, while a stale writer would come back only to find the same.
    for (const [index, { key }] of once.entries())
      if (failed(ofOnce[index])) return { outcome: 'taken', key, value: textOf(ofOnce[index]?.Item ?? {}, 'value') }
    const ofPermit = draw && others[once.length]
    if (failed(ofRequest) || failed(ofPermit) || transacted.reasons.some(conflicted)) return { outcome: 'stale' }
    // Only an entry that was there already is left. The version would then have moved too: another program wrote around us.
    throw new StoreUnavailable(`the ledger of \`${id}\` holds entries that its state does not know`)
  }

  async dependencies(
    ancestors: readonly RequestId[],
    targets: readonly HaltTarget[],
    { standIn, permit, slackGroups }: Beside = {},
  ): Promise<Dependencies> {
    const keys = [
      ...ancestors.map(requestKey),
      ...uniqueKeys(targets),
      ...(standIn === undefined ? [] : [standInKey(standIn)]),
      ...(permit === undefined ? [] : [permitKey(permit)]),
      ...(slackGroups ? [slackGroupsKey] : []),
    ]
    const kinds = Map.groupBy(await readMany(this.#connection, this.#requests, keys), (item) => textOf(item, 'sk'))
    const [drawn] = kinds.get('PERMIT') ?? []
    const [snapshot] = kinds.get('SLACKGROUPS') ?? []
    return {
      ancestors: (kinds.get('REQ') ?? []).map(storedOf),
      halts: (kinds.get('HALT') ?? []).flatMap(haltsOf),
      standIns: (kinds.get('STANDIN') ?? []).flatMap(standInsOf),
      ...(drawn ? { permit: permitOf(drawn) } : {}),
      ...(snapshot ? { slackGroups: slackGroupsOf(snapshot) } : {}),
    }
  }

  async recall(key: string): Promise<string | undefined> {
    const item = await this.#get(onceKey(key), 'recall a key')
    return item && textOf(item, 'value')
  }

  async claim(once: OnceOnly): Promise<boolean> {
    const writer = randomUUID()
    const put = new PutItemCommand(putOnce(this.#requests, once, writer))
    try {
      await this.#connection.client.send(put, within(this.#connection))
      return true
    } catch (cause) {
      if (!(cause instanceof ConditionalCheckFailedException)) throw unavailable('claim a key', cause)
      // The SDK sends a put again when its answer was lost, and then finds the item that it put.
      return cause.Item?.['writer']?.S === writer
    }
  }

  async saveEvaluation(evaluation: Evaluation): Promise<void> {
    const Item = {
      ...evaluationKey(evaluation.id),
      evaluation: text(JSON.stringify(evaluation)),
      ttl: number(evaluation.expiresAt + keepEvaluationSeconds),
    }
    await this.#connection.client
      .send(new PutItemCommand({ TableName: this.#requests, Item }), within(this.#connection))
      .catch(orUnavailable(`save \`${evaluation.id}\``))
  }

  async loadEvaluation(id: EvaluationId): Promise<Evaluation | undefined> {
    const item = await this.#get(evaluationKey(id), `read \`${id}\``)
    return item && (JSON.parse(textOf(item, 'evaluation')) as Evaluation)
  }

  list(filter: RequestFilter, page: RequestPage): Promise<Page<Stored>> {
    return listRequests({ connection: this.#connection, table: this.#requests }, filter, page)
  }

  overdue(before: NumericDate, limit: number): Promise<readonly RequestId[]> {
    return overdueRequests({ connection: this.#connection, table: this.#requests }, before, limit)
  }

  countOpen(agent: AskerId, most: number): Promise<number> {
    return countOpen({ connection: this.#connection, table: this.#requests }, agent, most)
  }

  open(agent: AskerId, limit: number): Promise<readonly Stored[]> {
    return openRequests({ connection: this.#connection, table: this.#requests }, agent, limit)
  }

  #get(key: Item, trying: string): Promise<Item | undefined> {
    return readOne(this.#connection, this.#requests, key, trying)
  }
}

const evaluationKey = (id: EvaluationId) => ({ pk: text(`EVAL#${id}`), sk: text('EVAL') })
