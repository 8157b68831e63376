import { hash } from 'node:crypto'
import { CedarPolicy } from '../../../functions/adapters/cedar/cedar-policy.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { Answer, Question } from '../../../functions/domain/policy/question.ts'
import type { Policy } from '../../../functions/operations/policy/ports.ts'

type Remembered = { cedar: CedarPolicy; answers: Map<string, Answer> }
const remembered = new Map<string, Remembered>()

/** The most bundles whose answers are cached: those of a file's tests, and the sample of all files. */
const most = 20

/**
 * Cedar's own answers, cached for the worker: an evaluation asks for each person and each stage, and tests begin from
 * the same facts.
 */
export function askedOnce(bundle: Bundle): Policy {
  const { schema, policies, observed, actions, calendar } = bundle
  // Tests change a bundle and keep its hash, which is Cedar's cache key.
  const content = JSON.stringify({ schema, policies, observed, actions, calendar })
  const key = hash('sha256', content) as Bundle['hash']
  const of = remembered.get(key) ?? { cedar: new CedarPolicy({ ...bundle, hash: key }), answers: new Map() }
  // The bundles of the latest files come last.
  remembered.delete(key)
  remembered.set(key, of)
  if (remembered.size > most) remembered.delete([...remembered.keys()][0] ?? key)
  const { cedar, answers } = of
  return {
    bundle,
    observing: cedar.observing,
    explainer: cedar.explainer,
    ask(question: Question): Answer {
      const asked = hash('sha256', JSON.stringify(question), 'base64')
      const answer = answers.get(asked) ?? cedar.ask(question)
      answers.set(asked, answer)
      return answer
    },
  }
}
