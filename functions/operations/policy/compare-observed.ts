import { type Came, compareOutcomes, type Observed } from '../../domain/policy/observed.ts'
import type { Answer, Question } from '../../domain/policy/question.ts'
import type { Policy } from './ports.ts'

/** An observed policy that turned an answer, and the stage that was asked about. */
type By = { id: string; stage: string | undefined }
export type Compared<T> = { came: T; again?: { came: T; by: readonly By[] } }

/**
 * Runs what asks policy, and once more as if the observed policies counted. It asks no second time where none of them bears
 * on what was asked.
 *
 * @param run asks the policy that it is given and no other, and changes nothing
 */
export function runWithObserved<T>(policy: Policy, run: (policy: Policy) => T): Compared<T> {
  const { bundle, observing } = policy
  if (!observing) return { came: run(policy) }
  const observed = bundle.observed ?? {}
  let bears = false
  const came = run({
    bundle,
    ask(question) {
      bears ||= Object.hasOwn(observed, question.action)
      return policy.ask(question)
    },
  })
  if (!bears) return { came }
  const by: By[] = []
  const ask = (question: Question): Answer => {
    const answer = observing(question)
    const own = answer.policies.filter((id) => Object.hasOwn(observed[question.action] ?? {}, id))
    const stage = question.kind === 'person' ? question.stage : undefined
    if (own.length > 0 && isOther(answer, policy.ask(question))) by.push(...own.map((id) => ({ id, stage })))
    return answer
  }
  return { came, again: { came: run({ bundle, ask }), by } }
}

const isOther = (one: Answer, other: Answer) => one.permit !== other.permit || one.error !== other.error

/** What it would have come to, where that differs. */
export function wouldBeOf<T>({ came, again }: Compared<T>, cameTo: (came: T) => Came): Observed | undefined {
  return (
    again &&
    compareOutcomes(
      cameTo(came),
      cameTo(again.came),
      again.by.map(({ id }) => id),
    )
  )
}

/** By stage name, where a person would have what they have not, or would not have what they have. */
export function wouldBeAt<T>(
  { came, again }: Compared<T>,
  namesOf: (came: T) => readonly string[],
): { [stage: string]: Observed } | undefined {
  if (!again) return undefined
  const [now, then] = [namesOf(came), namesOf(again.came)]
  const others = [...new Set([...now, ...then])].filter((name) => now.includes(name) !== then.includes(name))
  const entries = others.map((name) => {
    const policies = again.by.filter(({ stage }) => stage === name).map(({ id }) => id)
    return [name, compareOutcomes({ permit: now.includes(name) }, { permit: then.includes(name) }, policies)]
  })
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}

/** An answer of several, with what it would have been. */
export function answerWithObserved(policy: Policy, run: (policy: Policy) => Answer): Answer {
  const compared = runWithObserved(policy, run)
  const wouldBe = wouldBeOf(compared, (answer) => answer)
  return wouldBe ? { ...compared.came, wouldBe } : compared.came
}
