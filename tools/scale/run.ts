import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { landCards } from './cards.ts'
import { peak } from './day.ts'
import { loadOf } from './load.ts'
import { type Measured, scales, tablesOf, tenTeams } from './table.ts'

/** `npm run scale`: the hottest keys and the use of each limit; `-- --write` puts them on the page. */
const page = join(import.meta.dirname, '../../docs/scale.md')
const [begin, end] = ['<!-- begin: npm run scale -- --write -->', '<!-- end -->']
const sample = Number(process.env['HOTWORK_SCALE_SAMPLE'] ?? 200)

const { values } = parseArgs({ options: { write: { type: 'boolean' } } })
const all: Measured[] = []
for (const scale of scales) {
  process.stderr.write(`${scale.perDay / 1_000_000} million a day: ${sample} lives by the real code ...\n`)
  all.push({ ...scale, ...(await loadOf(scale, sample)) })
}
process.stderr.write('a minute of ten teams: each card to the channel of its team ...\n')
const tables = tablesOf(all, await landCards(tenTeams))
process.stdout.write(`the busiest minute has ${peak.toFixed(2)} times the mean\n\n${tables}\n`)
if (values.write) {
  const text = readFileSync(page, 'utf8')
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)]
  writeFileSync(page, `${text.slice(0, from)}\n${tables}\n${text.slice(to)}`)
}
