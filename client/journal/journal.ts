import { createHash } from 'node:crypto'
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
import { join } from 'node:path'
import type * as z from 'zod'
import { withDraft, writeNew } from '../new-file.ts'
import { Fault, systemCodeOf } from '../outcome.ts'
import type { Surroundings } from '../surroundings.ts'
import { makeFolder, mustBeSafe, removeAbandonedDrafts, stateFolderOf } from './folder.ts'

/** One kind of row. Each row is a file. */
export type Kind<T> = {
  /** The beginning of the file's name. The row's id follows. */
  prefix: string
  /** The form of its ids, if the prefix alone is ambiguous. */
  ids?: RegExp
  shape: z.ZodType<T>
  /** How long a row stays after its last write. Milliseconds. */
  stays: number
  /** True if a row has expired before that: then it is not read. */
  isOver?(row: T, now: number): boolean
  /** True if an unreadable row is an error: if it counted as missing, a call could be made twice. */
  isMark?: true
}

/** The time for which Hotwork remembers a request and an `Idempotency-Key`. Milliseconds. */
export const remembered = 8 * 86_400_000

/** The age of an abandoned lock: above the longest wait for a login. Milliseconds. */
const longestLock = 360_000
const betweenTidying = 60_000

type KeepingSurroundings = Pick<Surroundings, 'now' | 'pause' | 'env'>

/**
 * This machine's state between runs, in a folder that the processes of one user share and no other user may read. A
 * row appears whole or not at all; if several processes create the same row, only the first succeeds. No row contains
 * an access token; words of people stay while repeats get them.
 */
export class Journal {
  readonly folder: string
  readonly #surroundings: Pick<Surroundings, 'now' | 'pause'>
  readonly #tidied = new Map<Kind<unknown>, number>()
  #isCleared = false

  constructor(surroundings: KeepingSurroundings, folder = stateFolderOf(surroundings.env)) {
    this.folder = folder
    this.#surroundings = surroundings
  }

  /**
   * Checks that the folder is writable, before asking Hotwork for an answer to store.
   * @throws Fault
   */
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

  /** Undefined if the row is missing, expired or unreadable. @throws Fault if a mark is unreadable */
  find<T>(kind: Kind<T>, id: string): T | undefined {
    // The existence check comes first, since a row may appear between the two.
    if (!this.has(kind, id)) return undefined
    const row = this.#read(kind, id)
    if (row === undefined && kind.isMark)
      throw new Fault({
        code: 'cannot_read',
        title: `\`${this.pathOf(kind, id)}\` cannot be read`,
        detail: 'it keeps this call from being made twice: delete it if you know that the call was not made',
      })
    return row === undefined || kind.isOver?.(row, this.now()) ? undefined : row
  }

  /** The rows that are readable and live. */
  all<T>(kind: Kind<T>): { id: string; row: T }[] {
    return this.ids(kind).flatMap((id) => {
      const row = this.#read(kind, id)
      return row === undefined || kind.isOver?.(row, this.now()) ? [] : [{ id, row }]
    })
  }

  ids<T>({ prefix, ids = /^[\w-]+$/ }: Kind<T>): string[] {
    mustBeSafe(this.folder)
    try {
      return readdirSync(this.folder).flatMap((name) => {
        const id = name.startsWith(prefix) && name.endsWith('.json') ? name.slice(prefix.length, -5) : ''
        return ids.test(id) ? [id] : []
      })
    } catch {
      return []
    }
  }

  has<T>(kind: Kind<T>, id: string): boolean {
    mustBeSafe(this.folder)
    return existsSync(this.pathOf(kind, id))
  }

  /** @returns false if the row exists already @throws Fault */
  create<T>(kind: Kind<T>, id: string, row: T & object): boolean {
    return this.#withDraft(kind, id, row, (draft, path) => {
      try {
        linkSync(draft, path)
        return true
      } catch (fault) {
        if (systemCodeOf(fault) === 'EEXIST') return false
        throw fault
      }
    })
  }

  /** Replaces an existing row. @throws Fault */
  put<T>(kind: Kind<T>, id: string, row: T & object): void {
    this.#withDraft(kind, id, row, renameSync)
  }

  remove<T>(kind: Kind<T>, id: string): void {
    rmSync(this.pathOf(kind, id), { force: true })
  }

  /** Removes expired rows. */
  tidy(...kinds: readonly Kind<unknown>[]): void {
    const now = this.now()
    for (const kind of kinds) {
      if (now - (this.#tidied.get(kind) ?? 0) < betweenTidying) continue
      this.#tidied.set(kind, now)
      for (const id of this.ids(kind)) {
        const row = kind.isOver && this.#read(kind, id)
        const changed = statSync(this.pathOf(kind, id), { throwIfNoEntry: false })?.mtimeMs ?? now
        if (now - changed > kind.stays || (row !== undefined && kind.isOver?.(row, now))) this.remove(kind, id)
      }
    }
  }

  pathOf<T>({ prefix }: Kind<T>, id: string): string {
    return join(this.folder, `${prefix}${id}.json`)
  }

  /**
   * Runs `work` while no other process of this machine does. The lock of a killed process is taken over. If two
   * processes do so at once, the worst case is a credential that is replaced right after it was made.
   */
  async alone<T>(name: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const file = join(this.folder, `${name}.lock`)
    this.mustKeep()
    while (!this.#takeLock(file)) {
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

  #read<T>(kind: Kind<T>, id: string): T | undefined {
    try {
      return kind.shape.safeParse(JSON.parse(readFileSync(this.pathOf(kind, id), 'utf8'))).data
    } catch {
      return undefined
    }
  }

  #withDraft<T, R>(kind: Kind<T>, id: string, row: object, publish: (draft: string, path: string) => R): R {
    this.mustKeep()
    const path = this.pathOf(kind, id)
    try {
      return withDraft(path, `${JSON.stringify(row)}\n`, (draft) => publish(draft, path))
    } catch (cause) {
      throw cannotKeep(this.folder, cause)
    }
  }

  #takeLock(file: string): boolean {
    try {
      writeNew(file, `${process.pid} ${Date.now()}`)
      return true
    } catch (fault) {
      if (systemCodeOf(fault) === 'EEXIST') return false
      // On a full disk the file's name may exist without its content.
      rmSync(file, { force: true })
      throw cannotKeep(this.folder, fault)
    }
  }
}

function cannotKeep(folder: string, cause: unknown): Fault {
  return new Fault(
    {
      code: 'cannot_keep',
      title: `nothing can be kept in \`${folder}\` (${systemCodeOf(cause) ?? 'unknown'})`,
      detail: 'make it writable, set `XDG_STATE_HOME` to a folder that is, or give the client a `key` of its own',
    },
    { cause },
  )
}

function isAbandoned(file: string): boolean {
  try {
    const [holder = 0, since = 0] = readFileSync(file, 'utf8').split(' ').map(Number)
    // An empty file was just created, or its process died right after creating it.
    if (!holder) return Date.now() - statSync(file).mtimeMs > longestLock
    return Date.now() - since > longestLock || !process.kill(holder, 0)
  } catch (fault) {
    // ESRCH: the process is dead. Other faults mean that the file was deleted, or that another user's process runs.
    return systemCodeOf(fault) === 'ESRCH'
  }
}

/** A part of a file's name: the digest of `parts`. */
export const digest = (...parts: unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40)
