import { type AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { type Connection, patient } from '../../functions/adapters/dynamodb/client.ts'
import type { Item } from '../../functions/adapters/dynamodb/items.ts'
import type { TableShape } from './table-shapes.ts'

/**
 * One read or write of one key, in units of DynamoDB: 4 KB read strongly, 1 KB written; twice that in a transaction.
 */
export type Access = { table: string; index?: string; key: string; reads: number; writes: number }
export type Change = { table: string; before: Item | undefined; after: Item }

type Input = { [name: string]: unknown }
type Written = { TableName: string; Item: Item }

/**
 * Tables in memory that keep a single promise: reads return what was put. They record each access by key, of tables and
 * indexes, and each change. There is one caller at a time, so no condition ever fails.
 */
export class RecordedTables {
  readonly #shapes: { readonly [table: string]: TableShape }
  readonly #items = new Map<string, Item>()
  /** Items by table, index and partition, then by the item's key. */
  readonly #parts = new Map<string, Map<string, Item>>()
  #accesses: Access[] = []
  #changes: Change[] = []

  constructor(shapes: { readonly [table: string]: TableShape }) {
    this.#shapes = shapes
  }

  connection(shards: number): Connection {
    const client = new DynamoDBClient({ region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } })
    const send = (command: { constructor: { name: string }; input: Input }) =>
      Promise.resolve(this.#answer(command.constructor.name, command.input))
    Object.assign(client, { send })
    return { client, patience: patient, shards }
  }

  /** The accesses and changes since the last call. */
  take(): { accesses: readonly Access[]; changes: readonly Change[] } {
    const taken = { accesses: this.#accesses, changes: this.#changes }
    this.#accesses = []
    this.#changes = []
    return taken
  }

  #answer(name: string, input: Input): object {
    const table = String(input['TableName'])
    switch (name) {
      case 'GetItemCommand':
        return { Item: this.#get(table, input['Key'] as Item) }
      case 'BatchGetItemCommand': {
        const [[of, { Keys }] = ['', { Keys: [] }]] = Object.entries(input['RequestItems'] as Asked)
        return { Responses: { [of]: Keys.map((key) => this.#get(of, key)).filter((item) => item !== undefined) } }
      }
      case 'PutItemCommand':
        this.#put(input as unknown as Written, 1)
        return {}
      case 'UpdateItemCommand': {
        const key = input['Key'] as Item
        const before = this.#items.get(idOf(table, this.#shape(table), key))
        const gone = /REMOVE ([\w, ]+)/.exec(String(input['UpdateExpression']))?.[1]?.split(', ') ?? []
        const left = Object.entries(before ?? {}).filter(([attribute]) => !gone.includes(attribute))
        this.#put({ TableName: table, Item: { ...Object.fromEntries(left), ...key } }, 1)
        return {}
      }
      case 'TransactWriteItemsCommand':
        for (const { Put } of input['TransactItems'] as unknown as { Put: Written }[]) this.#put(Put, 2)
        return {}
      case 'QueryCommand':
        return this.#query(input)
      default:
        throw new Error(`the recorded tables know no \`${name}\``)
    }
  }

  #shape(table: string): TableShape {
    const shape = this.#shapes[table]
    if (!shape) throw new Error(`no table \`${table}\``)
    return shape
  }

  #get(table: string, key: Item): Item | undefined {
    const shape = this.#shape(table)
    const item = this.#items.get(idOf(table, shape, key))
    this.#accesses.push({ table, key: textIn(key[shape.key[0] as string]), reads: units(item, 4096), writes: 0 })
    return item
  }

  #put({ TableName: table, Item: after }: Written, times: number): void {
    const shape = this.#shape(table)
    const id = idOf(table, shape, after)
    const before = this.#items.get(id)
    this.#items.set(id, after)
    this.#changes.push({ table, before, after })
    const size = Math.max(units(before, 1024), units(after, 1024))
    this.#accesses.push({ table, key: textIn(after[shape.key[0] as string]), reads: 0, writes: times * size })
    for (const [index, of] of Object.entries({ '': { key: shape.key, beside: 'all' as const }, ...shape.indexes }))
      this.#putInto(table, index, of, id, before, after)
  }

  /** Writes a row of an index only when its content has changed, as DynamoDB does. */
  #putInto(
    table: string,
    index: string,
    { key, beside }: { key: readonly string[]; beside: readonly string[] | 'all' },
    id: string,
    before: Item | undefined,
    after: Item,
  ): void {
    const rowOf = (item: Item | undefined) => (item && key.every((name) => name in item) ? item : undefined)
    const [old, row] = [rowOf(before), rowOf(after)]
    const of = (item: Item) => textIn(item[key[0] as string])
    const places = (item: Item | undefined) => item && JSON.stringify(key.map((name) => item[name]))
    const moves = places(old) !== places(row)
    if (old) this.#partOf(table, index, of(old)).delete(id)
    if (row) this.#partOf(table, index, of(row)).set(id, row)
    if (index === '') return
    if (moves && old) this.#accesses.push({ table, index, key: of(old), reads: 0, writes: 1 })
    const held = (item: Item) => JSON.stringify((beside === 'all' ? [] : beside).map((name) => item[name]))
    if (row && (moves || (old && held(old) !== held(row))))
      this.#accesses.push({ table, index, key: of(row), reads: 0, writes: 1 })
  }

  #partOf(table: string, index: string, value: string): Map<string, Item> {
    const key = `${table}|${index}|${value}`
    const part = this.#parts.get(key) ?? new Map<string, Item>()
    this.#parts.set(key, part)
    return part
  }

  #query(input: Input): object {
    const [table, index] = [String(input['TableName']), input['IndexName'] as string | undefined]
    const limit = Number(input['Limit'] ?? 1e6)
    const where = String(input['KeyConditionExpression'])
    const values = input['ExpressionAttributeValues'] as Item
    const shape = this.#shape(table)
    const key = index === undefined ? shape.key : (shape.indexes[index]?.key ?? shape.key)
    const [, , name = ''] = /^#?(\w+) = :(\w+)/.exec(where) ?? []
    const value = textIn(values[`:${name}`])
    const sort = key[1] ?? ''
    const [, wanted] = /^attribute_exists\((\w+)\)$/.exec(String(input['FilterExpression'])) ?? []
    const order = input['ScanIndexForward'] === false ? -1 : 1
    const all = [...this.#partOf(table, index ?? '', value).values()]
      .filter((item) => isWithin(where, item[sort], values))
      .filter((item) => wanted === undefined || wanted in item)
      .toSorted((one, other) => order * compared(one[sort], other[sort]))
    const items = all.slice(0, limit)
    const size = items.reduce((sum, item) => sum + (index === undefined ? bytesOf(item) : 350), 0)
    this.#accesses.push({
      ...{ table, key: value, writes: 0 },
      ...(index === undefined ? {} : { index }),
      reads: Math.max(1, Math.ceil(size / 4096)) * (index === undefined ? 1 : 0.5),
    })
    return {
      Items: input['Select'] === 'COUNT' ? [] : items,
      Count: items.length,
      ...(items.length < all.length && { LastEvaluatedKey: items.at(-1) }),
    }
  }
}

