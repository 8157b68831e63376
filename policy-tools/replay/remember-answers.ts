// Rules: test/policies/replay.test.ts
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import type { Answer, Ask, PersonQuestion, RequestFacts } from '../../functions/domain/policy/question.ts'

/** The facts in which otherwise equal requests differ. An escape could spell any of them. */
const ofOneRequest = /\b(?:now|windows|resourceId)\b|\bRequest::|\\/

/** The most cached answers: one entry repeats no more questions than this. */
const fewAnswers = 100

/**
 * Caches answers. An assessment asks for each person and stage whether they may decide, and most policies about people
 * do not read the facts in which requests differ.
 */
export function rememberAnswers({ policies }: Pick<Bundle, 'policies'>, ask: Ask): Ask {
  const alike = new Set(
    Object.keys(policies).filter(
      (action) => !Object.values(policies[action] ?? {}).some((text) => ofOneRequest.test(text)),
    ),
  )
  const lasting = new Map<string, Answer>()
  const latest = new Map<string, Answer>()
  return (question) => {
    const isLasting = question.kind === 'person' && question.request !== undefined && alike.has(question.action)
    const key = isLasting && question.request ? keyOf(question, question.request) : JSON.stringify(question)
    const answers = isLasting ? lasting : latest
    if (latest.size > fewAnswers) latest.clear()
    const answer = answers.get(key) ?? ask(question)
    answers.set(key, answer)
    return answer
  }
}

function keyOf({ now: _, ...question }: PersonQuestion, { id: __, resource, ...request }: RequestFacts): string {
  const { id: ___, ...like } = resource
  return JSON.stringify({ ...question, request: { ...request, resource: like } })
}
