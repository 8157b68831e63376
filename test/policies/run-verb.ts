import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Io } from '../../policy-tools/verbs/io.ts'

type Verb<O> = { run(options: O, io: Io): Promise<number> }

/** Runs a verb of `hotwork policy` in this process: its output and its exit code. */
export async function runVerb<O>(verb: Verb<O>, options: O, stdin: string | Iterable<string> = '') {
  const ran = { out: '', err: '' }
  const exit = await verb.run(options, {
    out: (text) => {
      ran.out += text
    },
    err: (text) => {
      ran.err += text
    },
    now: () => Date.UTC(2026, 0, 1, 12) / 1000,
    stdin: Readable.from(stdin),
    library: join(__dirname, '../../policy-tools/library'),
  })
  return { exit, ...ran }
}