type Asked = { [table: string]: { Keys: Item[] } }

const textIn = (value: AttributeValue | undefined): string => value?.S ?? value?.N ?? ''
const idOf = (table: string, { key }: TableShape, item: Item) =>
  [table, ...key.map((name) => textIn(item[name]))].join('|')
const bytesOf = (item: Item): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + name.length + lengthOf(value), 0)
const lengthOf = (value: AttributeValue): number =>
  value.B?.length ?? value.L?.reduce((sum, each) => sum + lengthOf(each), 0) ?? textIn(value).length
const units = (item: Item | undefined, of: number): number => Math.max(1, Math.ceil((item ? bytesOf(item) : 0) / of))

const compared = (one: AttributeValue | undefined, other: AttributeValue | undefined): number =>
  one?.N === undefined ? (textIn(one) < textIn(other) ? -1 : 1) : Number(one.N) - Number(other?.N)

/** A query's condition on the sort key, in the forms that the adapters use. */
function isWithin(where: string, at: AttributeValue | undefined, values: Item): boolean {
  const is = (name: string) => compared(at, values[`:${name}`])
  const same = (name: string) => textIn(at) === textIn(values[`:${name}`])
  const between = /BETWEEN :(\w+) AND :(\w+)/.exec(where)
  if (between)
    return (is(between[1] ?? '') > 0 || same(between[1] ?? '')) && (is(between[2] ?? '') < 0 || same(between[2] ?? ''))
  const than = /AND #?\w+ ([<>]) :(\w+)/.exec(where)
  if (!than) return true
  return !same(than[2] ?? '') && (than[1] === '<') === is(than[2] ?? '') < 0
}
