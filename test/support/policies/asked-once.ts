import { createHash } from 'node:crypto'
import { CedarPolicy } from '../../../functions/adapters/cedar/cedar-policy.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { Answer, Question } from '../../../functions/domain/policy/question.ts'
import type { Policy } from '../../../functions/operations/policy/ports.ts'

type Remembered = { cedar: CedarPolicy; answers: Map<string, Answer> }
const remembered = new Map<string, Remembered>()

/**
 * Cedar's own answers, cached for one test file: an evaluation asks for each person and each stage, and tests begin
 * from the same facts.
 */
export function askedOnce(bundle: Bundle): Policy {
  const { schema, policies, observed, actions, calendar } = bundle
  // Tests change a bundle and keep its hash, which is Cedar's cache key.
  const content = JSON.stringify({ schema, policies, observed, actions, calendar })
  const hash = createHash('sha256').update(content).digest('hex') as Bundle['hash']
  let of = remembered.get(hash)
  if (!of) {
    of = { cedar: new CedarPolicy({ ...bundle, hash }), answers: new Map() }
    remembered.set(hash, of)
  }
  const { cedar, answers } = of
  return {
    bundle,
    observing: cedar.observing,
    explainer: cedar.explainer,
    ask(question: Question): Answer {
      const asked = JSON.stringify(question)
      const answer = answers.get(asked) ?? cedar.ask(question)
      answers.set(asked, answer)
      return answer
    },
  }
}
