import { closeSync, existsSync, openSync, renameSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { Fault, systemCodeOf, Trouble, wrongUsage } from './outcome.ts'

type NewFile = { write(text: string): void; end(): void }

/** @throws Refusal where there is such a file already: what was exported is evidence, and is not written over */
export function mustBeNew(out: string, folder: string): string {
  const file = resolve(folder, out)
  if (existsSync(file)) throw wrongUsage(`\`${out}\` exists`, 'name another file: this one is never written over')
  return file
}

/**
 * For this user alone, and under another name until it is whole.
 *
 * @throws Refusal where there is such a file already
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
  const descriptor = doing('written', () => openSync(partial, 'w', 0o600))
  return {
    write: (text) => {
      doing('written', () => {
        const bytes = Buffer.from(text)
        for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
      })
    },
    end: () =>
      doing('finished', () => {
        closeSync(descriptor)
        renameSync(partial, file)
      }),
  }
}
