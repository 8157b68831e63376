import { createHash, randomUUID } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import * as DPoP from 'dpop'
import * as z from 'zod'
import { AwsCredentials } from '../functions/domain/cards/wire/task.ts'
import { withDraft, writeNew } from './new-file.ts'
import { Fault } from './outcome.ts'
import { worthUsing } from './renewing.ts'
import { makeFolder, mustBeSafe, removeAbandonedDrafts, stateFolderOf } from './state-folder.ts'
import type { Surroundings } from './surroundings.ts'

export const PrivateJwk = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
})
export type PrivateJwk = z.infer<typeof PrivateJwk>

/** The key that alone can claim what it asked for, and what makes asking again the same request or opening. */
export const Kept = z.looseObject({
  version: z.literal(1),
  api: z.string(),
  id: z.string().optional(),
  idempotencyKey: z.string(),
  jwk: PrivateJwk,
  /** Milliseconds. */
  until: z.number(),
})
export type Kept = z.infer<typeof Kept>

/** As long as Hotwork remembers a request and an `Idempotency-Key`. Milliseconds. */
export const remembered = 8 * 86_400_000

/** Why what is kept of a call is not taken for missing. */
export const notTwice = 'it keeps this call from being made twice: delete it if you know that the call was not made'

/** Longer than a login may be waited for. Milliseconds. */
const longestLock = 360_000

export type KeepingSurroundings = Pick<Surroundings, 'now' | 'pause'> & { env: Surroundings['env'] }

/**
 * A file for each key, which no other user may read. A file appears whole or not at all, and of several processes that
 * make the same one all get the first. None holds an access token or a reason.
 */
export class KeptKeys {
  readonly folder: string
  readonly #surroundings: Pick<Surroundings, 'now' | 'pause'>
  #isCleared = false

  constructor(surroundings: KeepingSurroundings, folder = stateFolderOf(surroundings.env)) {
    this.folder = folder
    this.#surroundings = surroundings
  }

