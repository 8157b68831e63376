import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import * as DPoP from 'dpop'
import * as z from 'zod'
import { AwsCredentials } from './answers.ts'
import { wrongUsage } from './outcome.ts'
import type { Surroundings } from './surroundings.ts'

/** The key that alone can claim the opening, and what makes asking again the same opening. */
const Kept = z.strictObject({
  version: z.literal(1),
  api: z.string(),
  id: z.string().optional(),
  idempotencyKey: z.string(),
  jwk: z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string(), d: z.string() }),
  /** Milliseconds. */
  until: z.number(),
})
export type Kept = z.infer<typeof Kept>
export type KeptOpening = Kept & { id: string }

/** Longer than a login may be waited for. Milliseconds. */
const longestLock = 360_000

/**
 * A file for each opening, which no other user may read. It holds no access token and no reason, and of what was asked
 * for only a digest.
 */
export class KeptOpenings {
  readonly folder: string
  readonly #surroundings: Pick<Surroundings, 'now' | 'pause'>

  constructor(surroundings: Pick<Surroundings, 'env' | 'now' | 'pause'>) {
    const { env } = surroundings
    // XDG Base Directory Specification: state that stays between runs, and is of no use elsewhere.
    this.folder = join(env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local/state'), 'hotwork')
    this.#surroundings = surroundings
    for (const place of this.#places()) if (!this.#read(place)) this.forget(place)
  }

  /** An earlier key, where the same was asked before and its answer was lost. */
  async begin(api: string, body: object, minutes: number): Promise<{ kept: Kept; again: boolean; place: string }> {
    const digest = createHash('sha256')
      .update(JSON.stringify([api, body]))
      .digest('hex')
    const place = `asked-${digest.slice(0, 32)}`
    return { place, ...(await this.#keyAt(place, { api, until: this.#now() + minutes * 60_000 })) }
  }

  async adopt(api: string, id: string, notAfter: string): Promise<{ kept: KeptOpening; again: boolean }> {
    const { kept, again } = await this.#keyAt(id, { api, until: Date.parse(notAfter), id })
    return { kept: { ...kept, id }, again }
  }

  /** The id first: if this stops in between, asking again finds it all the same. */
  opened(place: string, kept: Kept, id: string, notAfter: string): void {
    this.#write(id, { ...kept, id, until: Date.parse(notAfter) })
    this.#remove(place)
  }

  /** @throws Refusal */
  find(api: string, id: string): KeptOpening {
    const found = this.#of(api).find((kept) => kept.id === id)
    if (found) return found
    throw wrongUsage(
      `the key of \`${id}\` is not on this machine`,
      `only the machine that opened it has the key (here it would be in \`${this.folder}\`), and only until it ends; \`npx hotwork break-glass claim ${id}\` takes up here what you opened on a page`,
    )
  }

  /** The id that was typed, or that of the only opening of this machine. @throws Refusal */
  idOf(api: string, id: string | undefined): string {
    if (id !== undefined && /^bgl_[0-9a-z]{26}$/.test(id)) return id
    if (id !== undefined)
      throw wrongUsage(
        `\`${id.slice(0, 64)}\` is not the id of an opening`,
        'an id is `bgl_` and 26 characters: `npx hotwork break-glass list` shows them',
      )
    const [only, ...others] = this.idsOf(api)
    if (only === undefined)
      throw wrongUsage(
        'nothing is open from this machine',
        'open it with `npx hotwork break-glass start`, or give the id: `npx hotwork break-glass list` shows what is open',
      )
    if (others.length > 0) throw wrongUsage('which one?', `say one of ${[only, ...others].join(', ')}`)
    return only
  }

  forget(id: string): boolean {
    const had = this.#read(id) !== undefined
    for (const place of [id, `${id}.aws`]) this.#remove(place)
    return had
  }

  /** Also of those that have ended. */
  idsOf(api: string): readonly string[] {
    return this.#of(api).map(({ id }) => id)
  }

  pathOf(id: string): string {
    return join(this.folder, `${id}.json`)
  }

  credentials(id: string): AwsCredentials | undefined {
    const read = AwsCredentials.safeParse(this.#json(`${id}.aws`))
    return read.success ? read.data : undefined
  }

  keepCredentials(id: string, credentials: AwsCredentials): void {
    this.#write(`${id}.aws`, credentials)
  }

  /**
   * Runs `work` while no other process of this machine does. The file of a killed process is taken over; if two do that
   * at once, a credential is replaced a moment after it was made, and nothing worse.
   */
  async alone<T>(id: string, work: () => Promise<T>): Promise<T> {
    const file = join(this.folder, `${id}.lock`)
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
    while (!takeLock(file)) {
      if (isAbandoned(file)) rmSync(file, { force: true })
      else await this.#surroundings.pause(200)
    }
    try {
      return await work()
    } finally {
      rmSync(file, { force: true })
    }
  }

  async #keyAt(place: string, about: Pick<Kept, 'api' | 'until' | 'id'>): Promise<{ kept: Kept; again: boolean }> {
    const before = this.#read(place)
    if (before?.api === about.api) return { kept: before, again: true }
    const { privateKey } = await DPoP.generateKeyPair('ES256', { extractable: true })
    const { kty, crv, x, y, d } = await crypto.subtle.exportKey('jwk', privateKey)
    const kept = Kept.parse({ version: 1, ...about, idempotencyKey: randomUUID(), jwk: { kty, crv, x, y, d } })
    this.#write(place, kept)
    return { kept, again: false }
  }

  #now(): number {
    return this.#surroundings.now().getTime()
  }

  #of(api: string): readonly KeptOpening[] {
    return this.#places().flatMap((place) => {
      const kept = this.#read(place)
      return kept?.id !== undefined && kept.api === api ? [{ ...kept, id: kept.id }] : []
    })
  }

