import {
  EventClaims,
  reasonOf,
  type Signal,
  sessionRevoked,
  signalsIn,
  type Transmitter,
  targetsOfSignal,
  transmitterId,
  verification,
} from '../../../functions/domain/halts/signal.ts'
import { person, remediator, submittedAt } from '../../support/ask.ts'
import { withPerson } from '../../support/bundles.ts'
import { sampleBundle } from '../../support/world.ts'

/** A transmitter's events: their subjects, and the halts by them. */

const now = submittedAt
const disabled = 'https://schemas.openid.net/secevent/risc/event-type/account-disabled'
const opaque = (id: string) => ({ format: 'opaque', id })
const claims = (events: object, subject?: object) =>
  EventClaims.parse({ jti: 'one', iat: now, events, ...(subject && { sub_id: subject }) })
const namesOf = (subject: object) => {
  const [signal] = signalsIn(claims({ [disabled]: {} }, subject)) ?? []
  return signal && 'names' in signal ? signal.names : signal
}

test('a token has one to ten events', () => {
  const events = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`event-${n}`, {}]))
  const isTaken = (count: number) => EventClaims.safeParse({ jti: 'one', iat: now, events: events(count) }).success
  expect([0, 1, 10, 11].map(isTaken)).toEqual([false, true, true, false])
})

test.each<[format: string, subject: object, names: object[]]>([
  [
    'iss_sub',
    { format: 'iss_sub', iss: 'https://idp.example', sub: 'a' },
    [{ issuer: 'https://idp.example', subject: 'a' }],
  ],
  ['opaque', opaque('a'), [{ subject: 'a' }]],
  ['email', { format: 'email', email: 'a@example.org' }, [{ subject: 'a@example.org' }]],
  ['account', { format: 'account', uri: 'acct:a@acct:example.org' }, [{ subject: 'a@acct:example.org' }]],
  ['uri', { format: 'uri', uri: 'https://a.example' }, [{ subject: 'https://a.example' }]],
  ['a format that is not known', { format: 'phone_number', phone_number: '+1' }, []],
  ['complex, of a user', { format: 'complex', user: opaque('a'), session: opaque('s') }, [{ subject: 'a' }]],
  ['complex, of an application', { format: 'complex', application: opaque('b') }, [{ subject: 'b' }]],
  ['complex, of a device alone', { format: 'complex', device: opaque('d') }, []],
  [
    'aliases',
    { format: 'aliases', identifiers: [opaque('a'), { format: 'email', email: 'e' }] },
    [{ subject: 'a' }, { subject: 'e' }],
  ],
])('a subject in the format %s is read', (_format, subject, names) => {
  expect(namesOf(subject)).toEqual(names)
})

test.each<[why: string, subject: object | undefined]>([
  ['is missing', undefined],
  ['lacks the member of its format', { format: 'opaque' }],
  ['has an empty id', opaque('')],
  ['has aliases that are no list', { format: 'aliases', identifiers: 'a' }],
  ['has an alias that is not in its format', { format: 'aliases', identifiers: [opaque('a'), { format: 'email' }] }],
  ['has an alias without a format', { format: 'aliases', identifiers: [{ id: 'a' }] }],
  ['is complex, of a user that is not in its format', { format: 'complex', user: { format: 'opaque' } }],
])('an event whose subject %s is not read', (_why, subject) => {
  expect(signalsIn(claims({ [disabled]: {} }, subject))).toBeUndefined()
})

test("a verification, an event of another kind and a person's own logout are ignored", () => {
  const events = {
    [verification]: {},
    'https://example.org/other': {},
    [sessionRevoked]: { initiating_entity: 'user' },
  }
  expect(signalsIn(claims(events))).toEqual([
    { type: verification, because: 'verification' },
    { type: 'https://example.org/other', because: 'not_taken' },
    { type: sessionRevoked, because: 'own_logout' },
  ])
  const byUser = signalsIn(claims({ [disabled]: { initiating_entity: 'user' } }, opaque('a')))
  expect(byUser).toEqual([{ kind: 'account-disabled', names: [{ subject: 'a' }] }])
  expect(signalsIn(claims({ [sessionRevoked]: { initiating_entity: 'admin' } }, opaque('a')))).toEqual([
    { kind: 'session-revoked', names: [{ subject: 'a' }] },
  ])
})

test("a token's subject counts before the event's own, which older transmitters write", () => {
  expect(signalsIn(claims({ [disabled]: { subject: opaque('older') } }))).toMatchObject([
    { names: [{ subject: 'older' }] },
  ])
  const both = signalsIn(claims({ [disabled]: { subject: opaque('older') } }, opaque('newer')))
  expect(both).toMatchObject([{ names: [{ subject: 'newer' }] }])
})

const { directory, agents } = sampleBundle()
const issuers = {
  people: { issuer: 'https://people.example' },
  workloads: { trustDomain: 'prod.example.org' },
} as never
const facts = { directory, agents, deployment: { issuers } }
const transmitter = { subjectsOf: ['people', 'workloads'] } as Transmitter
const halts = (names: Signal['names'], kind: Signal['kind'] = 'account-disabled', at = now, by = transmitter) =>
  targetsOfSignal({ kind, names }, by, facts, at)
const ana = [
  { kind: 'person', value: person('ana') },
  { kind: 'owner', value: person('ana') },
]

test('a signal about a person halts them and their agents; one about a session, the person alone', () => {
  expect(halts([{ subject: 'person-ana' }])).toEqual(ana)
  expect(halts([{ subject: 'person-ana' }], 'session-revoked')).toEqual(ana.slice(0, 1))
})

test('a signal halts an agent by its subject', () => {
  expect(halts([{ subject: 'agent-remediator' }])).toEqual([{ kind: 'agent', value: remediator }])
  const named = { issuer: 'spiffe://prod.example.org', subject: 'agent-remediator' }
  expect(halts([named])).toEqual([{ kind: 'agent', value: remediator }])
})

test('a signal halts each subject once, also if two names are of the same one', () => {
  expect(halts([{ subject: 'person-ana' }, { issuer: 'https://people.example', subject: 'person-ana' }])).toEqual(ana)
})

test('a signal halts no subject of another issuer, and no unknown one', () => {
  expect(halts([{ issuer: 'https://other.example', subject: 'person-ana' }])).toEqual([])
  expect(
    halts([{ subject: 'person-ana' }], 'account-disabled', now, { ...transmitter, subjectsOf: ['workloads'] }),
  ).toEqual([])
  expect(halts([{ subject: 'person-unknown' }])).toEqual([])
})

test('a signal halts a subject by any of its identities, except expired ones', () => {
  const old = { issuer: 'people', subject: 'old-ana', validUntil: now + 1 }
  const two = withPerson(person('ana'), { identities: [old, { issuer: 'people', subject: 'person-ana' }] }).directory
  const signal = { kind: 'session-revoked', names: [{ subject: 'old-ana' }] } as const
  const of = (at: number) => targetsOfSignal(signal, transmitter, { ...facts, directory: two }, at)
  expect(of(now)).toEqual(ana.slice(0, 1))
  expect(of(now + 1)).toEqual([])
})

test('a halt by a signal has its kind for a reason, and its transmitter by alias', () => {
  expect(reasonOf({ kind: 'session-revoked', names: [{ subject: 'a' }] })).toBe('signal `session-revoked`')
  expect(transmitterId('okta')).toBe('transmitter:okta')
})