  /** Before anything is asked of Hotwork, whose answer could not be kept then. @throws Fault */
  mustKeep(): void {
    try {
      makeFolder(this.folder)
      mustBeSafe(this.folder)
      accessSync(this.folder, constants.R_OK | constants.W_OK | constants.X_OK)
    } catch (cause) {
      throw cause instanceof Fault ? cause : cannotKeep(this.folder, cause)
    }
    if (!this.#isCleared) removeAbandonedDrafts(this.folder)
    this.#isCleared = true
  }

  /** The key at a place, made where there is none: all processes of this machine get the same one. @throws Fault */
  async keyAt(place: string, about: Pick<Kept, 'api' | 'until' | 'id'>): Promise<{ kept: Kept; again: boolean }> {
    const find = (): { kept: Kept; again: true } | undefined => {
      const kept = this.keptAt(place)
      return kept?.api === about.api ? { kept, again: true } : undefined
    }
    const before = find()
    if (before) return before
    const kept: Kept = { version: 1, ...about, idempotencyKey: randomUUID(), jwk: await makeJwk() }
    const made = { kept, again: false }
    if (this.create(place, kept)) return made
    // What stands there is another process's key by now, or one that has ended.
    return this.alone(`${place}.key`, async () => {
      const winner = find()
      if (winner) return winner
      this.write(place, kept)
      return made
    })
  }

  /** Until its time is over. */
  keptAt(place: string): Kept | undefined {
    const read = Kept.safeParse(this.read(place))
    return read.success && read.data.until > this.now() ? read.data : undefined
  }

  /** Of the keys, those whose names match. */
  places(pattern: RegExp): string[] {
    mustBeSafe(this.folder)
    try {
      return readdirSync(this.folder).flatMap((name) => {
        const place = /^([\w-]+)\.json$/.exec(name)?.[1]
        return place !== undefined && pattern.test(place) ? [place] : []
      })
    } catch {
      return []
    }
  }

  /** Undefined where there is nothing, or what is no JSON. */
  read(place: string): unknown {
    mustBeSafe(this.folder)
    try {
      return JSON.parse(readFileSync(this.pathOf(place), 'utf8'))
    } catch {
      return undefined
    }
  }

  /**
   * What must not be taken for missing where it cannot be read. First whether it is there: it may appear between two looks,
   * and it appears whole.
   *
   * @throws Fault
   */
  demand<T>(place: string, shape: z.ZodType<T>, detail: string): T | undefined {
    if (!this.has(place)) return undefined
    const { data } = shape.safeParse(this.read(place))
    if (data === undefined)
      throw new Fault({ code: 'cannot_read', title: `\`${this.pathOf(place)}\` cannot be read`, detail })
    return data
  }

  has(place: string): boolean {
    return existsSync(this.pathOf(place))
  }

  /** Removes what matches and was last written that long ago. Milliseconds. */
  prune(pattern: RegExp, age: number): void {
    for (const place of this.places(pattern))
      try {
        if (this.now() - statSync(this.pathOf(place)).mtimeMs > age) this.remove(place)
      } catch {
        // Another process was first.
      }
  }

  /** @returns false where there is one already @throws Fault */
  create(place: string, value: object): boolean {
    return this.#withDraft(place, value, (draft) => {
      try {
        linkSync(draft, this.pathOf(place))
        return true
      } catch (fault) {
        if ((fault as NodeJS.ErrnoException).code === 'EEXIST') return false
        throw fault
      }
    })
  }

  /** @throws Fault */
  write(place: string, value: object): void {
    this.#withDraft(place, value, (draft) => renameSync(draft, this.pathOf(place)))
  }

  remove(place: string): void {
    rmSync(this.pathOf(place), { force: true })
  }

  /** The key, and the credentials that were made with it. */
  forget(id: string): boolean {
    const had = this.keptAt(id) !== undefined
    for (const place of [id, `${id}.aws`]) this.remove(place)
    return had
  }

  pathOf(place: string): string {
    return join(this.folder, `${place}.json`)
  }

  /** The same for all who ask on this machine until they are nearly over, since new ones end those before. */
  credentialsOf(id: string, make: () => Promise<AwsCredentials>): Promise<AwsCredentials> {
    return this.alone(id, async () => {
      const { data: before } = AwsCredentials.safeParse(this.read(`${id}.aws`))
      if (before && Date.parse(before.Expiration) - this.now() > worthUsing) return before
      const fresh = await make()
      this.write(`${id}.aws`, fresh)
      return fresh
    })
  }

  /**
   * Runs `work` while no other process of this machine does. The file of a killed process is taken over; if two do that
   * at once, a credential is replaced a moment after it was made, and nothing worse.
   */
  async alone<T>(id: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const file = join(this.folder, `${id}.lock`)
    this.mustKeep()
    while (!takeLock(file)) {
      if (isAbandoned(file)) rmSync(file, { force: true })
      else await this.#surroundings.pause(200, signal)
    }
    try {
      return await work()
    } finally {
      rmSync(file, { force: true })
    }
  }

  now(): number {
    return this.#surroundings.now().getTime()
  }

  #withDraft<T>(place: string, value: object, publish: (draft: string) => T): T {
    this.mustKeep()
    try {
      return withDraft(this.pathOf(place), `${JSON.stringify(value)}\n`, publish)
    } catch (cause) {
      throw cannotKeep(this.folder, cause)
    }
  }
}

function cannotKeep(folder: string, cause: unknown): Fault {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown'
  return new Fault(
    {
      code: 'cannot_keep',
      title: `nothing can be kept in \`${folder}\` (${code})`,
      detail: 'make it writable, set `XDG_STATE_HOME` to a folder that is, or give the client a `key` of its own',
    },
    { cause },
  )
}

function takeLock(file: string): boolean {
  try {
    writeNew(file, `${process.pid} ${Date.now()}`)
    return true
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'EEXIST') return false
    // A full disk may take the name of a file and not what stands in it.
    rmSync(file, { force: true })
    throw cannotKeep(dirname(file), fault)
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

/** As part of a file's name. */
export const digest = (...parts: unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40)

export async function makeJwk(): Promise<PrivateJwk> {
  const { privateKey } = await DPoP.generateKeyPair('ES256', { extractable: true })
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey('jwk', privateKey)
  return PrivateJwk.parse({ kty, crv, x, y, d })
}

export type Prove = (method: string, url: string, accessToken?: string) => Promise<string>

export async function proverOf({ jwk }: { jwk: PrivateJwk }): Promise<Prove> {
  const { d: _, ...publicJwk } = jwk
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  return proverOfPair({
    privateKey: await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign']),
    publicKey: await crypto.subtle.importKey('jwk', publicJwk, algorithm, true, ['verify']),
  })
}

export const proverOfPair =
  (keys: DPoP.KeyPair): Prove =>
  (method, url, accessToken) =>
    DPoP.generateProof(keys, url, method, undefined, accessToken)
