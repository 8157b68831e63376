import { targetsOf } from '../../../functions/domain/halts/halt.ts'
import { decision, jade, openingAsk, owner, person, sampleAsk } from '../../support/ask.ts'
import { samplePlan } from '../../support/plan.ts'
import { Desk, live } from '../story.ts'

/** Which halts stop a request: each of these is read before anything is done with it. */

const ask = sampleAsk()
const { state } = live(1, [[1, decision(ask, 'ana', 'approve'), 'approved']], ask)
const valuesOf = (kind: string, of = state) =>
  targetsOf(of, 'arn:role').flatMap((target) => (target.kind === kind ? [target.value] : []))

test('a halt of its agent, owner, action, environment or role stops a request, and one of everything', () => {
  expect(valuesOf('all')).toEqual(['all'])
  expect(valuesOf('agent')).toEqual([ask.agent.id])
  expect(valuesOf('owner')).toEqual([owner])
  expect(valuesOf('action')).toEqual([ask.action])
  expect(valuesOf('environment')).toEqual([ask.environment])
  expect(valuesOf('role')).toEqual(['arn:role'])
})

test('a halt of a person who approved stops a request, also of the one in whose stead they did', () => {
  expect(valuesOf('person')).toEqual([person('ana')])
  const stages = state.stages.map((stage) => ({
    ...stage,
    decisions: stage.decisions.map((each) => ({ ...each, for: person('ben') })),
  }))
  expect(valuesOf('person', { ...state, stages })).toEqual([person('ana'), person('ben')])
})

test('a halt of the person who asked on behalf of the agent stops a request', () => {
  expect(valuesOf('person', { ...state, ask: { ...ask, askedBy: person('gus') } })).toContain(person('gus'))
})

test('a halt of the agent, owner, action or environment of a step that waits for people stops its plan', () => {
  const { state: plan } = live(1, [], samplePlan())
  const steps = plan.ask.steps ?? []
  expect(steps.length).toBeGreaterThan(1)
  for (const { agent, owner: answers, action, environment } of steps) {
    expect(valuesOf('agent', plan)).toContain(agent)
    expect(valuesOf('owner', plan)).toContain(answers)
    expect(valuesOf('action', plan)).toContain(action)
    expect(valuesOf('environment', plan)).toContain(environment)
  }
  const { state: approved } = live(0, [], samplePlan())
  expect(valuesOf('environment', approved)).toEqual([])
  expect(valuesOf('agent', approved)).toEqual([plan.ask.agent.id])
})

test('a request is stopped by these and by nothing else', () => {
  const { state: pending } = live(1, [])
  expect(targetsOf(pending, undefined)).toEqual([
    { kind: 'all', value: 'all' },
    { kind: 'agent', value: ask.agent.id },
    { kind: 'owner', value: owner },
    { kind: 'action', value: ask.action },
    { kind: 'environment', value: ask.environment },
  ])
})

test("a halt of an opening's person or of a right in it stops the opening, and one of an environment does not", () => {
  const desk = new Desk(0, openingAsk())
  const rights = desk.ask.breakGlass?.rights.map(({ action }) => action) ?? []
  expect(rights.length).toBeGreaterThan(0)
  const values = (kind: string) => valuesOf(kind, desk.state)
  expect([values('person'), values('agent'), values('environment')]).toEqual([[jade], [], []])
  expect(values('action')).toEqual(rights)
})
