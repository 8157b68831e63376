// Rules: test/policies/changes/weakenings.test.ts
import { hash } from 'node:crypto'
import type { Answer } from '../../domain/policy/question.ts'
import type { Policy } from '../../operations/policy/ports.ts'
import { CedarPolicy } from './cedar-policy.ts'

/** Answers, by all inputs of the question to Cedar. */
const answers = new Map<string, Answer>()
const most = 200_000

/**
 * A cached policy for programs that ask the same questions often: the cases of one folder, or two folders that are mostly
 * equal. The cache lasts as long as the program.
 */
export function askOnce(bundle: CedarPolicy['bundle']): Policy & Pick<CedarPolicy, 'explainer'> {
  const policy = new CedarPolicy(bundle)
  const { schema, policies, actions, calendar } = bundle
  const grounds = new Map<string, string>()
  const groundOf = (action: string): string => {
    const known = grounds.get(action) ?? digest([schema, policies[action], actions[action]?.arguments, calendar])
    grounds.set(action, known)
    return known
  }
  return {
    bundle,
    observing: policy.observing,
    explainer: policy.explainer,
    ask: (question) => {
      const key = digest([groundOf(question.action), question])
      const answer = answers.get(key) ?? policy.ask(question)
      if (answers.size < most) answers.set(key, answer)
      return answer
    },
  }
}

const digest = (given: unknown): string => hash('sha256', JSON.stringify(given), 'base64')
