import { refusalProblem } from '../../functions/adapters/http/problem.ts'
import { drillView, trailView } from '../../functions/adapters/http/views.ts'
import type { Refusal } from '../../functions/domain/refusals.ts'
import type { Actual, JudgedCall } from '../../functions/domain/uses/actual.ts'
import type { CredentialId } from '../../functions/domain/values.ts'
import { readDrill } from '../../functions/operations/break-glass/notify.ts'
import { readTrail } from '../../functions/operations/ledger/read-trail.ts'
import { Night } from '../operations/break-glass/night.ts'
import { MemoryCardStore } from '../support/cards/memory-card-store.ts'
import { person, sampleBundle, start } from '../support/world.ts'

/** The API's view of an opening's evidence, and of a drill. */

const at = '2027-01-15T08:00:00Z'
const call: JudgedCall = {
  id: 'e1',
  at: start,
  action: 'ssm:PutParameter',
  account: '000000000000',
  region: 'us-east-1',
  verdict: 'extra',
  because: 'resource',
}
const none: Actual = {
  issued: false,
  calls: [],
  unused: true,
  notRecorded: [],
  complete: true,
  more: false,
  unread: [],
}
const role = 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target'
const view = (calls: Actual | undefined) => trailView({ entries: [], credentials: [], calls })

test("credentials are shown by id, kind and times, and AWS's with their role, never by their value", () => {
  const id = 'crd_00000000000000000000000001' as CredentialId
  const credentials = [{ id, claim: 'aws' as const, issuedAt: start, expiresAt: start + 900, role }]
  expect(trailView({ entries: [], credentials, calls: none })).toEqual({
    credentials: [{ id, kind: 'aws', issued_at: at, expires_at: '2027-01-15T08:15:00Z', role }],
    ...{ calls: [], calls_more: false, calls_complete: true },
  })
})

test.each<[rule: string, seen: Actual | undefined, told: object]>([
  [
    'recorded calls are listed, each with its time and verdict',
    { ...none, issued: true, calls: [call], complete: false, more: true, unread: ['111122223333'] },
    { calls: [{ ...call, at }], calls_more: true, calls_complete: false, calls_unread: ['111122223333'] },
  ],
  ['an unreadable record of calls is null, and not an empty list', undefined, { calls: null }],
])('%s', (_rule, seen, told) => expect(view(seen)).toEqual({ credentials: [], ...told }))

test('an opening without AWS credentials asks no record for calls', async () => {
  const night = new Night(sampleBundle())
  const state = await night.opened()
  await night.issueToken(state)
  const trail = await readTrail(state, { ...night.ports, actual: night.actual })
  expect(trail).toMatchObject({ credentials: [{ claim: 'access_token' }], calls: { issued: false } })
  expect(night.callRecord.asked).toEqual([])
})

test('a drill is shown step by step, in seconds, with the sum of its verdicts', async () => {
  const night = new Night(sampleBundle())
  const { ask } = await night.opened('jade', { drill: true })
  const ports = { ...night.ports, cards: new MemoryCardStore() }
  night.clock.advance(61)
  const drill = await readDrill({ id: ask.id, person: person('ana') }, ports)
  expect(drill.ok && drillView(drill.value)).toMatchObject({
    ...{ id: ask.id, drill: true, status: 'approved', opened_at: at, not_after: '2027-01-15T08:30:00Z', kept: false },
    steps: [
      { step: 'open', verdict: 'unknown', within_seconds: 5 },
      { step: 'tell', verdict: 'missed', within_seconds: 60 },
      { step: 'warn', verdict: 'waiting', within_seconds: 1500 },
      { step: 'end', verdict: 'waiting', within_seconds: 1800 },
      { step: 'review', verdict: 'waiting', within_seconds: 86_400 },
    ],
    told: { due: 10, in_channel: false, paged: false },
  })
  const earnest = await night.opened('kofi')
  expect(await readDrill({ id: earnest.ask.id, person: person('ana') }, ports)).toMatchObject({ code: 'no_drill' })
})

// From interfaces.md: 400 for reason, incident and minutes; 403 for people; 409 for budgets.
test.each<[Refusal, number]>([
  ['bad_reason', 400],
  ['bad_incident', 400],
  ['window_too_long', 400],
  ['unknown_profile', 400],
  ['not_permitted', 403],
  ['halted', 403],
  ['self_review', 403],
  ['cool_down', 409],
  ['budget_spent', 409],
  ['already_open', 409],
  ['review_overdue', 409],
])('a refusal of break-glass by `%s` is %d, under its own name', (code, status) => {
  expect(refusalProblem(code).problem).toMatchObject({ status, code, title: expect.any(String) })
})
