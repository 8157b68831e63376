import * as z from 'zod'
import { type Answer, allOf, type PolicyAnswers, type Question } from './question.ts'

/**
 * The outcome of an act if the observed policies counted, if it would differ. `tier` is an ask's. `policies`: the
 * observed ones that make the difference. `error`: these could not be evaluated.
 */
export const Observed = z.strictObject({
  outcome: z.enum(['permitted', 'refused', 'error']),
  tier: z.int().nonnegative().optional(),
  policies: z.array(z.string()),
})
export type Observed = z.infer<typeof Observed>

export type Came = { permit: boolean; error?: boolean | undefined; tier?: number | undefined }

/** The outcome of an assessment in short. */
export const cameTo = (
  assessment: { outcome: 'requestable'; tier: number } | { outcome: 'refused'; reason: string },
): Came =>
  assessment.outcome === 'requestable'
    ? { permit: true, tier: assessment.tier }
    : { permit: false, error: assessment.reason === 'policy_error' }

function compareOutcomes(was: Came, wouldBe: Came, by: readonly string[]): Observed | undefined {
  const policies = [...new Set(by)].toSorted()
  if (wouldBe.error) return was.error === true ? undefined : { outcome: 'error', policies }
  if (was.permit === wouldBe.permit && was.tier === wouldBe.tier) return undefined
  if (!wouldBe.permit) return { outcome: 'refused', policies }
  return { outcome: 'permitted', ...(wouldBe.tier === undefined ? {} : { tier: wouldBe.tier }), policies }
}

/** An observed policy that changed an answer, and the stage of the question. */
type By = { id: string; stage: string | undefined }
export type Compared<T> = { came: T; again?: { came: T; by: readonly By[] } }

/**
 * Runs a function with policy and, if an observed policy applies to its questions, once more as if observed policies
 * counted.
 *
 * @param run asks only the policy that it is given, and has no effects
 */
export function runWithObserved<T>(policy: PolicyAnswers, run: (policy: PolicyAnswers) => T): Compared<T> {
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

/** The outcome with the observed policies, if it differs. */
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

/** The same by stage name, if a person would gain or lose the right. */
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

/** The answer to several questions, with its outcome under the observed policies. */
export function answerWithObserved(policy: PolicyAnswers, run: (policy: PolicyAnswers) => Answer): Answer {
  const compared = runWithObserved(policy, run)
  const wouldBe = wouldBeOf(compared, (answer) => answer)
  return wouldBe ? { ...compared.came, wouldBe } : compared.came
}

/** Whether policy permits all of these, with the outcome under the observed policies. */
export const askAll = (policy: PolicyAnswers, questions: readonly Question[]): Answer =>
  answerWithObserved(policy, (asked) => allOf(questions.map((question) => asked.ask(question))))