  #places(): string[] {
    try {
      return readdirSync(this.folder).flatMap((name) => /^((?:asked-|bgl_)[0-9a-z]+)\.json$/.exec(name)?.[1] ?? [])
    } catch {
      return []
    }
  }

  #read(place: string): Kept | undefined {
    const read = Kept.safeParse(this.#json(place))
    return read.success && read.data.until > this.#now() ? read.data : undefined
  }

  #json(place: string): unknown {
    try {
      return JSON.parse(readFileSync(this.pathOf(place), 'utf8'))
    } catch {
      return undefined
    }
  }

  #write(place: string, value: object): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
    const draft = `${this.pathOf(place)}.${randomUUID()}`
    writeFileSync(draft, `${JSON.stringify(value)}\n`, { mode: 0o600, flag: 'wx' })
    renameSync(draft, this.pathOf(place))
  }

  #remove(place: string): void {
    rmSync(this.pathOf(place), { force: true })
  }
}

function takeLock(file: string): boolean {
  try {
    writeFileSync(file, `${process.pid} ${Date.now()}`, { flag: 'wx', mode: 0o600 })
    return true
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw fault
  }
}

function isAbandoned(file: string): boolean {
  try {
    const [holder = 0, since = 0] = readFileSync(file, 'utf8').split(' ').map(Number)
    // An empty file was just made, or its process died at that very moment.
    if (!holder) return Date.now() - statSync(file).mtimeMs > longestLock
    return Date.now() - since > longestLock || !process.kill(holder, 0)
  } catch (fault) {
    // There is no such process. Any other fault means that the file is gone, or that another user's process runs.
    return (fault as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

export async function proverOf({ jwk }: Kept) {
  const { d: _, ...publicJwk } = jwk
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const keys = {
    privateKey: await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign']),
    publicKey: await crypto.subtle.importKey('jwk', publicJwk, algorithm, true, ['verify']),
  }
  return (method: string, url: string, accessToken?: string) =>
    DPoP.generateProof(keys, url, method, undefined, accessToken)
}
