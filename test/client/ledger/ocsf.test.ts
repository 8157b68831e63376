import type { Entry } from '../../../client/ledger/entry.ts'
import { ocsfOf } from '../../../client/ledger/ocsf.ts'
import { HaltEvent } from '../../../functions/domain/halts/halt.ts'
import { LinkEvent } from '../../../functions/domain/people/linking.ts'
import { StandInEvent } from '../../../functions/domain/people/stand-in.ts'
import { PermitEvent } from '../../../functions/domain/permits/permit.ts'
import { Event } from '../../../functions/domain/record/events.ts'
import { wrongBy } from './published-ocsf.ts'

/** Each entry is an event of OCSF 1.8.0, by its published schema. */

const base = {
  id: `req_${'0'.repeat(26)}/7`,
  at: '2027-01-15T08:00:00Z',
  actor: { type: 'agent', id: 'agent:remediator', chain: ['agent:planner'] },
  parent_task: { id: 'INC-1042' },
  resource: { type: 'ssm:parameter', id: 'arn:aws:ssm:us-east-1:000000000000:parameter/prod/x' },
  digest: `sha-256:${'a'.repeat(43)}`,
  policies: ['security.no-hotwork'],
  bundle: `sha-256:${'b'.repeat(43)}`,
  previous: null,
  hash: `sha-256:${'c'.repeat(43)}`,
  v: 2,
}
const entryOf = (type: string, facts: Entry['facts'] = {}, changes: Partial<Entry> = {}): Entry => ({
  ...base,
  type,
  facts,
  ...changes,
})
// biome-ignore lint/suspicious/noExplicitAny: what is made has no type until a test has looked at it
const eventOf = (entry: Entry): any => ocsfOf({ entry, line: JSON.stringify(entry) })

/** The facts of each type that the mapping reads. */
const factsOf: { readonly [type: string]: Entry['facts'] } = {
  Refused: { attempted: 'evaluate', code: 'policy_denied', action: 'ssm:PutParameter' },
  CredentialIssued: { credential: 'crd_1', claim: 'aws', expiresAt: 1_800_000_900 },
  BreakGlassOpened: { ask: { action: 'break-glass:x', breakGlass: { rights: [{ action: 'ssm:PutParameter' }] } } },
  PermitGiven: { agent: 'agent:remediator', action: 'ssm:PutParameter' },
  Halted: { target: { kind: 'agent', value: 'agent:remediator' }, reason: 'INC-1' },
}

const types = [Event, HaltEvent, LinkEvent, StandInEvent, PermitEvent]
  .flatMap(({ options }) => options.map(({ shape }) => shape.type.value as string))
  .concat('Vouched', 'CallsCompared', 'Erased', 'StreamRegistered', 'StreamChanged', 'StreamRemoved')

test.each(types)('an entry %s is valid by the published schema', (type) => {
  expect(wrongBy(eventOf(entryOf(type, factsOf[type])))).toEqual([])
})

test.each(['system', 'person:ana', 'tool:flag-service', 'transmitter:okta'])('an entry by %s is valid', (who) => {
  const actor = who === 'system' ? { type: 'system', id: 'hotwork' } : { type: who.split(':')[0] ?? '', id: who }
  for (const type of ['Submitted', 'Refused', 'CredentialIssued', 'PermitGiven', 'Halted'])
    expect(wrongBy(eventOf(entryOf(type, factsOf[type], { actor })))).toEqual([])
})

test.each([`hlt_${'0'.repeat(26)}/1`, `sin_${'0'.repeat(26)}/1`, 'person:ana/3', 'agent:builder/1', 'tool:x/2'])(
  'an entry on the record %s is valid',
  (id) => {
    for (const type of ['Lifted', 'Refused', 'Linked'])
      expect(wrongBy(eventOf(entryOf(type, factsOf[type], { id })))).toEqual([])
  },
)

test('an entry without task, resource, digest and policies is valid', () => {
  const bare = { parent_task: null, resource: null, digest: null, policies: [] }
  for (const type of types) expect(wrongBy(eventOf(entryOf(type, factsOf[type], bare)))).toEqual([])
})

test('a type that this version does not know is a base event, and has its name', () => {
  const event = eventOf(entryOf('Blessed'))
  expect(wrongBy(event)).toEqual([])
  expect(event).toMatchObject({ class_uid: 0, activity_id: 99, activity_name: 'Blessed' })
})

test.each(['constructor', '__proto__', 'toString'])('a type with the name `%s` is a base event', (type) => {
  expect(eventOf(entryOf(type))).toMatchObject({ class_uid: 0, activity_name: type, severity_id: 1 })
})

test('a known type is no base event', () => {
  expect(types.filter((type) => eventOf(entryOf(type, factsOf[type])).class_uid === 0)).toEqual([])
})

test('a refusal is a failed call that was denied, by which policy and for which reason', () => {
  expect(eventOf(entryOf('Refused', { ...factsOf['Refused'], reason: 'x' }))).toMatchObject({
    ...{ class_uid: 6003, status_id: 2, status_code: 'policy_denied', action_id: 2, disposition_id: 2 },
    actor: { user: { uid: 'agent:remediator', type_id: 4 } },
    api: { operation: 'evaluate', response: { error: 'policy_denied' } },
    authorizations: [{ decision: 'Denied', policy: { uid: 'security.no-hotwork' } }],
    metadata: { uid: base.id, sequence: 7, correlation_uid: `req_${'0'.repeat(26)}`, version: '1.8.0' },
    unmapped: { action: 'ssm:PutParameter', parent_task: 'INC-1042' },
  })
})

test('a credential is a session with its end, and the event has the entry itself, to be verified', () => {
  const entry = entryOf('CredentialIssued', factsOf['CredentialIssued'])
  const event = eventOf(entry)
  expect(event).toMatchObject({ class_uid: 3003, session: { uid: 'crd_1', expiration_time: 1_800_000_900_000 } })
  expect(JSON.parse(event.raw_data)).toEqual(entry)
})

test('a halt that a transmitter declared suspends what it stops, and is by a service, not by a person', () => {
  const event = eventOf(
    entryOf('Halted', factsOf['Halted'], {
      id: `hlt_${'0'.repeat(26)}/1`,
      actor: { type: 'transmitter', id: 'transmitter:okta' },
    }),
  )
  expect(wrongBy(event)).toEqual([])
  expect(event).toMatchObject({
    ...{ class_uid: 3004, activity_id: 12, severity_id: 4, entity: { uid: 'agent:remediator', type: 'agent' } },
    actor: { user: { uid: 'transmitter:okta', name: 'okta', type_id: 4, type: 'Service' } },
  })
})

test('an entry of calls beyond the approval is of high severity', () => {
  const severity = (extraCalls: number) => eventOf(entryOf('CallsCompared', { extraCalls })).severity_id
  expect([severity(2), severity(0)]).toEqual([4, 1])
})

test('the published schema finds an unknown member, a missing one, and a value of another kind', () => {
  const event = eventOf(entryOf('Submitted'))
  const { metadata: _, ...without } = event
  for (const wrong of [{ ...event, surprise: 1 }, without, { ...event, time: 'now' }, { ...event, activity_id: 77 }])
    expect(wrongBy(wrong)).not.toEqual([])
})
