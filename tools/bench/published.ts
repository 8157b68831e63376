import { type Latency, latencyTargets } from './latency/latency.ts'

/** The last results of `npm run bench -- --write`: docs/performance.json, the source of README's table and picture. */
export type Published = {
  measured: string
  machine: string
  rows?: Latency[]
  raced?: { after: number; permittedAfter: number }
  usd?: number
  sequence?: { [verb: string]: number }
}

const shown = [
  ['an agent asks whether it may, at these rates alone', 'evaluate, nothing else'],
  ['a request is sent, until its card is in Slack', 'request to card'],
  ['the last click, until the agent has AWS credentials', 'click to AWS credentials'],
  ['a tool asks whether it may do one act', 'begin a use'],
  ['a completion, until AWS refuses its credentials', 'completion to refusal by AWS'],
] as const

/**
 * README's table: median and 95th percentile in milliseconds, and the number of samples. Each measured rate has a
 * column.
 */
export function tableOfPublished({ rows = [], raced, usd }: Published): string {
  const own = rows.filter(({ what }) => shown.some(([, name]) => name === what))
  // `one at a time` has no number, and comes first.
  const perSecond = (rate: string) => Number.parseFloat(rate) || 0
  const rates = [...new Set(own.map(({ rate }) => rate))].toSorted((a, b) => perSecond(a) - perSecond(b))
  const cell = (what: string, rate: string) => {
    const row = own.find((each) => each.what === what && each.rate === rate)
    if (row === undefined) return '–'
    const times = `${row.p50.toFixed(0)} / ${row.p95.toFixed(0)} (${row.count})`
    return row.carried ? times : `${times}, saturated`
  }
  const single = (words: string, value: string, target: string) => [
    words,
    value,
    ...rates.slice(1).map(() => ''),
    target,
  ]
  const lines = [
    ['milliseconds, p50 / p95 (samples)', ...rates, 'target'],
    Array.from({ length: rates.length + 2 }, () => '---'),
    ...shown.map(([words, what]) => [words, ...rates.map((rate) => cell(what, rate)), `${latencyTargets[what] ?? ''}`]),
    single(
      'acts permitted that began after a revocation returned',
      raced ? `${raced.permittedAfter} of ${raced.after}` : '–',
      '0',
    ),
    single('USD for 1,000 approvals of two stages, the log apart', usd === undefined ? '–' : usd.toFixed(2), '0.20'),
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
