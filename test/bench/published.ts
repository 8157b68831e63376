import { alone, atRate, type Latency, latencyTargets } from './latency/latency.ts'

/** What `npm run bench -- --write` measured last: docs/performance.json. README's table and picture are made of it. */
export type Published = {
  measured: string
  machine: string
  rows?: Latency[]
  raced?: { after: number; permittedAfter: number }
  usd?: number
  sequence?: { [verb: string]: number }
}

const shown = [
  ['a request is sent, until its card is in Slack', 'request to card'],
  ['the last click, until the agent has AWS credentials', 'click to AWS credentials'],
  ['a tool asks whether it may do one act', 'begin a use'],
  ['a completion, until AWS refuses its credentials', 'completion to refusal by AWS'],
] as const

/** README's table: milliseconds, the median and the 95th of a hundred. */
export function tableOfPublished({ rows = [], raced, usd }: Published): string {
  const rates = [alone, ...[1, 10, 50].map(atRate)]
  const cell = (what: string, rate: string) => {
    const own = rows.filter((each) => each.what === what)
    const row = own.find((each) => each.rate === rate)
    if (row?.carried) return `${row.p50.toFixed(0)} / ${row.p95.toFixed(0)}`
    // What fell behind at a lower rate is not driven at a higher one.
    const isTooMuch = own.some((each) => !each.carried && Number.parseFloat(each.rate) <= Number.parseFloat(rate))
    return isTooMuch ? 'too much for it' : '–'
  }
  const target = (what: string) => (latencyTargets[what] === undefined ? '' : `${latencyTargets[what]}`)
  const lines = [
    ['milliseconds, p50 / p95', ...rates, 'target'],
    Array.from({ length: rates.length + 2 }, () => '---'),
    ...shown.map(([words, what]) => [words, ...rates.map((rate) => cell(what, rate)), target(what)]),
    [
      'acts permitted that began after a revocation returned',
      raced ? `${raced.permittedAfter} of ${raced.after}` : '–',
      '',
      '',
      '',
      '0',
    ],
    [
      'USD for 1,000 approvals of two stages, the log apart',
      usd === undefined ? '–' : usd.toFixed(2),
      '',
      '',
      '',
      '0.20',
    ],
  ]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

export const pagesWithTable = ['README.md', 'docs/performance.md']
const [begin, end] = ['<!-- npm run bench -- --write -->\n', '\n<!-- end of what was measured -->']

/** The page with the table in its place. */
export function withTable(page: string, published: Published): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the page has no place for the table: \`${begin.trim()}\``)
  return page.slice(0, from + begin.length) + tableOfPublished(published) + page.slice(to)
}
