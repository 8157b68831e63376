import { isAuthorized, preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { CedarPolicy } from '../../functions/adapters/cedar/cedar-policy.ts'
import { toCedar } from '../../functions/adapters/cedar/cedar-question.ts'
import {
  atMost,
  type Case,
  compared,
  type Finding,
  type How,
  measure,
  microseconds,
  rawVerify,
  say,
  type Timing,
} from './harness.ts'
import { type PolicyFolders, readBundle, sampleQuestion } from './policy-folders.ts'

/** P3: the cost of a decision at a use, and its growth with the number of policies. */
export async function measureDecisions(folders: PolicyFolders, how: How): Promise<Finding[]> {
  const [few, many] = [readBundle(folders.sample()), readBundle(folders.withMore(60))]
  const [small, large] = [new CedarPolicy(few), new CedarPolicy(many)]
  const question = sampleQuestion(few, 'use')
  const decide = (policy: CedarPolicy) => () => {
    if (!policy.ask(question).permit) throw new Error('the sample question should be permitted')
  }

  const everyPolicy = Object.assign({}, ...Object.values(many.policies)) as Record<string, string>
  const count = Object.keys(everyPolicy).length
  const call = toCedar(question, few)
  preparsePolicySet('all in one set', { staticPolicies: everyPolicy })
  const unsliced: Case = {
    name: 'one preparsed set of all',
    run: () => statefulIsAuthorized({ ...call, preparsedPolicySetId: 'all in one set' }),
  }
  const stateless: Case = {
    name: 'parsed at each call',
    run: () => isAuthorized({ ...call, policies: { staticPolicies: everyPolicy } }),
  }

  const { timings } = await measure(
    [rawVerify(), { name: 'few', run: decide(small) }, { name: 'many', run: decide(large) }],
    how,
  )
  const paired = await measure(
    [
      { name: 'few', run: decide(small) },
      { name: 'many', run: decide(large) },
    ],
    how,
  )
  const obvious = await measure([rawVerify(), unsliced, stateless], { ...how, rounds: Math.ceil(how.rounds / 4) })
  const [verify, , large1] = timings as [Timing, Timing, Timing]
  const [, many1] = paired.timings as [Timing, Timing]
  const [, set, text] = obvious.timings as [Timing, Timing, Timing]
  const own = Object.keys(many.policies[question.action] ?? {}).length
  return [
    atMost(1.05, 'P3', `decision at a use, ${count} policies deployed / ${own}`, many1.ratio),
    atMost(1, 'P3', `decision at a use, ${count} policies deployed / raw verify`, large1.ratio, microseconds(large1)),
    compared(`  obvious: ${count} policies in one preparsed set / raw verify`, say(set.ratio) + microseconds(set)),
    compared(`  obvious: ${count} policies parsed at each call / raw verify`, say(text.ratio) + microseconds(text)),
    compared(
      '  raw ES256 verify',
      `${(verify.p10 / 1000).toFixed(1)} us p10, ${(verify.median / 1000).toFixed(1)} us median`,
    ),
  ]
}
