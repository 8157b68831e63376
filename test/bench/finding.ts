import type { Ratio } from './harness.ts'

/** One line of the report. */
export type Finding = {
  /** Of docs/performance.md; an obvious way of doing the same has none. */
  id: string
  what: string
  /** In words; empty where there is none. */
  target: string
  measured: string
  verdict: Verdict
}
/** `missed` fails the run; `below target` is known, said in docs/performance.md, and does not. */
export type Verdict = 'met' | 'missed' | 'below target' | ''

const times = (ratio: number) => `${ratio >= 20 ? ratio.toFixed(0) : ratio.toFixed(2)}x`

export const say = ({ p10, quartiles: [low, median, high] }: Ratio): string =>
  `${times(median)} (quartiles ${times(low)} to ${times(high)}, p10 ${times(p10)})`

/** Holds a ratio to a target: missed only if its median and its fast decile both miss, so that noise alone never fails. */
export function atMost(target: number, id: string, what: string, ratio: Ratio, detail = ''): Finding {
  const [, median] = ratio.quartiles
  return {
    id,
    what,
    target: `<= ${target}x`,
    measured: say(ratio) + detail,
    verdict: median <= target || ratio.p10 <= target ? 'met' : 'missed',
  }
}

/** The same done the obvious way, to see what the design is worth. */
export const compared = (what: string, measured: string): Finding => ({
  id: '',
  what,
  target: '',
  measured,
  verdict: '',
})

/** The report as aligned columns. */
export function tableOf(findings: readonly Finding[]): string {
  const columns = ['id', 'verdict', 'what', 'target', 'measured'] as const
  const rows = [Object.fromEntries(columns.map((name) => [name, name])) as unknown as Finding, ...findings]
  const widths = columns.map((name) => Math.max(...rows.map((row) => row[name].length)))
  // The last one is as long as it is.
  widths[columns.length - 1] = 0
  return rows.map((row) => columns.map((name, at) => row[name].padEnd(widths[at] ?? 0)).join('  ')).join('\n')
}
