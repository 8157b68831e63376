import { type Deny, deniesOf, denyOfHalt } from '../../../functions/domain/credentials/denies.ts'
import {
  compareDenies,
  type InForce,
  judgeSession,
  rememberedIn,
  requestOf,
  type SessionOnRecord,
} from '../../../functions/targets/aws/findings.ts'
import * as sample from '../../support/ask.ts'
import { Desk } from '../story.ts'

/** AWS's denies and sessions, compared with the table. */

const role = 'arn:aws:iam::000000000000:role/hotwork/target'
const endsAt = sample.submittedAt + sample.minutes(20)
const [token, first, second] = [sample.credentialId(1), sample.credentialId(2), sample.credentialId(3)]

/** A request with one session, and perhaps a second that replaced it. */
function withSessions(...ids: (typeof first)[]): Desk {
  const desk = new Desk(0)
  desk.claim(1)
  for (const id of ids) {
    desk.tell(2, sample.intent('aws', id, { presented: token, session: { role, endsAt } }))
    desk.tell(2, sample.issuance('aws', id, { use: sample.useId(9) }))
  }
  return desk
}
const session = (changes: Partial<SessionOnRecord> = {}): SessionOnRecord => ({
  ...{ eventId: 'e1', name: sample.requestId(), at: sample.submittedAt + 2, endsAt },
  tags: { 'hotwork:request': sample.requestId(), 'hotwork:credential': first },
  ...changes,
})
const none: InForce = { denies: [], others: [] }
/** A time at which the last deny has reached IAM. */
const later = sample.submittedAt + 302

test('the denies of a request are of a replaced session, by its credential, and of no live one', () => {
  const replaced: Deny = { tag: 'hotwork:credential', value: first, until: endsAt }
  expect(deniesOf(withSessions(first).state, later)).toEqual(new Map())
  expect(deniesOf(withSessions(first, second).state, later)).toEqual(new Map([[role, [replaced]]]))
})

test('the denies of a request are of a session that was never answered, once another was intended', () => {
  const desk = withSessions()
  desk.tell(2, sample.intent('aws', first, { presented: token, session: { role, endsAt } }))
  expect(deniesOf(desk.state, later)).toEqual(new Map())
  desk.tell(3, sample.intent('aws', second, { presented: token, session: { role, endsAt } }))
  expect([...deniesOf(desk.state, later).values()].flat()).toMatchObject([{ value: first }])
})

test("the denies of a request that has ended are one for all sessions, until the last one's end", () => {
  const desk = withSessions(first, second)
  desk.tell(5, sample.revocation('gus'))
  const all: Deny = { tag: 'hotwork:request', value: sample.requestId(), until: endsAt }
  expect(deniesOf(desk.state, endsAt - 1)).toEqual(new Map([[role, [all]]]))
  expect(deniesOf(desk.state, endsAt)).toEqual(new Map())
})

test('a request that never had a session has no denies', () => {
  expect(deniesOf(new Desk(2).state, later)).toEqual(new Map())
})

test('a halt of a person, an environment or an action denies no session by itself', () => {
  const targets = [
    { kind: 'person', value: 'person:ana' },
    { kind: 'environment', value: 'prod' },
    { kind: 'action', value: 'ssm:PutParameter' },
  ] as const
  for (const target of targets)
    expect(denyOfHalt({ target: target as never, at: sample.submittedAt }, role)).toBeUndefined()
})

const deny: Deny = { tag: 'hotwork:request', value: 'req_1', until: endsAt }
const compare = (inForce: Partial<InForce>, table: readonly Deny[]) =>
  compareDenies({ ...none, ...inForce }, { table, now: sample.submittedAt })

test('denies in IAM that match the table are no finding, in any order', () => {
  const other: Deny = { tag: 'hotwork:agent', value: 'agent:a', issuedBefore: sample.submittedAt + 5, until: endsAt }
  const denies = [
    { tag: other.tag, value: other.value, issuedBefore: sample.submittedAt + 5 },
    { tag: deny.tag, value: deny.value },
  ]
  expect(compare({ denies }, [deny, other])).toEqual([])
})

