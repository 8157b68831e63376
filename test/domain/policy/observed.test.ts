import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { answerWithObserved, runWithObserved, wouldBeAt, wouldBeOf } from '../../../functions/domain/policy/observed.ts'
import type { Answer, Question } from '../../../functions/domain/policy/question.ts'
import type { Policy } from '../../../functions/operations/policy/ports.ts'

/** Observed policies are asked beside those in force, told if they would change an answer, and never counted. */

const observedOf = 'ssm:PutParameter'
const question = (changes: object = {}) => ({ kind: 'agent', action: observedOf, ...changes }) as unknown as Question
const yes: Answer = { permit: true, policies: ['in-force'] }
const no: Answer = { permit: false, policies: ['observed-freeze', 'in-force'] }

/** A policy that answers by `inForce`, and by `observing` with the observed policies. */
function policyOf(inForce: (question: Question) => Answer, observing?: (question: Question) => Answer) {
  const asked = { inForce: 0, observing: 0 }
  const policy: Policy = {
    bundle: {
      observed: { [observedOf]: { 'observed-freeze': 'forbid' }, approve: { 'observed-people': 'forbid' } },
    } as unknown as Bundle,
    ask(each) {
      asked.inForce += 1
      return inForce(each)
    },
    observing:
      observing &&
      ((each) => {
        asked.observing += 1
        return observing(each)
      }),
  }
  return { policy, asked }
}

test('an observed policy that would change the answer is told with its answer', () => {
  const { policy } = policyOf(
    () => yes,
    () => no,
  )
  expect(answerWithObserved(policy, (asked) => asked.ask(question()))).toEqual({
    ...yes,
    wouldBe: { outcome: 'refused', policies: ['observed-freeze'] },
  })
})

test('an observed policy that could not be evaluated is told as an error', () => {
  const failed: Answer = { permit: false, policies: ['observed-freeze'], error: true }
  const { policy } = policyOf(
    () => ({ permit: false, policies: [] }),
    () => failed,
  )
  expect(answerWithObserved(policy, (asked) => asked.ask(question()))).toEqual({
    ...{ permit: false, policies: [] },
    wouldBe: { outcome: 'error', policies: ['observed-freeze'] },
  })
})

test('an unchanged answer names no observed policy, also if one took part in it', () => {
  const { policy } = policyOf(
    () => yes,
    () => ({ permit: true, policies: ['observed-freeze'] }),
  )
  expect(answerWithObserved(policy, (asked) => asked.ask(question()))).toEqual(yes)
})

test('a question is asked once if no observed policy is of its action', () => {
  const other = policyOf(
    () => yes,
    () => no,
  )
  expect(runWithObserved(other.policy, (asked) => asked.ask(question({ action: 'flags:set' })))).toEqual({ came: yes })
  expect(other.asked).toEqual({ inForce: 1, observing: 0 })
  const none = policyOf(() => yes)
  expect(runWithObserved(none.policy, (asked) => asked.ask(question()))).toEqual({ came: yes })
  expect(none.asked).toEqual({ inForce: 1, observing: 0 })
  const { observed: _, ...bare } = other.policy.bundle
  expect(runWithObserved({ ...other.policy, bundle: bare as Bundle }, (asked) => asked.ask(question()))).toEqual({
    came: yes,
  })
})

test('an observed policy of the first question counts also if a later one has none', () => {
  const { policy } = policyOf(
    () => yes,
    (each) => (each.action === observedOf ? no : yes),
  )
  const run = (asked: Policy) => {
    asked.ask(question())
    return asked.ask(question({ action: 'flags:set' }))
  }
  expect(runWithObserved(policy, run).again).toEqual({ came: yes, by: [{ id: 'observed-freeze', stage: undefined }] })
})

test('a run reads the bundle, and a policy in force in an observed answer is not blamed', () => {
  const { policy } = policyOf(
    () => yes,
    () => ({ permit: false, policies: ['in-force'] }),
  )
  const compared = runWithObserved(policy, (asked) => ({ answer: asked.ask(question()), bundle: asked.bundle }))
  expect(compared.came.bundle).toBe(policy.bundle)
  expect(compared.again).toEqual({
    came: { answer: { permit: false, policies: ['in-force'] }, bundle: policy.bundle },
    by: [],
  })
  expect(wouldBeOf(compared, ({ answer }) => answer)).toEqual({ outcome: 'refused', policies: [] })
})

const stages = ['owner', 'security', 'sre']
const decide = (inForce: readonly string[], observed: readonly string[]) => {
  const answers = (names: readonly string[]) => (each: Question) => {
    const stage = each.kind === 'person' ? (each.stage ?? '') : ''
    return names.includes(stage) ? yes : { permit: false, policies: ['observed-people'] }
  }
  const { policy } = policyOf(answers(inForce), answers(observed))
  const mine = (asked: Policy) =>
    stages.filter((stage) => asked.ask(question({ kind: 'person', action: 'approve', stage })).permit)
  return wouldBeAt(runWithObserved(policy, mine), (names) => names)
}

test('a stage that a person would lose or gain is told with its policy', () => {
  expect(decide(['owner', 'sre'], ['sre'])).toEqual({ owner: { outcome: 'refused', policies: ['observed-people'] } })
  expect(decide(['sre'], ['sre', 'security'])).toEqual({ security: { outcome: 'permitted', policies: [] } })
  expect(decide(['owner'], ['sre'])).toEqual({
    owner: { outcome: 'refused', policies: ['observed-people'] },
    sre: { outcome: 'permitted', policies: [] },
  })
})

test('stages that do not differ are not told', () => {
  expect(decide(['owner'], ['owner'])).toBeUndefined()
  expect(wouldBeAt({ came: ['owner'] }, (names) => names)).toBeUndefined()
  expect(wouldBeOf({ came: yes }, (answer) => answer)).toBeUndefined()
})
