import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findBreak } from '../chain.ts'
import { evaluatedNo, finding } from '../findings.ts'
import type { Entry } from '../person.ts'
import { mustWork, withTerminal } from '../terminal.ts'
import type { World } from '../world.ts'

/** An auditor takes the record away by `hotwork ledger export`, as it is typed in a terminal. */
export const tellExport = (world: World): Promise<void> =>
  withTerminal(world, world.reader.id, async (type, folder) => {
    const { report, example } = world
    const exported = async (...words: readonly string[]) => mustWork(await type('ledger', 'export', ...words))

    const forbidden = example('forbidden-planner-parameter')
    await report.expect('an agent asks for what policy forbids, and is refused', async () =>
      evaluatedNo(await world.agent(forbidden.subject.id), forbidden, 'policy_denied'),
    )
    await report.expect('its ask is on record: who, what, on what, for which task, by which policy', async () => {
      const entries = linesOf(await exported('--agent', forbidden.subject.id, '--type', 'Refused')) as Entry[]
      const asked = entries.find(({ facts }) => facts['action'] === forbidden.action.name)
      const held = asked?.resource?.id === forbidden.resource.id && (asked?.policies.length ?? 0) > 0
      return finding(held, asked ? `${asked.id}: ${asked.policies.join(', ')}` : 'it is not there')
    })
    const all = await report.expect('the whole record, in one file, holds by the published rule', async () => {
      await exported('--out', 'record.ndjson')
      const entries = linesOf(readFileSync(join(folder, 'record.ndjson'), 'utf8')) as Entry[]
      const records = Map.groupBy(entries, ({ id }) => id.slice(0, id.lastIndexOf('/')))
      const broken = [...records].map(([id, chain]) => findBreak(id, chain)).find((each) => each !== undefined)
      const found = `${entries.length} entries of ${records.size} records, none missing or altered`
      return finding(entries.length > 0 && broken === undefined, broken ?? found, entries)
    })
    const last = (all.at(-1) as Entry).at
    await report.expect('the same for a spreadsheet (CSV) and for a SIEM (OCSF 1.8.0)', async () => {
      const [csv, ocsf] = await Promise.all(
        ['csv', 'ocsf'].map((format) => exported('--format', format, '--until', last)),
      )
      const events = linesOf(ocsf ?? '') as { class_name: string }[]
      const classes = [...new Set(events.map(({ class_name: name }) => name))]
      const rows = (csv ?? '').split('\n').length - 2
      return finding(rows === events.length && rows > 0, `${rows} rows; ${events.length} events: ${classes.join(', ')}`)
    })
  })

const linesOf = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
