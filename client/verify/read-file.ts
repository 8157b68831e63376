// Rules: test/client/verify/log.test.ts
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import * as z from 'zod'
import { textOf } from '../../functions/domain/anchor/bytes.ts'
import type { FoundEntry } from '../../functions/domain/anchor/check-entries.ts'
import { systemCodeOf, wrongUsage } from '../outcome.ts'
import { readStrict } from './strict-json.ts'
import { Texts } from './texts.ts'

/** The kind of a file, by its content. */
export type Found =
  | { kind: 'receipt'; jws: string }
  | { kind: 'checkpoint'; note: string }
  | { kind: 'entries'; entries: readonly FoundEntry[]; texts?: Texts }
  | { kind: 'log'; folder: string }
  | { kind: 'unknown'; why: string }

/** @throws Refusal if it cannot be read */
export function readFound(file: string, folder: string): Found {
  const path = resolve(folder, file)
  if (attempt(file, () => statSync(path)).isDirectory()) return { kind: 'log', folder: path }
  const text = readText(file, folder)
  return text === undefined ? { kind: 'unknown', why: 'it is not text' } : foundIn(text)
}

export function foundIn(text: string): Found {
  if (/^[^\s{}]+\r?\n?$/.test(text)) return { kind: 'receipt', jws: text.replace(/\r?\n$/, '') }
  if (text.includes('\n\n— ')) return { kind: 'checkpoint', note: text }
  return entriesIn(text)
}

/** Undefined unless it is UTF-8. @throws Refusal if it cannot be read */
export function readText(file: string, folder: string): string | undefined {
  const bytes = attempt(file, () => readFileSync(resolve(folder, file)))
  try {
    return textOf(new Uint8Array(bytes))
  } catch {
    return undefined
  }
}

function attempt<T>(file: string, read: () => T): T {
  try {
    return read()
  } catch (fault) {
    throw wrongUsage(`${file}: it cannot be read (${systemCodeOf(fault)})`, 'name an existing file')
  }
}

const Line = z.looseObject({
  id: z.string().min(1),
  hash: z.string(),
  previous: z.string().nullable(),
})
const Lines = z.array(Line)
const Personal = z.looseObject({ personal: Texts.default({}) })
const Answer = z.union([z.looseObject({ entries: Lines }), z.looseObject({ ledger: Lines })])

/** Lines of JSON, as `ledger export` writes them; or an answer of the API, or of `show --json`. */
function entriesIn(text: string): Found {
  const whole = readStrict(text)
  const value = 'value' in whole ? whole.value : undefined
  // A line may have such a member too.
  if (Answer.safeParse(value).success && !Line.safeParse(value).success) {
    const { entries, ledger } = value as { entries?: FoundEntry[]; ledger?: FoundEntry[] }
    const beside = Personal.safeParse(value)
    if (!beside.success) return { kind: 'unknown', why: '`personal` does not have the form of texts beside entries' }
    return { kind: 'entries', entries: entries ?? ledger ?? [], texts: beside.data.personal }
  }
  const entries: FoundEntry[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (/^[ \t\r]*$/.test(line)) continue
    const read = readStrict(line)
    // The parsed value is kept complete, since a hash covers all of it.
    if ('why' in read) return { kind: 'unknown', why: `line ${index + 1} is not an entry of a ledger: ${read.why}` }
    if (!Line.safeParse(read.value).success)
      return { kind: 'unknown', why: `line ${index + 1} is not an entry of a ledger` }
    entries.push(read.value as FoundEntry)
  }
  return entries.length > 0 ? { kind: 'entries', entries } : { kind: 'unknown', why: 'it is empty' }
}
