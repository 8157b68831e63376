// Rules: test/policies/replay.test.ts
import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import * as z from 'zod'
import type { Entry } from '../../functions/domain/ledger/ledger.ts'
import { parseJson } from '../../functions/domain/values.ts'
import { WrongUsage } from './io.ts'

/** A line of any version; unreadable versions are found later. */
const Line = z.looseObject({
  id: z.string().regex(/^.+\/[1-9]\d{0,9}$/),
  type: z.string(),
  at: z.iso.datetime({ offset: true }),
  actor: z.looseObject({ type: z.string(), id: z.string() }),
  policies: z.array(z.string()),
  bundle: z.string(),
  previous: z.string().nullable(),
  facts: z.record(z.string(), z.unknown()),
  hash: z.string(),
})

/**
 * The entries of `hotwork ledger export`, line by line.
 * @param file `-` is standard input
 * @param cut called if the last line is cut; the line is left out
 * @throws WrongUsage if a line is not an entry
 */
export async function* readLedger(file: string, stdin: Readable, cut: () => void): AsyncGenerator<Entry> {
  let number = 0
  for await (const { text, ended } of linesOf(file, stdin)) {
    number += 1
    if (text.trim() === '') continue
    const json = parseJson(text)
    if (json === undefined && !ended && number > 1) return cut()
    const entry = Line.safeParse(json)
    if (!entry.success) throw noEntry(file, number, json === undefined ? 'no JSON' : entry.error.issues[0])
    yield json as Entry
  }
}

/** The longest line, many times a row's size in the record. Characters. */
const longestLine = 16 * 1024 * 1024

/** `ended`: the line ends in a newline, as each line of an export does. */
async function* linesOf(file: string, stdin: Readable): AsyncGenerator<{ text: string; ended: boolean }> {
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const chunk of file === '-' ? stdin : createReadStream(file)) {
      const lines = (rest + decoder.decode(Buffer.from(chunk), { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > longestLine)
        throw new WrongUsage(
          `${file} has a line that is longer than any entry`,
          'give the output of `hotwork ledger export`',
        )
      for (const text of lines) yield { text, ended: true }
    }
  } catch (cause) {
    if (cause instanceof WrongUsage) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new WrongUsage(`\`${file}\` cannot be read: ${why}`, 'name a file that `hotwork ledger export` wrote', {
      cause,
    })
  }
  if (rest !== '') yield { text: rest, ended: false }
}

function noEntry(file: string, line: number, issue: 'no JSON' | z.core.$ZodIssue | undefined): WrongUsage {
  const why = issue === 'no JSON' || !issue ? 'it is not JSON' : `\`${issue.path.join('.')}\`: ${issue.message}`
  return new WrongUsage(
    `${file}:${line} is not an entry of a ledger: ${why}`,
    'give the output of `hotwork ledger export`',
  )
}
