import type { Command } from '../../../functions/domain/record/commands.ts'
import { type StepOutcome, statusOfStep, stepsOf } from '../../../functions/domain/record/plan-step.ts'
import type { StageState } from '../../../functions/domain/record/request.ts'
import { childrenOf, outcomeOfStep } from '../../../functions/domain/requests/advance-plan.ts'
import {
  bundle,
  completion,
  credentialId,
  decision,
  delegation,
  intent,
  minutes,
  otherAgent,
  requestId,
  revocation,
  submittedAt,
  wake,
  withdrawal,
} from '../../support/ask.ts'
import { samplePlan, stepAsk } from '../../support/plan.ts'
import { Desk, live, type Step } from '../story.ts'

/** A planner's repair of three steps by two agents, whose owners are dora and ben. */
const ask = samplePlan()
const own = { agent: otherAgent }
const approved: readonly Step[] = [
  [1, decision(ask, 'ana', 'approve'), 'pending'],
  [2, decision(ask, 'cleo', 'approve'), 'approved'],
]
const open = (step: number): Command => ({ type: 'open_step', step, bundle })
const end = (step: number, outcome: StepOutcome, because?: string): Command => ({
  type: 'end_step',
  step,
  outcome,
  bundle,
  ...(because === undefined ? {} : { because }),
})
const progressOf = (desk: Desk) => stepsOf(desk.state).map((each) => statusOfStep(each, desk.state))

test('a plan is decided as one request, by the people of its stages', () => {
  expect(live(2, ask, ...approved).types).toEqual([
    'Submitted',
    'StageOpened',
    'Decided',
    'StageOpened',
    'Decided',
    'Approved',
  ])
})

test.each(['dora', 'ben'])('a plan is decided by no owner of an agent that does a step: %s', (name) => {
  expect(new Desk(2, ask).tell(1, decision(ask, name, 'approve'))).toBe('!self_approval')
})

test('a plan lives as long as all its steps may take', () => {
  const { claimBy, notAfter } = live(2, ask, ...approved).last('Approved') ?? {}
  expect([claimBy, notAfter]).toEqual([submittedAt + 2 + minutes(225), submittedAt + 2 + minutes(225)])
})

test('a plan has no credential, and is not delegated', () => {
  const desk = live(2, ask, ...approved)
  expect([desk.tell(3, intent('access_token', credentialId(1), own)), desk.tell(3, delegation(20, own))]).toEqual([
    '!wrong_credential_kind',
    '!not_permitted',
  ])
})

test('a plan opens one step after the other, and has succeeded when the last has', () => {
  const desk = live(2, ask, ...approved)
  for (const step of [1, 2, 3]) {
    desk.tell(step * 10, open(step))
    expect(progressOf(desk)[step - 1]).toBe('open')
    desk.tell(step * 10 + 5, end(step, 'succeeded'))
  }
  expect([desk.state.status, progressOf(desk)]).toEqual(['completed', ['succeeded', 'succeeded', 'succeeded']])
  expect(desk.last('Completed')).toMatchObject({ outcome: 'succeeded', actor: { type: 'system' } })
})

test.each(['failed', 'late', 'revoked'] as const)(
  'a plan ends when a step is %s, and the rest is not done',
  (outcome) => {
    const desk = live(2, ask, ...approved)
    for (const command of [open(1), end(1, 'succeeded'), open(2), end(2, outcome)]) desk.tell(10, command)
    expect([desk.state.status, progressOf(desk)]).toEqual(['completed', ['succeeded', outcome, 'ended']])
    expect(desk.last('Completed')?.outcome).toBe('failed')
    expect(childrenOf(desk.state).map(({ child }) => child)).toEqual([requestId(13)])
  },
)

test('a plan has a step end without a beginning if its agent was retired', () => {
  const desk = live(2, ask, ...approved)
  desk.tell(10, end(1, 'revoked', 'agent_retired'))
  expect([desk.state.status, progressOf(desk)[0]]).toEqual(['completed', 'revoked'])
})

test.each([
  ['a step that is open is opened again', [open(1)]],
  ['a step is opened before its turn', [open(2)]],
  ['a step ends before its turn', [end(2, 'succeeded')]],
  ['a step that has ended ends again', [end(1, 'succeeded'), end(1, 'failed')]],
  ['there is no such step', [open(9), end(9, 'failed')]],
] as const)('a plan does not change when %s', (_, commands) => {
  const desk = live(2, ask, ...approved)
  desk.tell(10, open(1))
  const [last, ...before] = [...commands].reverse()
  for (const command of before.reverse()) desk.tell(11, command)
  const count = desk.events.length
  expect([desk.tell(12, last as Command), desk.events.length]).toEqual(['approved', count])
})

