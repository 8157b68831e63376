import { targetsOf } from '../../../functions/domain/halts/halt.ts'
import { decision, owner, person, sampleAsk } from '../../support/ask.ts'
import { live } from '../story.ts'

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
