import { haltCopies } from '../../functions/adapters/dynamodb/halt-store.ts'
import { shardsOfLedger } from '../../functions/adapters/dynamodb/ledger-store.ts'
import { drawRanks, peak, seeded } from './day.ts'
import { type Counts, type Life, ScaleWorld } from './lives.ts'
import { partition, type QuotaName } from './quotas.ts'

export type Scale = { perDay: number; shards: number }
/** Requests a day that wait for a person. They do not grow with the number of agents. */
export const askedOfPeople = 10_000
/** The share of requests for AWS credentials, among those without a person. The others take an access token. */
const forAws = 0.2

type Kind = 'item' | 'index'
/** A hot key in each second of the busiest minute, in units. `parts`: the number of keys that it is spread over. */
export type HotKey = { kind: Kind; key: string; parts: number; reads: number; writes: number }
export type Load = { keys: readonly HotKey[]; use: { readonly [name in QuotaName]: number }; counts: Counts }

type Stratum = { perSecond: number; lives: readonly Life[] }

/**
 * Lives of requests by the real code, a sample of each of three kinds: of the one agent that makes half of all, of the
 * others by a power law, and of those that a person decides. Each stands for its share. A key of a single request is
 * counted once; all others as often as in the sample.
 */
export async function loadOf({ perDay, shards }: Scale, sample: number): Promise<Load> {
  const random = seeded(17)
  const half = Math.ceil(sample / 2)
  const ranks = drawRanks(half, random)
  const world = new ScaleWorld([0, ...new Set(ranks)], shards)
  await world.lookAtHosts()
  const live = (rank: number, n: number) => (n % (1 / forAws) === 0 ? world.byAws(rank, n) : world.byToken(rank, n))
  const lives = { hot: [] as Life[], others: [] as Life[], people: [] as Life[] }
  // Each ask reads the agent's earlier ones, so the sample starts with a history.
  for (let n = 0; n < Math.min(100, sample); n++) await live(0, n)
  for (const [n, rank] of ranks.entries()) {
    lives.hot.push(await live(0, n))
    lives.others.push(await live(rank, n))
    if (n % 8 === 0) lives.people.push(await world.byPerson(n))
  }
  const second = (each: number) => (each / 86_400) * peak
  const alone = second(perDay - askedOfPeople) / 2
  const strata: Stratum[] = [
    { perSecond: alone, lives: lives.hot },
    { perSecond: alone, lives: lives.others },
    { perSecond: second(askedOfPeople), lives: lives.people },
  ]
  const counts = sumOf(strata)
  return { keys: keysOf(strata, shards), use: useOf(counts, strata, perDay), counts }
}

function sumOf(strata: readonly Stratum[]): Counts {
  const sums: Counts = {}
  const add = (name: string, many: number) => {
    sums[name] = (sums[name] ?? 0) + many
  }
  for (const { perSecond, lives } of strata)
    for (const { counts, accesses } of lives) {
      for (const [name, many] of Object.entries(counts)) add(name, (many * perSecond) / lives.length)
      for (const { table, index, reads, writes } of accesses) {
        add('all reads', (reads * perSecond) / lives.length)
        add('all writes', (writes * perSecond) / lives.length)
        if (index !== undefined) continue
        add(`reads of ${table}`, (reads * perSecond) / lives.length)
        add(`writes of ${table}`, (writes * perSecond) / lives.length)
      }
    }
  return sums
}

/** A key without its shard number, and the number of shards. */
function familyOf(
  key: string,
  index: string | undefined,
  table: string,
  shards: number,
): { name: string; parts: number } {
  if (key.startsWith('HALT'))
    return { name: key.replace(/^HALTCOPY#\d+#/, 'HALT#').replace(/^HALTED#.*/, 'HALTED#'), parts: haltCopies }
  if (table === 'ledger' && index !== undefined) return { name: 'shard', parts: shardsOfLedger(shards).length }
  return { name: key.replace(/~\d+$/, ''), parts: 1 }
}

type Family = {
  kind: Kind
  table: string
  index: string
  name: string
  parts: Set<string>
  least: number
  reads: number
  writes: number
}

function keysOf(strata: readonly Stratum[], shards: number): readonly HotKey[] {
  const families = new Map<string, Family & { lives: Set<string> }>()
  for (const { perSecond, lives } of strata)
    for (const { id, accesses } of lives)
      for (const { table, index = '', key, reads, writes } of accesses) {
        const { name, parts } = familyOf(key, index || undefined, table, shards)
        const at = [table, index, name].join(' ')
        const family = families.get(at) ?? {
          ...{ kind: index === '' ? ('item' as const) : ('index' as const), table, index, name },
          ...{ parts: new Set(), least: parts, reads: 0, writes: 0, lives: new Set() },
        }
        families.set(at, family)
        family.parts.add(key)
        family.lives.add(id)
        family.reads += (reads * perSecond) / lives.length
        family.writes += (writes * perSecond) / lives.length
      }
  return [...families.values()]
    .filter(({ lives }) => lives.size > 1)
    .map(({ kind, table, index, name, parts, least, reads, writes }) => {
      const many = least > 1 ? least : Math.min(parts.size, shards)
      return {
        kind,
        key: [table, index, name].filter(Boolean).join(' · '),
        parts: many,
        reads: reads / many,
        writes: writes / many,
      }
    })
    .toSorted((one, other) => heatOf(other) - heatOf(one))
}

/** The share of the limit that the key comes closest to. */
export const heatOf = ({ reads, writes }: Pick<HotKey, 'reads' | 'writes'>): number =>
  Math.max(reads / partition.reads, writes / partition.writes)

/** Index partitions that more than half of all requests write, with one key in spite of shards. */
export const unshardedIn = ({ keys, counts }: Load): readonly string[] =>
  keys
    .filter(({ kind, writes, parts }) => kind === 'index' && parts === 1 && writes > (counts['requests'] ?? 0) / 2)
    .map(({ key }) => key)

/** Transitions of an execution, at most. Seconds that a Lambda takes, as the bench has them. */
const transitions = 2
const seconds = { call: 0.08, record: 0.02, card: 0.1 }

function useOf(counts: Counts, strata: readonly Stratum[], perDay: number): { readonly [name in QuotaName]: number } {
  const of = (name: string) => counts[name] ?? 0
  const cards = strata[2]?.perSecond ?? 0
  return {
    api: of('API calls'),
    lambda: of('API calls') * seconds.call + of('records to readers') * seconds.record + of('cards') * seconds.card,
    tableWrites: of('writes of requests'),
    tableReads: of('reads of requests'),
    start: of('executions'),
    sendTask: of('task signals'),
    transitions: of('executions') * transitions,
    schedules: of('reminders') * 3,
    kms: of('KMS signatures'),
    sts: of('STS sessions'),
    fifo: of('cards'),
    notary: of('entries'),
    // Spread over the whole day: the comparison may follow at night.
    compared: ((perDay - askedOfPeople) * forAws) / 86_400,
    post: cards,
    update: 2 * cards,
  }
}
