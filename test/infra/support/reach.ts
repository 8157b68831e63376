import { basename, join } from 'node:path'
import { RequestIndex } from '../../../functions/adapters/dynamodb/request-index.ts'
import { type Class, Code, filterKeys, tableClass, tableOf, type Unit } from './code.ts'

/**
 * The calls of AWS that each Lambda can reach, by TypeScript's checker. A call of a port reaches that method of
 * each class that its wiring makes and that implements the port; a function is reached with all that it holds.
 * So more is found than is ever called, and nothing less.
 *
 * A program of its own, since the checker is a module that jest does not load: prints JSON by the names of functions.
 */
export type Reached = {
  /** The variables that its wiring takes. */
  told: readonly string[]
  calls: readonly Call[]
  /** The key prefixes of rows in the code that it reaches. */
  rows: readonly string[]
}
/** `on`: the variables of its resources, a table's with its index. `by`: a path from the entry. */
export type Call = { action: string; on: readonly string[]; by: readonly string[] }

const code = new Code(join(import.meta.dirname, '../../..'))
const members = new Map<Unit, { name: string; of: Class }>()
for (const of of code.classes.values()) for (const [name, unit] of of.members) members.set(unit, { name, of })
const memberOf = (made: Class, name: string): Unit | undefined =>
  made.members.get(name) ?? made.bases.map((base) => memberOf(base, name)).find(Boolean)
const isA = (made: Class, of: Class): boolean => made === of || made.bases.some((base) => isA(base, of))
const portsOf = (made: Class): readonly [string, string][] => [...made.ports, ...made.bases.flatMap(portsOf)]

/** The reach of one Lambda: the classes that it makes, and the units that it reaches. */
class Reach {
  /** Each unit with the one that named it first. */
  readonly units = new Map<Unit, Unit | undefined>()
  readonly #queue: [Unit, Unit | undefined][] = []
  /** The variables of each class, by its constructor's arguments or else its maker's. */
  readonly #made = new Map<Class, Set<string>>()
  readonly #members = new Map<string, Unit>()

