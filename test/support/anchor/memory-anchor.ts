import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { verifyEcdsa } from '../../../functions/adapters/kms/note-signer.ts'
import type { Placed } from '../../../functions/domain/anchor/compare.ts'
import { type Leaf, partsOfId } from '../../../functions/domain/anchor/leaf.ts'
import type { Head } from '../../../functions/domain/ledger/ledger.ts'
import type { JsonObject, NumericDate } from '../../../functions/domain/values.ts'
import type {
  LedgerRows,
  LogBucket,
  LoggedAt,
  LogIndex,
  LogState,
  NoteSigner,
} from '../../../functions/operations/anchor/ports.ts'
import { MemoryClock } from '../memory-clock.ts'
import { MemoryLog } from '../memory-log.ts'

/** A log's ports in memory, with a key of its own. */
export const memoryAnchor = (now: NumericDate) => ({
  issuer: 'https://permits.example.com',
  verify: verifyEcdsa,
  bucket: new MemoryLogBucket(),
  index: new MemoryLogIndex(),
  key: new MemoryNoteSigner(),
  ledger: new MemoryLedgerRows(),
  clock: new MemoryClock(now),
  log: new MemoryLog(),
})

/** The bucket of the log in memory: objects stay, unless they are replaced by their version. */
export class MemoryLogBucket implements LogBucket {
  readonly objects = new Map<string, { bytes: Uint8Array; version: string; since: NumericDate }>()
  readonly #now: () => NumericDate
  #versions = 0

  constructor(now: () => NumericDate = () => 0) {
    this.#now = now
  }

  async read(path: string) {
    await Promise.resolve()
    return this.objects.get(path)?.bytes.slice()
  }

  async readVersion(path: string) {
    await Promise.resolve()
    return structuredClone(this.objects.get(path))
  }

  async add(path: string, bytes: Uint8Array): Promise<boolean> {
    await Promise.resolve()
    if (this.objects.has(path)) return false
    this.#put(path, bytes)
    return true
  }

  async replace(path: string, bytes: Uint8Array, version: string | undefined) {
    await Promise.resolve()
    return this.objects.get(path)?.version === version ? this.#put(path, bytes) : undefined
  }

  #put(path: string, bytes: Uint8Array): string {
    this.#versions += 1
    this.objects.set(path, { bytes: bytes.slice(), version: `${this.#versions}`, since: this.#now() })
    return `${this.#versions}`
  }
}

export class MemoryLogIndex implements LogIndex {
  readonly places = new Map<string, LoggedAt>()
  #state: LogState = { size: 0, pending: [] }

  async state() {
    await Promise.resolve()
    return structuredClone(this.#state)
  }

  async find(ids: readonly string[]) {
    await Promise.resolve()
    return new Map(
      ids.flatMap((id) => {
        const place = this.places.get(id)
        return place ? [[id, place] as const] : []
      }),
    )
  }

  async last(aggregate: string) {
    await Promise.resolve()
    const of = [...this.places].flatMap(([id, { hash }]) => {
      const parts = partsOfId(id)
      return parts?.aggregate === aggregate ? [{ sequence: parts.sequence, hash }] : []
    })
    return of.toSorted((one, other) => other.sequence - one.sequence)[0]
  }

  async place(size: number, leaves: readonly Leaf[], pending: readonly string[]): Promise<boolean> {
    await Promise.resolve()
    if (this.#state.size !== size || leaves.some(({ id }) => this.places.has(id))) return false
    for (const [at, { id, hash }] of leaves.entries()) this.places.set(id, { index: size + at, hash })
    this.#state = structuredClone({ size: size + leaves.length, pending })
    return true
  }
}

export class MemoryNoteSigner implements NoteSigner {
  readonly #key: KeyObject
  readonly #spki: Uint8Array
  signatures = 0

  constructor() {
    this.#key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    this.#spki = new Uint8Array(createPublicKey(this.#key).export({ type: 'spki', format: 'der' }))
  }

  async keys() {
    await Promise.resolve()
    return [this.#spki] as const
  }

  async sign(message: Uint8Array) {
    await Promise.resolve()
    this.signatures += 1
    return new Uint8Array(sign('sha256', message, this.#key))
  }
}

export { verifyEcdsa }

/** The ledger table and the heads of its chains, as rows that a test may change behind the code's back. */
export class MemoryLedgerRows implements LedgerRows {
  readonly rows = new Map<string, JsonObject>()
  readonly heads = new Map<string, Head>()

  async at(ids: readonly string[]): Promise<Placed[]> {
    await Promise.resolve()
    return ids.flatMap((id) => {
      const entry = this.rows.get(id)
      return entry ? [{ id, entry }] : []
    })
  }

  async *part(segment: number, of: number) {
    await Promise.resolve()
    const placed = [...this.rows].map(([id, entry]) => ({ id, entry }))
    yield placed.filter((_, at) => at % of === segment)
  }

  async ends(aggregates: readonly string[]) {
    await Promise.resolve()
    return new Map(aggregates.flatMap((id) => (this.heads.has(id) ? [[id, this.heads.get(id) as Head] as const] : [])))
  }

  /** The page of a chain, as a notary reads it. */
  async page(aggregate: string, { after, limit }: { after: number; limit: number }) {
    await Promise.resolve()
    const of = [...this.rows]
      .map(([id, entry]) => ({ id, of: id.slice(0, id.lastIndexOf('/')), at: Number(id.split('/').at(-1)), entry }))
      .filter((row) => row.of === aggregate && row.at > after)
      .toSorted((one, other) => one.at - other.at)
    const placed = of.slice(0, limit).map(({ id, entry }) => ({ id, entry }))
    return of.length > limit ? { placed, next: after + limit } : { placed }
  }
}
