/** A value as on the wire: `{ "S": "..." }`. */
type Value = Record<string, unknown>
type Item = Record<string, Value>
type Write = { Put?: { Item: Item }; Update?: object; Delete?: object; ConditionCheck?: object }

/** Kilobytes of an item that an update or a delete does not show. Hotwork's (a wait, a card) are smaller. */
const unseenKilobytes = 2

/** One unit for each kilobyte begun of an item, two in a transaction, without the units of indexes. */
export function writeUnits(operation: string, asked: object): number {
  const { Item, TransactItems = [] } = asked as { Item?: Item; TransactItems?: Write[] }
  switch (operation) {
    case 'PutItem':
      return kilobytes(Item ?? {})
    case 'UpdateItem':
    case 'DeleteItem':
      return unseenKilobytes
    case 'TransactWriteItems':
      return TransactItems.reduce((sum, { Put }) => sum + 2 * (Put ? kilobytes(Put.Item) : unseenKilobytes), 0)
    default:
      return 0
  }
}

/** Prefixes of the keys that a call puts into the requests table (`REQ#req_`) or the ledger (`ledger/req_`), or `texts`. */
export function writtenKeys(operation: string, asked: object): readonly string[] {
  const { Item, TransactItems = [] } = asked as { Item?: Item; TransactItems?: Write[] }
  const items = operation === 'PutItem' ? [Item] : TransactItems.map(({ Put }) => Put?.Item)
  return items.flatMap((item) => {
    const [key, aggregate] = [item?.['pk']?.['S'], item?.['aggregate']?.['S']]
    if (item?.['commitment'] !== undefined) return ['texts']
    if (typeof key === 'string') return [/^[^#]+(?:#(?:[a-z]+[_:])?)?/.exec(key)?.[0] ?? '']
    return typeof aggregate === 'string' ? [`ledger/${/^[a-z]+[_:]/.exec(aggregate)?.[0] ?? aggregate}`] : []
  })
}

/**
 * One unit for each four kilobytes begun, half with eventual consistency, two in a transaction. The answer's length is an
 * upper bound of the items'.
 */
export function readUnits(operation: string, asked: object, responseBytes: number): number {
  const blocks = Math.max(1, Math.ceil(responseBytes / 4096))
  const { ConsistentRead, RequestItems = {} } = asked as {
    ConsistentRead?: boolean
    RequestItems?: Record<string, { Keys: object[]; ConsistentRead?: boolean }>
  }
  switch (operation) {
    case 'GetItem':
    case 'Query':
    case 'Scan':
      return blocks * (ConsistentRead ? 1 : 0.5)
    case 'BatchGetItem': {
      const keys = Object.values(RequestItems).reduce((sum, { Keys }) => sum + Keys.length, 0)
      return Math.max(blocks, keys)
    }
    case 'TransactGetItems':
      return 2 * blocks
    default:
      return 0
  }
}

const kilobytes = (item: Item) => Math.ceil(sizeOfItem(item) / 1024)

/** Bytes (Developer Guide, "DynamoDB item sizes and formats"). */
const sizeOfItem = (item: Item): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + sizeOf(value), 0)

function sizeOf(value: Value): number {
  const [[type, content] = ['NULL', true]] = Object.entries(value)
  switch (type) {
    case 'S':
      return Buffer.byteLength(content as string)
    case 'N':
      return Math.ceil((content as string).length / 2) + 1
    case 'B':
      return Math.ceil((content as string).length * 0.75)
    case 'L':
      return (content as Value[]).reduce((sum, each) => sum + 1 + sizeOf(each), 3)
    case 'M':
      return 3 + Object.keys(content as Item).length + sizeOfItem(content as Item)
    case 'SS':
    case 'NS':
    case 'BS':
      return (content as string[]).reduce((sum, each) => sum + Buffer.byteLength(each), 0)
    default:
      return 1 // BOOL, NULL
  }
}
