import { randomUUID } from 'node:crypto'
import {
  closeSync,
  constants,
  cpSync,
  fstatSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { resolve } from 'node:path'
import { Fault, systemCodeOf, Trouble, wrongUsage } from './outcome.ts'

/**
 * The flags for every file that the client writes: readable by this user only, and never through a link that another
 * user made.
 */

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = constants
const openNew = (file: string): number => openSync(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)

/** @throws EEXIST if the path exists, also as a link */
export function writeNew(file: string, text: string): void {
  const descriptor = openNew(file)
  try {
    writeFileSync(descriptor, text)
  } finally {
    closeSync(descriptor)
  }
}

/** Writes a draft beside the file, and lets `publish` move it: the file appears whole or not at all. */
export function withDraft<T>(file: string, text: string, publish: (draft: string) => T): T {
  const draft = `${file}.${randomUUID()}`
  try {
    writeNew(draft, text)
    return publish(draft)
  } finally {
    rmSync(draft, { force: true })
  }
}

const kindAt = (file: string) => lstatSync(file, { throwIfNoEntry: false })

/** Replaces a plain file. @throws Refusal if it cannot be written, or a link is there */
export function replaceFile(out: string, folder: string, text: string): void {
  const file = resolve(folder, out)
  try {
    if (kindAt(file)?.isFile() === false)
      throw wrongUsage(`\`${out}\` is a link, or not a plain file`, 'name another file')
    withDraft(file, text, (draft) => renameSync(draft, file))
  } catch (cause) {
    if (cause instanceof Trouble) throw cause
    throw wrongUsage(`\`${out}\` cannot be written: ${systemCodeOf(cause)}`, 'name a file in an existing folder')
  }
}

type NewFile = { write(text: string): void; end(): void }

/** Copies a folder. @throws Error if a file of the copy exists */
export const copyFolder = (from: string, to: string): void =>
  cpSync(from, to, { recursive: true, errorOnExist: true, force: false })

/** @throws Refusal if the file exists: an export is never overwritten */
export function mustBeNew(out: string, folder: string): string {
  const file = resolve(folder, out)
  if (kindAt(file)) throw wrongUsage(`\`${out}\` exists`, 'name another file: an export never overwrites one')
  return file
}

/**
 * Writes under a temporary name until the file is complete. Removes the rest of an earlier export, and a link.
 *
 * @throws Refusal if the file exists
 */
export function intoNewFile(out: string, folder: string): NewFile {
  const file = mustBeNew(out, folder)
  const partial = `${file}.partial`
  const doing = <T>(what: string, act: () => T): T => {
    try {
      return act()
    } catch (cause) {
      if (cause instanceof Trouble) throw cause
      throw new Fault({ code: 'not_written', title: `\`${out}\` cannot be ${what}`, detail: systemCodeOf(cause) })
    }
  }
  const descriptor = doing('written', () => {
    rmSync(partial, { force: true })
    return openNew(partial)
  })
  return {
    write: (text) => {
      doing('written', () => {
        const bytes = Buffer.from(text)
        for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
      })
    },
    end: () =>
      doing('finished', () => {
        const [own, there] = [fstatSync(descriptor), kindAt(partial)]
        closeSync(descriptor)
        // Another export may have replaced the temporary file.
        if (own.ino !== there?.ino || own.dev !== there.dev)
          throw new Fault({ code: 'not_written', title: `another program has written \`${out}.partial\` meanwhile` })
        mustBeNew(out, folder)
        closeSync(openNew(file))
        renameSync(partial, file)
      }),
  }
}
