import { type Deny, deniesOf, denyOfHalt } from '../../../functions/domain/credentials/denies.ts'
import {
  compareDenies,
  type InForce,
  judgeSession,
  rememberedIn,
  requestOf,
  type SessionOnRecord,
} from '../../../functions/targets/aws/findings.ts'
import {
  credentialId,
  intent,
  issuance,
  minutes,
  requestId,
  revocation,
  submittedAt,
  useId,
} from '../../support/ask.ts'
import { Desk } from '../story.ts'

/** AWS's denies and sessions, held against the table. */

const role = 'arn:aws:iam::000000000000:role/hotwork/target'
const endsAt = submittedAt + minutes(20)
const [token, first, second] = [credentialId(1), credentialId(2), credentialId(3)]

/** A request with one session, and perhaps a second that took its place. */
function withSessions(...ids: (typeof first)[]): Desk {
  const desk = new Desk(0)
  desk.tell(1, intent('access_token', token))
  desk.tell(1, issuance('access_token', token))
  for (const id of ids) {
    desk.tell(2, intent('aws', id, { presented: token, session: { role, endsAt } }))
    desk.tell(2, issuance('aws', id, { use: useId(9) }))
  }
  return desk
}
const session = (changes: Partial<SessionOnRecord> = {}): SessionOnRecord => ({
  ...{ eventId: 'e1', name: requestId(), at: submittedAt + 2, endsAt },
  tags: { 'hotwork:request': requestId(), 'hotwork:credential': first },
  ...changes,
})
const none: InForce = { denies: [], others: [] }
/** Long enough after the last change that a deny has reached IAM. */
const later = submittedAt + 302

describe('the denies of a request', () => {
  test('are of a session that was replaced, by its credential, and of none that is alive', () => {
    const replaced: Deny = { tag: 'hotwork:credential', value: first, until: endsAt }
    expect(deniesOf(withSessions(first).state, later)).toEqual(new Map())
    expect(deniesOf(withSessions(first, second).state, later)).toEqual(new Map([[role, [replaced]]]))
  })

  test('are of a session that was made and never answered, once another was intended', () => {
    const desk = withSessions()
    desk.tell(2, intent('aws', first, { presented: token, session: { role, endsAt } }))
    expect(deniesOf(desk.state, later)).toEqual(new Map())
    desk.tell(3, intent('aws', second, { presented: token, session: { role, endsAt } }))
    expect([...deniesOf(desk.state, later).values()].flat()).toMatchObject([{ value: first }])
  })

  test('are one for all of its sessions once it has ended, until the last of them has', () => {
    const desk = withSessions(first, second)
    desk.tell(5, revocation('gus'))
    const all: Deny = { tag: 'hotwork:request', value: requestId(), until: endsAt }
    expect(deniesOf(desk.state, endsAt - 1)).toEqual(new Map([[role, [all]]]))
    expect(deniesOf(desk.state, endsAt)).toEqual(new Map())
  })

  test('are none of a request that never had a session', () => {
    expect(deniesOf(new Desk(2).state, later)).toEqual(new Map())
  })
})

test('a halt of a person, an environment or an action denies no session by itself', () => {
  const targets = [
    { kind: 'person', value: 'person:ana' },
    { kind: 'environment', value: 'prod' },
    { kind: 'action', value: 'ssm:PutParameter' },
  ] as const
  for (const target of targets) expect(denyOfHalt({ target: target as never, at: submittedAt }, role)).toBeUndefined()
})

describe('the denies that IAM has', () => {
  const deny: Deny = { tag: 'hotwork:request', value: 'req_1', until: endsAt }
  const compare = (inForce: Partial<InForce>, table: readonly Deny[]) =>
    compareDenies({ ...none, ...inForce }, { table, now: submittedAt })

  test('that are those of the table are no finding, in any order', () => {
    const other: Deny = { tag: 'hotwork:agent', value: 'agent:a', issuedBefore: submittedAt + 5, until: endsAt }
    const denies = [
      { tag: other.tag, value: other.value, issuedBefore: submittedAt + 5 },
      { tag: deny.tag, value: deny.value },
    ]
    expect(compare({ denies }, [deny, other])).toEqual([])
  })

  test('are found by name where one is missing, unknown, of another time, or cannot be read', () => {
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

  test('may lack one that is needed no more', () => {
    expect(compare({}, [{ ...deny, until: submittedAt }])).toEqual([])
  })
})

describe('a session of the target role', () => {
  const ended = withSessions(first)
  ended.tell(3, revocation('gus'))
  const judge = (
    changes: Partial<SessionOnRecord> = {},
    {
      state,
      intended = [first],
      inForce = none,
      now = later,
    }: Partial<Parameters<typeof judgeSession>[1] & Parameters<typeof judgeSession>[2]> = {
      state: ended.state,
    },
  ) => judgeSession(session(changes), { state: state ?? ended.state, intended }, { role, inForce, now })
  const notDenied = { kind: 'session_not_denied', what: requestId() }
  const unknown = { kind: 'session_unknown', what: requestId() }

  test('whose request has ended and that no deny names is found, five minutes after the end', () => {
    expect(judge({}, { now: submittedAt + 303 })).toEqual(notDenied)
    expect(judge({}, { now: submittedAt + 302 })).toBeUndefined()
  })

  test('is no finding once it is over, where IAM denies it, or where the denies cannot be read', () => {
    const at = { now: submittedAt + 303 }
    expect(judge({ endsAt: submittedAt + 303 }, at)).toBeUndefined()
    expect(judge({ endsAt: submittedAt + 304 }, at)).toEqual(notDenied)
    expect(judge({}, { ...at, inForce: { ...none, denies: 'unreadable' } })).toBeUndefined()
    const denies = [{ tag: 'hotwork:request', value: requestId() }] as const
    expect(judge({}, { ...at, inForce: { ...none, denies } })).toBeUndefined()
  })

  test('is denied by a deny of all before a time, and only where it began before that', () => {
    const of = (issuedBefore: number) =>
      judge({}, { now: submittedAt + 303, inForce: { ...none, denies: [{ tag: '*', value: '*', issuedBefore }] } })
    expect([of(submittedAt + 3), of(submittedAt + 2)]).toEqual([undefined, notDenied])
    const other = [{ tag: 'hotwork:request', value: 'req_2' }] as const
    expect(judge({}, { now: submittedAt + 303, inForce: { ...none, denies: other } })).toEqual(notDenied)
  })

  test('is unknown without a request, and with a credential that the request never intended', () => {
    expect(
      judgeSession(session(), { state: undefined, intended: [first] }, { role, inForce: none, now: later }),
    ).toEqual(unknown)
    expect(judge({}, { intended: [second] })).toEqual(unknown)
    expect(judge({ tags: {} }, { intended: [] })).toEqual(unknown)
    expect(judge({ tags: {} }, { intended: [first] })).toBeUndefined()
  })

  test('is that of a request by its name alone', () => {
    expect(requestOf({ name: requestId() })).toBe(requestId())
    expect(requestOf({ name: 'botocore-session-1' })).toBeUndefined()
  })

  test('is remembered by its request', () => {
    expect(rememberedIn(withSessions(first, second).state)).toEqual([first, second])
    expect(rememberedIn(new Desk(2).state)).toEqual([])
  })
})