test('a deny in IAM that is missing, unknown, of another time or unreadable is found by name', () => {
  expect(compare({}, [deny])).toEqual([{ kind: 'deny_missing', what: 'req_1' }])
  expect(compare({ denies: [{ tag: '*', value: '*' }] }, [])).toEqual([{ kind: 'deny_unknown', what: '*' }])
  expect(compare({ denies: [{ ...deny, issuedBefore: 7 }] }, [deny])).toEqual([
    { kind: 'deny_missing', what: 'req_1' },
    { kind: 'deny_unknown', what: 'req_1' },
  ])
  expect(compare({ denies: 'unreadable', others: ['Admin'] }, [deny])).toEqual([
    { kind: 'policy_unknown', what: 'Admin' },
    { kind: 'deny_unreadable', what: 'HotworkDeny' },
  ])
})

test('IAM may lack a deny that is no longer needed', () => {
  expect(compare({}, [{ ...deny, until: sample.submittedAt }])).toEqual([])
})

const ended = withSessions(first)
ended.tell(3, sample.revocation('gus'))
const judge = (
  changes: Partial<SessionOnRecord> = {},
  {
    state,
    intended = [first],
    inForce = none,
    now = later,
  }: Partial<Parameters<typeof judgeSession>[1] & Parameters<typeof judgeSession>[2]> = { state: ended.state },
) => judgeSession(session(changes), { state: state ?? ended.state, intended }, { role, inForce, now })
const notDenied = { kind: 'session_not_denied', what: sample.requestId() }
const unknown = { kind: 'session_unknown', what: sample.requestId() }

test('a session without a deny is found, five minutes after the end of its request', () => {
  expect(judge({}, { now: sample.submittedAt + 303 })).toEqual(notDenied)
  expect(judge({}, { now: sample.submittedAt + 302 })).toBeUndefined()
})

test('a session is no finding after its end, if IAM denies it, or if the denies cannot be read', () => {
  const at = { now: sample.submittedAt + 303 }
  expect(judge({ endsAt: sample.submittedAt + 303 }, at)).toBeUndefined()
  expect(judge({ endsAt: sample.submittedAt + 304 }, at)).toEqual(notDenied)
  expect(judge({}, { ...at, inForce: { ...none, denies: 'unreadable' } })).toBeUndefined()
  const denies = [{ tag: 'hotwork:request', value: sample.requestId() }] as const
  expect(judge({}, { ...at, inForce: { ...none, denies } })).toBeUndefined()
})

test('a session is denied by a deny of all before a time, if it began before that', () => {
  const of = (issuedBefore: number) =>
    judge({}, { now: sample.submittedAt + 303, inForce: { ...none, denies: [{ tag: '*', value: '*', issuedBefore }] } })
  expect([of(sample.submittedAt + 3), of(sample.submittedAt + 2)]).toEqual([undefined, notDenied])
  const other = [{ tag: 'hotwork:request', value: 'req_2' }] as const
  expect(judge({}, { now: sample.submittedAt + 303, inForce: { ...none, denies: other } })).toEqual(notDenied)
})

test('a session is unknown without a request, or with a credential that was never intended', () => {
  expect(judgeSession(session(), { state: undefined, intended: [first] }, { role, inForce: none, now: later })).toEqual(
    unknown,
  )
  expect(judge({}, { intended: [second] })).toEqual(unknown)
  expect(judge({ tags: {} }, { intended: [] })).toEqual(unknown)
  expect(judge({ tags: {} }, { intended: [first] })).toBeUndefined()
})

test('a session belongs to a request by its name alone', () => {
  expect(requestOf({ name: sample.requestId() })).toBe(sample.requestId())
  expect(requestOf({ name: 'botocore-session-1' })).toBeUndefined()
})

test('a request remembers its sessions', () => {
  expect(rememberedIn(withSessions(first, second).state)).toEqual([first, second])
  expect(rememberedIn(new Desk(2).state)).toEqual([])
})
