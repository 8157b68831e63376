import type { Context } from '../context.ts'
import { intoNewFile } from '../new-file.ts'
import { type Exit, exits, wrongUsage } from '../outcome.ts'
import { jsonText, spelledOut } from '../screen.ts'
import { readPeriod } from '../span.ts'
import { csvHeader, csvOf } from './csv.ts'
import type { Entry, Line } from './entry.ts'
import { ocsfOf } from './ocsf.ts'
import { searchPages } from './search.ts'

export const formats = ['ndjson', 'csv', 'ocsf'] as const
type Format = (typeof formats)[number]

export type ExportTyped = {
  since?: string
  until?: string
  agent?: string
  person?: string
  tool?: string
  task?: string
  resource?: string
  action?: string
  type?: string
  format: Format
  out?: string
}

const writers: { readonly [format in Format]: { head: string; of: (line: Line) => string } } = {
  ndjson: { head: '', of: ({ line }) => `${line}\n` },
  csv: { head: csvHeader(), of: csvOf },
  ocsf: { head: '', of: (line) => `${spelledOut(JSON.stringify(ocsfOf(line)))}\n` },
}

/** The pages between two progress lines. A page has a hundred entries. */
const pagesBetweenWords = 10
/** The search index lags by a moment. Milliseconds. */
const settledAfter = 60_000

/**
 * Exports all matching entries, page by page. The file has a temporary name until it is complete, so that a part is
 * never taken for the whole.
 */
export async function exportLedger(
  { since, until, format, out, ...filters }: ExportTyped,
  context: Context,
): Promise<Exit> {
  const { api, surroundings, json } = context
  const { agent, person, tool, task, resource, action, type } = filters
  const times = readPeriod({ since, until }, surroundings)
  if (json && out === undefined)
    throw wrongUsage('`--json` needs `--out`', 'without a file the export itself is the result')
  const query = { ...times, agent, person, tool, task, resource, action, type }
  const target = out === undefined ? { write: surroundings.out, end: () => {} } : intoNewFile(out, surroundings.folder)
  const writer = writers[format]
  let [count, pages] = [0, 0]
  let last: Entry | undefined
  const reached = () => `${count} ${count === 1 ? 'entry' : 'entries'}${last ? `, up to ${last.at}` : ''}`
  const asked = surroundings.now().getTime()
  try {
    if (writer.head !== '') target.write(writer.head)
    for await (const page of searchPages(api, query)) {
      if (page.length > 0) target.write(page.map(writer.of).join(''))
      count += page.length
      pages += 1
      last = page.at(-1)?.entry ?? last
      if (pages % pagesBetweenWords === 0) surroundings.err(`${reached()} ...\n`)
    }
    target.end()
  } catch (cause) {
    if (count > 0) surroundings.err(`incomplete: it stopped after ${reached()}\n`)
    throw cause
  }
  surroundings.err(`${reached()}\n`)
  const isSettled = times.until !== undefined && Date.parse(times.until) <= asked - settledAfter
  if (!isSettled)
    surroundings.err(
      'entries of the last minute may be missing: start the next export a minute before the end of this one\n',
    )
  if (json) surroundings.out(jsonText({ entries: count, format, out, last: last?.id ?? null, settled: isSettled }))
  return exits.done
}
