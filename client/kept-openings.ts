import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import * as DPoP from 'dpop'
import * as z from 'zod'
import { AwsCredentials } from './answers.ts'
import type { Surroundings } from './surroundings.ts'
import { wrongUsage } from './trouble.ts'

/** What this machine keeps of an opening: the key that alone can claim it, and what makes asking again the same opening. */
const Kept = z.strictObject({
  version: z.literal(1),
  api: z.string(),
  /** Not there until the API has answered. */
  id: z.string().optional(),
  idempotencyKey: z.string(),
  jwk: z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string(), d: z.string() }),
  /** When it is over at the latest, in milliseconds: nothing of it is of use any more. */
  until: z.number(),
})
export type Kept = z.infer<typeof Kept>

const idPattern = /^bgl_[0-9a-z]{26}$/
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }

/**
 * The openings of this person on this machine: a file each, which nobody else may read, until it ends. No access token and
 * no reason is in any of them, and of what was asked for a digest alone.
 */
export class KeptOpenings {
  readonly folder: string
  readonly #now: () => number

  constructor({ env, now }: Pick<Surroundings, 'env' | 'now'>) {
    // XDG Base Directory Specification: state that stays between runs, and is of no use elsewhere.
    const state = env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local/state')
    this.folder = join(state, 'hotwork')
    this.#now = () => now().getTime()
    this.#sweep()
  }

  /** The key for this very opening: the one of before, where its answer got lost and it could still be open. */
  async begin(api: string, body: object, minutes: number): Promise<{ kept: Kept; again: boolean; place: string }> {
    const digest = createHash('sha256')
      .update(JSON.stringify([api, body]))
      .digest('hex')
    const place = `asked-${digest.slice(0, 32)}`
    const before = this.#read(place)
    if (before) return { kept: before, again: true, place }
    const kept = await newlyKept(api, this.#now() + minutes * 60_000)
    this.#write(place, kept)
    return { kept, again: false, place }
  }

  /** A key for what was opened where there is none; the one of before, where this machine was here already. */
  async adopt(api: string, id: string, notAfter: string): Promise<{ kept: Kept & { id: string }; again: boolean }> {
    const before = this.#read(id)
    if (before?.api === api) return { kept: { ...before, id }, again: true }
    const kept = { ...(await newlyKept(api, Date.parse(notAfter))), id }
    this.#write(id, kept)
    return { kept, again: false }
  }

  /** It is open. Under its id first: were this stopped between, asking again would find it all the same. */
  opened(place: string, kept: Kept, id: string, notAfter: string): void {
    this.#write(id, { ...kept, id, until: Date.parse(notAfter) })
    this.#remove(place)
  }

  /** It was refused: the next try is another opening. */
  refused(place: string): void {
    this.#remove(place)
  }

  /** @throws Refusal when this machine cannot claim it */
  find(api: string, id: string | undefined): Kept & { id: string } {
    const found = id === undefined ? this.#only(api) : this.#read(id)
    if (found?.id !== undefined && found.api === api) return { ...found, id: found.id }
    throw wrongUsage(
      `the key of \`${id}\` is not on this machine`,
      `only the machine that opened it has its key (here it would be in \`${this.folder}\`), and nobody has it once it is over; what was opened on a page is taken up here by \`npx hotwork break-glass claim ${id}\``,
    )
  }

  /** The id that was typed, or that of the one opening of this machine. @throws Refusal */
  idOf(api: string, id: string | undefined): string {
    if (id === undefined) return this.find(api, undefined).id
    if (idPattern.test(id)) return id
    throw wrongUsage(
      `\`${id.slice(0, 64)}\` is no break-glass`,
      'an id is `bgl_` and 26 characters: `npx hotwork break-glass list` shows them',
    )
  }

  /** Deletes all that is kept of an opening that has ended. */
  forget(id: string): boolean {
    const had = this.#read(id) !== undefined
    for (const place of [id, `${id}.aws`]) this.#remove(place)
    return had
  }

  /** Of all openings that this machine has a key of, whether or not they have ended since. */
  idsOf(api: string): readonly string[] {
    return this.#of(api).map(({ id }) => id)
  }

  pathOf(id: string): string {
    return join(this.folder, `${id}.json`)
  }

  /** The file that one process alone may hold: see oneAtATime. */
  lockOf(id: string): string {
    return join(this.folder, `${id}.lock`)
  }

  credentials(id: string): AwsCredentials | undefined {
    const read = AwsCredentials.safeParse(this.#json(`${id}.aws`))
    return read.success ? read.data : undefined
  }

  keepCredentials(id: string, credentials: AwsCredentials): void {
    this.#write(`${id}.aws`, credentials)
  }

  #of(api: string): readonly (Kept & { id: string })[] {
    return this.#all().flatMap((kept) => (kept.id !== undefined && kept.api === api ? [{ ...kept, id: kept.id }] : []))
  }

  #only(api: string): Kept | undefined {
    const live = this.#of(api)
    const [only, ...others] = live
    if (only && others.length === 0) return only
    throw only
      ? wrongUsage('which one?', `say one of ${live.map(({ id }) => id).join(', ')}`)
      : wrongUsage(
          'nothing is open from this machine',
          'open it with `npx hotwork break-glass start`, or give the id: `npx hotwork break-glass list` shows what is open',
        )
  }

  #all(): Kept[] {
    return this.#places().flatMap((place) => this.#read(place) ?? [])
  }

  #places(): string[] {
    try {
      return readdirSync(this.folder).flatMap((name) => /^((?:asked-|bgl_)[0-9a-z]+)\.json$/.exec(name)?.[1] ?? [])
    } catch {
      return []
    }
  }

  /** What is over is deleted, whichever command comes first. */
  #sweep(): void {
    for (const place of this.#places()) if (!this.#read(place)) this.forget(place)
  }

  #read(place: string): Kept | undefined {
    const read = Kept.safeParse(this.#json(place))
    return read.success && read.data.until > this.#now() ? read.data : undefined
  }

  #json(place: string): unknown {
    try {
      return JSON.parse(readFileSync(join(this.folder, `${place}.json`), 'utf8'))
    } catch {
      return undefined
    }
  }

  #write(place: string, value: object): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
    const path = join(this.folder, `${place}.json`)
    // Whole or not at all, and never with another mode than this.
    const draft = `${path}.${randomUUID()}`
    writeFileSync(draft, `${JSON.stringify(value)}\n`, { mode: 0o600, flag: 'wx' })
    renameSync(draft, path)
  }

  #remove(place: string): void {
    rmSync(join(this.folder, `${place}.json`), { force: true })
  }
}

async function newlyKept(api: string, until: number): Promise<Kept> {
  const { privateKey } = await DPoP.generateKeyPair('ES256', { extractable: true })
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey('jwk', privateKey)
  return Kept.parse({ version: 1, api, idempotencyKey: randomUUID(), jwk: { kty, crv, x, y, d }, until })
}

/** Proves the key of an opening, for one call (RFC 9449). */
export async function proverOf({
  jwk,
}: Kept): Promise<(method: string, url: string, accessToken?: string) => Promise<string>> {
  const { d: _, ...publicJwk } = jwk
  const keys = {
    privateKey: await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign']),
    publicKey: await crypto.subtle.importKey('jwk', publicJwk, algorithm, true, ['verify']),
  }
  return (method, url, accessToken) => DPoP.generateProof(keys, url, method, undefined, accessToken)
}
