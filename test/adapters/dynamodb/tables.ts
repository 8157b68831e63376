import { randomUUID } from 'node:crypto'
import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb'

export type Tables = { requests: string; ledger: string; texts: string; waits: string; cards: string }

type Keys = readonly [partition: string, sort?: string]

/** The keys of infra's tables, by the adapters' names. The tests of the deployed stack show that infra has the same. */
const keys: { readonly [table in keyof Tables]: Keys } = {
  requests: ['pk', 'sk'],
  ledger: ['aggregate', 'sequence'],
  texts: ['commitment'],
  waits: ['requestId', 'wait'],
  cards: ['requestId', 'channel'],
}
const indexes: { readonly [index: string]: Keys } = {
  'by-time': ['kind', 'submitted'],
  'by-status': ['status', 'submitted'],
  'by-agent': ['agent', 'submitted'],
  'by-owner': ['owner', 'submitted'],
  'by-action': ['actionMonth', 'submitted'],
  'by-task': ['task', 'submitted'],
  'by-resource': ['resource', 'submitted'],
  'by-id': ['beginning', 'pk'],
  overdue: ['overdue', 'dueAt'],
  uncompared: ['uncompared', 'endedAt'],
  open: ['openOf', 'submitted'],
}
const facets = ['agent', 'owner', 'action', 'task', 'resource']
/** The attributes of an index beside its keys. */
const beside: { readonly [index: string]: readonly string[] } = {
  ...{ 'by-time': facets, 'by-status': facets, 'by-action': facets, 'by-task': facets },
  ...{ 'by-agent': [...facets, 'status'], 'by-owner': [...facets, 'status'], 'by-resource': [...facets, 'status'] },
}
const ofTexts: { readonly [index: string]: Keys } = { 'by-person': ['person', 'commitment'] }
const ofLedger: { readonly [index: string]: Keys } = { 'by-time': ['shard', 'place'] }
const numbers = new Set(['sequence', 'dueAt', 'endedAt'])

/** Five empty tables, for this caller alone. */
export async function makeTables(): Promise<Tables> {
  const names = Object.keys(keys) as (keyof Tables)[]
  const indexesOf = { requests: indexes, ledger: ofLedger, texts: ofTexts, waits: {}, cards: {} }
  const made = await Promise.all(names.map(async (name) => [name, await makeTable(name, keys[name], indexesOf[name])]))
  return Object.fromEntries(made) as Tables
}

/** An empty table, for this caller alone. @returns its name */
export async function makeTable(name: string, key: Keys, indexes: { readonly [index: string]: Keys } = {}) {
  const client = new DynamoDBClient({})
  const own = `${name}-${randomUUID()}`
  await client.send(new CreateTableCommand(tableOf(own, key, indexes)))
  client.destroy()
  return own
}

function tableOf(name: string, key: Keys, indexes: { readonly [index: string]: Keys }): CreateTableCommandInput {
  const attributes = new Set(
    [key, ...Object.values(indexes)].flatMap((each) => each.filter((name) => name !== undefined)),
  )
  const secondary = Object.entries(indexes).map(([index, indexKey]) => ({
    IndexName: index,
    KeySchema: schemaOf(indexKey),
    Projection: projectionOf(index, indexKey),
  }))
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: schemaOf(key),
    AttributeDefinitions: [...attributes].map((attribute) => ({
      AttributeName: attribute,
      AttributeType: numbers.has(attribute) ? 'N' : 'S',
    })),
    ...(secondary.length > 0 ? { GlobalSecondaryIndexes: secondary } : {}),
  }
}

function projectionOf(index: string, key: Keys) {
  const names = (key[0] === 'shard' ? ['facets'] : (beside[index] ?? [])).filter((name) => !key.includes(name))
  if (key[0] === 'person' || names.length === 0) return { ProjectionType: 'KEYS_ONLY' as const }
  return { ProjectionType: 'INCLUDE' as const, NonKeyAttributes: [...names] }
}

const schemaOf = ([partition, sort]: Keys): NonNullable<CreateTableCommandInput['KeySchema']> => [
  { AttributeName: partition, KeyType: 'HASH' },
  ...(sort === undefined ? [] : [{ AttributeName: sort, KeyType: 'RANGE' as const }]),
]
