import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawChart } from './draw.ts'
import { alone } from './latency/latency.ts'
import { type Published, pagesWithTable, withTable } from './published.ts'

const root = join(import.meta.dirname, '../..')
const json = join(root, 'docs/performance.json')
const picture = join(root, 'docs/pictures/latency.svg')

/** Replaces the measured results, and keeps those that were not measured now. */
export async function writePublished(now: Published): Promise<void> {
  const before = existsSync(json) ? (JSON.parse(readFileSync(json, 'utf8')) as Published) : {}
  const published: Published = { ...before, ...now }
  writeFileSync(json, `${JSON.stringify(published, rounded, 2)}\n`)
  for (const name of pagesWithTable) {
    const page = join(root, name)
    writeFileSync(page, withTable(readFileSync(page, 'utf8'), published))
  }
  if (published.rows) writeFileSync(picture, `${await drawChart(chartOf(published.rows))}\n`)
}

const rounded = (_member: string, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(3)) : value)

/** A chart of each verb alone: the delay, the rest, and a line at the 95th percentile. */
function chartOf(rows: NonNullable<Published['rows']>): Parameters<typeof drawChart>[0] {
  const own = rows.filter(({ rate, held }) => rate === alone && held !== undefined)
  const y = { field: 'what', type: 'nominal', sort: null, title: null } as const
  const x = {
    type: 'quantitative',
    title: 'milliseconds, one request at a time: median; the line is the 95th of a hundred',
  } as const
  return {
    width: 560,
    layer: [
      {
        data: {
          values: own.flatMap(({ what, p50, held = 0 }) => [
            { what, part: 'waiting for AWS and Slack, as delayed', ms: held, order: 0 },
            { what, part: 'code, and the emulator of AWS', ms: Math.max(0, p50 - held), order: 1 },
          ]),
        },
        mark: 'bar',
        encoding: {
          y,
          x: { ...x, field: 'ms' },
          order: { field: 'order' },
          color: {
            field: 'part',
            type: 'nominal',
            sort: null,
            title: null,
            scale: { range: ['#d97706', '#4c8bf5'] },
            legend: { orient: 'top' },
          },
        },
      },
      {
        data: { values: own.map(({ what, p95 }) => ({ what, p95 })) },
        mark: { type: 'tick', color: '#768390', thickness: 2 },
        encoding: { y, x: { ...x, field: 'p95' } },
      },
    ],
  }
}