  constructor(entry: readonly Unit[]) {
    for (const unit of entry) this.#queue.push([unit, undefined])
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) this.#read(...next)
  }

  toldTo = (made: Class | undefined): readonly string[] => [...((made && this.#made.get(made)) ?? [])]

  pathTo(unit: Unit): readonly string[] {
    const path: string[] = []
    for (let each: Unit | undefined = unit; each; each = this.units.get(each)) path.push(each.at)
    return path
  }

  #read(unit: Unit, from: Unit | undefined): void {
    if (this.units.has(unit)) return
    this.units.set(unit, from)
    for (const other of unit.units) this.#queue.push([other, unit])
    for (const { made, told } of unit.makes) this.#make(made, told, unit)
    for (const key of unit.members) {
      if (this.#members.has(key)) continue
      this.#members.set(key, unit)
      const own = code.units.get(key)
      if (own) this.#queue.push([own, unit])
      for (const made of this.#made.keys()) this.#call(made, key, unit)
    }
  }

  #make(made: Class, told: readonly string[], from: Unit): void {
    const known = this.#made.get(made)
    const [first = []] = [made.told, told, this.toldTo(from.of)].filter((each) => each.length > 0)
    const all = new Set([...(known ?? []), ...first])
    if (known?.size === all.size) return
    this.#made.set(made, all)
    this.#queue.push([made.made, from])
    for (const base of made.bases) this.#make(base, [...all], made.made)
    for (const unit of this.units.keys())
      if (unit.of === made) for (const each of unit.makes) this.#make(each.made, each.told, unit)
    if (!known) for (const [key, unit] of this.#members) this.#call(made, key, unit)
  }

  /** Follows a member of a port that the class implements, or of a class that it extends. */
  #call(made: Class, key: string, from: Unit): void {
    const own = code.units.get(key)
    const member = own && members.get(own)
    const name = member ? isA(made, member.of) && member.name : new Map(portsOf(made)).get(key)
    const found = name ? memberOf(made, name) : undefined
    if (found) this.#queue.push([found, from])
  }
}

/** The calls of AWS that each method of a table makes. */
function callsOfTable(): ReadonlyMap<string, ReadonlySet<string>> {
  const [table] = [...code.classes.values()].filter(({ name }) => name === tableClass)
  return new Map(
    [...(table?.members ?? [])].map(([name, unit]) => {
      const commands = new Set<string>()
      const seen = new Set<Unit>()
      const visit = (each: Unit | undefined): void => {
        if (!each || seen.has(each) || each === table?.made) return
        seen.add(each)
        for (const command of each.commands) commands.add(command)
        for (const key of each.members) visit(code.units.get(key))
      }
      visit(unit)
      // A put is made by one method, and sent by another: alone, or in a transaction, which needs the rights of its parts.
      if (name === 'putting') commands.add('dynamodb PutItemCommand')
      commands.delete('dynamodb TransactWriteItemsCommand')
      return [name, commands] as const
    }),
  )
}

const tableCalls = callsOfTable()
const fieldsByIndex = ({ onTables }: Unit) => onTables.filter(({ byIndex }) => byIndex).map(({ field }) => field)

async function reachOf(entry: readonly Unit[]): Promise<Omit<Reached, 'told'>> {
  const reach = new Reach(entry)
  const calls: Call[] = []
  const query = (table: string, index: string, unit: Unit) =>
    calls.push({ action: 'dynamodb:Query', on: [`${table}/index/${index}`], by: reach.pathTo(unit) })
  for (const unit of reach.units.keys()) {
    if (unit.of?.name === tableClass) continue
    const by = reach.pathTo(unit)
    const told = reach.toldTo(unit.of)
    const [table = '?'] = told.filter((each) => each.endsWith('_TABLE'))
    for (const command of unit.commands) calls.push({ action: actionOf(command), on: told, by })
    for (const { method, field, byIndex } of unit.onTables) {
      for (const action of [...(tableCalls.get(method) ?? [])].map(actionOf))
        if (!(action === 'dynamodb:Query' && byIndex)) calls.push({ action, on: [tableOf(field) ?? table], by })
    }
    const [field = ''] = [unit, ...(unit.of?.members.values() ?? [])].flatMap(fieldsByIndex)
    if (!choosers.has(unit.at)) for (const index of unit.indexes) query(tableOf(field) ?? table, index, unit)
    for (const filter of unit.at === anyFilter ? everyFilter : unit.filters)
      for (const index of await indexesFor(filter)) query('REQUESTS_TABLE', index, unit)
  }
  return { calls, rows: [...new Set([...reach.units.keys()].flatMap(({ rows }) => [...rows]))].sort() }
}

/** Units that choose the index of a list: the indexes follow from the filters at the lists. */
const choosers = new Set(
  ['partsOf', 'RequestIndex.#byId'].map((name) => `functions/adapters/dynamodb/request-index.ts ${name}`),
)
/** Reads a person's query as a filter. */
const anyFilter = 'functions/adapters/http/queries.ts requestFilter'
const everyFilter = [...filterKeys].map((key) => ({
  since: 4_000_000_000,
  [key]: key === 'since' ? 4_000_000_000 : 'any',
}))

/** The indexes that a list by this filter queries, by the adapter itself. */
async function indexesFor(filter: object): Promise<readonly string[]> {
  const asked = new Set<string>()
  const table = {
    query: async ({ index }: { index: string }) => {
      asked.add(index)
      return { items: [] }
    },
    getMany: async () => [],
  }
  const index = new RequestIndex(table as never, String as never, () => 4_000_000_000, 1)
  const search = 'search' in filter ? ['req_0000000000', 'any words'] : [undefined]
  for (const each of search) await index.list({ ...filter, ...(each !== undefined && { search: each }) }, { limit: 1 })
  return [...asked]
}

const services: { readonly [client: string]: string } = {
  sfn: 'states',
  'secrets-manager': 'secretsmanager',
  eventbridge: 'events',
}
/** IAM's name of an action that differs from its call's. */
const actions: { readonly [call: string]: string } = {
  'sqs:SendMessageBatch': 'sqs:SendMessage',
  'lambda:Invoke': 'lambda:InvokeFunction',
}
function actionOf(command: string): string {
  const [client = '', name = ''] = command.split(' ')
  const call = `${services[client] ?? client}:${name.replace(/Command$|^paginate/g, '')}`
  return actions[call] ?? call
}

const unitAt = (at: string): Unit => {
  const found = [...code.units.values()].find((unit) => unit.at === at)
  if (!found) throw new Error(`${at} is nowhere`)
  return found
}
/** Each program calls it with its entry's exports. */
const program = unitAt('functions/handlers/environment.ts lambda')
const reached: { [name: string]: Reached } = {}
for (const [wire, told] of code.told) {
  const file = wire.replace(/ wire$/, '')
  const entry = [program, unitAt(wire), unitAt(`${file} createHandler`)]
  reached[basename(file, '.ts')] = { told, ...(await reachOf(entry)) }
}
process.stdout.write(JSON.stringify(reached))