test('a plan does not go on once it is revoked', () => {
  const desk = live(2, ask, ...approved)
  desk.tell(10, open(1))
  desk.tell(11, revocation('sam'))
  const count = desk.events.length
  desk.tell(12, end(1, 'succeeded'))
  desk.tell(13, open(2))
  expect([desk.state.status, desk.events.length, progressOf(desk)]).toEqual([
    'revoked',
    count,
    ['ended', 'ended', 'ended'],
  ])
})

test('a plan is given up by the agent that asked, which cannot say that it succeeded', () => {
  const desk = live(2, ask, ...approved)
  expect([
    desk.tell(10, completion({ ...own, outcome: 'succeeded' })),
    desk.tell(11, completion({ ...own, outcome: 'failed' })),
  ]).toEqual(['!invalid_task_state', 'completed'])
})

test('a plan that is withdrawn while people decide makes no step', () => {
  const desk = new Desk(2, ask)
  expect([desk.tell(1, withdrawal(own)), childrenOf(desk.state)]).toEqual(['withdrawn', []])
})

test('a plan passes over a step that was struck out', () => {
  const [first, second, third] = ask.steps ?? []
  const less = samplePlan({ steps: [first, { ...second, struck: true }, third] as NonNullable<typeof ask.steps> })
  const desk = live(
    2,
    less,
    [1, decision(less, 'ana', 'approve'), 'pending'],
    [2, decision(less, 'cleo', 'approve'), 'approved'],
  )
  for (const command of [open(1), end(1, 'succeeded'), open(2), open(3), end(3, 'succeeded')]) desk.tell(10, command)
  expect([desk.state.status, progressOf(desk)]).toEqual(['completed', ['succeeded', 'struck', 'succeeded']])
})

const stages = live(2, ask, ...approved).state.stages satisfies readonly StageState[] as StageState[]
const until = submittedAt + minutes(225)
const child = stepAsk(ask, 1, until)
const made = () => new Desk(2, child, { inherits: stages })
const begin: Command = { type: 'begin_turn', bundle }

test('a step waits for its turn, with nothing to decide and nothing to claim', () => {
  const desk = made()
  expect([desk.state.status, desk.types]).toEqual(['pending', ['Submitted']])
  expect([
    desk.tell(5, decision(child, 'olga', 'approve')),
    desk.tell(6, intent('access_token', credentialId(1))),
  ]).toEqual(['!stage_not_open', '!pending'])
  expect(desk.tell(7, decision(child, 'ana', 'approve'))).toBe('!already_decided')
})

test('a step may be denied before its turn by a person who may decide it', () => {
  expect(made().tell(5, decision(child, 'ana', 'deny'))).toBe('denied')
})

test('a step has its whole time from its turn on', () => {
  const desk = made()
  expect([desk.tell(minutes(100), begin), desk.tell(minutes(101), begin)]).toEqual(['approved', 'approved'])
  const { claimBy, notAfter } = desk.last('Approved') ?? {}
  expect([claimBy, notAfter]).toEqual([submittedAt + minutes(160), submittedAt + minutes(175)])
})

test('a step lives no longer than its plan', () => {
  const desk = made()
  desk.tell(minutes(200), begin)
  expect(desk.last('Approved')?.notAfter).toBe(until)
  expect(made().tell(minutes(226), wake)).toBe('expired')
})

test('a step is denied if an approval of the plan does not count for it', () => {
  const without = stages.map((each, index) => (index === 0 ? { ...each, decisions: [] } : each))
  expect(new Desk(2, child, { inherits: without }).state.status).toBe('denied')
})

test('a step does not begin once it has ended', () => {
  const desk = made()
  desk.tell(5, revocation('sam'))
  expect(desk.tell(6, begin)).toBe('denied')
})

test.each([
  ['completed with success', [begin, completion({ outcome: 'succeeded' })], { outcome: 'succeeded' }],
  ['completed without', [begin, completion({ outcome: 'failed' })], { outcome: 'failed' }],
  ['denied', [decision(child, 'ana', 'deny')], { outcome: 'revoked', because: 'denied by person:ana' }],
  ['revoked', [begin, revocation('sam')], { outcome: 'revoked', because: 'revoked by person:sam' }],
  ['withdrawn', [withdrawal()], { outcome: 'revoked', because: 'withdrawn' }],
] as const)('a step tells its plan its outcome: %s', (_, commands, told) => {
  const desk = made()
  for (const command of commands) desk.tell(5, command)
  expect(outcomeOfStep(desk.state)).toEqual(told)
})

test('a step tells its plan that it was late', () => {
  const desk = made()
  desk.tell(5, begin)
  expect(outcomeOfStep(desk.state)).toBeUndefined()
  desk.tell(minutes(61), wake)
  expect(outcomeOfStep(desk.state)).toEqual({ outcome: 'late', because: 'not completed in time' })
})
