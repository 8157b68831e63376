import { isAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { CedarPolicy } from '../../functions/adapters/cedar/cedar-policy.ts'
import { toCedar } from '../../functions/adapters/cedar/cedar-question.ts'
import { quantile } from './harness.ts'
import { readBundle, sampleQuestion } from './policy-folders.ts'

/**
 * A program: starts as a Lambda that asks policy does, then decides, and prints how long that took. The second argument
 * says whether as Hotwork does, or the obvious way: policies and schema as text, parsed when the first caller is there.
 */

/** Nanoseconds: of the first decision, and the median of the fifty after it. */
export type Took = { first: number; steady: number }

const [, , file = '', way] = process.argv
const bundle = readBundle(file)
const decide = way === 'ours' ? preparsed() : stateless()
const question = sampleQuestion(bundle, 'request')

const times = Array.from({ length: 51 }, () => {
  const began = process.hrtime.bigint()
  decide()
  return Number(process.hrtime.bigint() - began)
})
const [first = 0, ...rest] = times
process.stdout.write(JSON.stringify({ first, steady: quantile(rest, 0.5) } satisfies Took))

function preparsed(): () => unknown {
  const policy = new CedarPolicy(bundle)
  return () => policy.ask(question)
}

function stateless(): () => unknown {
  const staticPolicies = bundle.policies['ssm:PutParameter'] ?? {}
  return () =>
    isAuthorized({
      ...toCedar(question, bundle.actions[question.action]?.arguments),
      policies: { staticPolicies },
      schema: bundle.schema,
      validateRequest: true,
    })
}
