import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { measuresOf } from '../../../functions/domain/requests/measures.ts'
import { logMeasures } from '../../../functions/operations/requests/hand-on.ts'
import { MemoryLog } from '../../support/memory-log.ts'
import { prodParameter, sampleBundle, World } from '../../support/world.ts'

// Measures of decisions, which name no person.

const bundle = sampleBundle()
let world: World
let request: ApprovalRequest
beforeEach(async () => {
  world = new World(bundle)
  request = await world.submitted(prodParameter)
})

async function measured(step: () => unknown) {
  const before = await world.state(request.ask.id)
  await step()
  return measuresOf(before, await world.state(request.ask.id))
}

test('a decision took as long as its stage was open', async () => {
  world.clock.advance(42)
  expect(await measured(() => world.decide(request, 'ben'))).toEqual([
    { of: 'decision', stage: 'owner', verdict: 'approve', seconds: 42 },
    { of: 'wait', stage: 'owner', silent: false },
  ])
  world.clock.advance(3)
  expect(await measured(() => world.decide(request, 'eve', 'deny'))).toEqual([
    { of: 'decision', stage: 'sre', verdict: 'deny', seconds: 3 },
    { of: 'wait', stage: 'sre', silent: false },
  ])
})

test('a refused attempt is no decision', async () => {
  expect(await measured(() => world.decide(request, 'dan'))).toEqual([])
})

test('a stage without a decision was silent, and again when the wider group was silent too', async () => {
  world.clock.advance(1801)
  expect(await measured(() => world.decide(request, 'dan'))).toEqual([{ of: 'wait', stage: 'owner', silent: true }])
  world.clock.advance(901)
  expect(await measured(() => world.decide(request, 'dan'))).toEqual([{ of: 'wait', stage: 'owner', silent: true }])
})

test('a stage that escalates and is decided in one change was silent first', async () => {
  world.clock.advance(1801)
  expect(await measured(() => world.decide(request, 'jade'))).toEqual([
    { of: 'decision', stage: 'owner', verdict: 'approve', seconds: 1801 },
    { of: 'wait', stage: 'owner', silent: true },
    { of: 'wait', stage: 'owner', silent: false },
  ])
})

test('the end of a grant measures no people', async () => {
  await world.decide(request, 'ben')
  await world.decide(request, 'eve')
  world.clock.advance(86_400)
  expect(await measured(() => world.decide(request, 'dan', 'deny'))).toEqual([])
})

test('a log line names a stage, no person and no request; a decision within 5 s was hardly read', async () => {
  const log = new MemoryLog()
  const before = await world.state(request.ask.id)
  world.clock.advance(4)
  await world.decide(request, 'ben')
  logMeasures(before, await world.state(request.ask.id), log)
  expect(log.lines).toEqual([
    {
      level: 'info',
      message: 'decision_measured',
      fields: { stage: 'owner', verdict: 'approve', seconds: 4, hardlyRead: 1 },
    },
    { level: 'info', message: 'wait_measured', fields: { stage: 'owner', silent: 0 } },
  ])
})
