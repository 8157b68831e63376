import { callOf, usesLeft } from '../../../functions/domain/record/request.ts'
import { dueAt, overdueAt } from '../../../functions/domain/requests/due.ts'
import * as sample from '../../support/ask.ts'
import { live, type Step, token } from '../story.ts'

/** A run: its start ends the call's use, its end completes the request, and the grant's clock does not stop it. */

const first = sample.credentialId(1)
const role = 'arn:aws:iam::000000000000:role/runbooks'
const ask = sample.sampleAsk({ credential: 'mediated', runsAs: role })
const begun: readonly Step[] = [...token(1), [2, sample.callBegin(first, 1), 'approved']]
const lived = (...steps: readonly Step[]) => live(0, ask, ...begun, ...steps)
const started: Step = [3, sample.runStart(1), 'approved']
const at = (after: number) => sample.submittedAt + after
const late = 86_400

test('a call that started a run ends its use, and the run goes on', () => {
  const desk = lived(started)
  expect(callOf(desk.state)?.ended).toEqual({ at: at(3), outcome: 'started' })
  expect(usesLeft(desk.state)).toBe(0)
  expect(desk.state.run).toEqual({
    ...{ id: 'run-1', use: sample.useId(1), status: 'running', since: at(3), atMost: at(3600) },
  })
})

test('a run is recorded once, however often its start is told', () => {
  const desk = lived(started, [4, sample.runStart(1), 'approved'])
  expect(desk.types.filter((type) => type === 'RunStarted')).toHaveLength(1)
  lived(started, [4, sample.runStart(1, { run: 'run-2' }), '!invalid_task_state'])
  lived(started, [4, sample.callBegin(first, 2), '!uses_exhausted'], [5, sample.callEnd(1), '!invalid_task_state'])
})

test.each([
  ['no call was begun', [[3, sample.runStart(2), '!credential_unknown']]],
  [
    'the call was refused',
    [
      [3, sample.callEnd(1, { outcome: 'failed' }), 'approved'],
      [4, sample.runStart(1), '!invalid_task_state'],
    ],
  ],
  ['another agent tells it', [[3, sample.runStart(1, { agent: sample.otherAgent }), '!unknown_request']]],
] as [string, Step[]][])('a run is not recorded where %s', (_why, steps) => {
  expect(lived(...steps).state.run).toBeUndefined()
})

test('a run that the look-up found is recorded by Hotwork', () => {
  const { agent: _, ...found } = sample.runStart(1)
  const desk = lived([100, found, 'approved'])
  expect(desk.last('RunStarted')).toMatchObject({ actor: { type: 'system' } })
})

test.each([
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
  ['unknown', 'failed'],
] as const)('a run that ended %s completes the request: %s', (status, outcome) => {
  const desk = lived(started, [60, sample.runEnd(status, { note: 'step 3' }), 'completed'])
  expect(desk.types.slice(-2)).toEqual(['RunEnded', 'Completed'])
  expect(desk.state).toMatchObject({ outcome, run: { status, until: at(60), note: 'step 3' } })
  expect(desk.last('Completed')).toMatchObject({ actor: { type: 'system' } })
})

test('a run ends once', () => {
  const desk = lived(
    started,
    [60, sample.runEnd('succeeded'), 'completed'],
    [61, sample.runEnd('succeeded'), 'completed'],
    [62, sample.runEnd('failed'), '!invalid_task_state'],
  )
  expect(desk.types.filter((type) => type === 'RunEnded')).toHaveLength(1)
  lived([3, sample.runEnd('succeeded'), '!invalid_task_state'])
})

test('a run outlives its grant, also between the begin of its call and its start', () => {
  const [calling, running] = [lived(), lived(started)]
  expect([dueAt(calling.state), dueAt(running.state)]).toEqual([undefined, undefined])
  expect(overdueAt(running.state)).toBe(at(3660))
  expect(running.tell(late, sample.runEnd('succeeded'))).toBe('completed')
  expect(calling.tell(late, sample.runStart(1))).toBe('approved')
})

test('a request whose call was refused or found not made expires with its grant', () => {
  const desk = lived([3, sample.callEnd(1, { outcome: 'failed' }), 'approved'])
  expect(dueAt(desk.state)).toBe(at(1 + sample.minutes(15)))
})

test('an agent does not complete a request while its run goes on', () => {
  lived(
    started,
    [5, sample.completion(), '!invalid_task_state'],
    [60, sample.runEnd('failed'), 'completed'],
    [61, sample.completion(), 'completed'],
  )
})

test.each([
  ['succeeded', 'succeeded'],
  ['failed', 'cancelled'],
  ['unknown', 'unknown'],
] as const)('a run that ended %s after a revocation is %s', (found, status) => {
  const desk = lived(
    started,
    [5, sample.revocation('rita'), 'revoked'],
    [60, sample.runEnd(found), 'revoked'],
    [61, sample.runEnd(found), 'revoked'],
  )
  expect(desk.state.run).toMatchObject({ status })
  expect(desk.last('Completed')).toBeUndefined()
})

test('a run is recorded also where the request was revoked before its answer came', () => {
  const desk = lived([3, sample.revocation('rita'), 'revoked'], [4, sample.runStart(1), 'revoked'])
  expect(desk.state.run).toMatchObject({ status: 'running' })
  expect(overdueAt(desk.state)).toBe(at(3660))
})
