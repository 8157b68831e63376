import { decide, recordedRefusals } from '../../../functions/domain/requests/decide.ts'
import {
  completion,
  credentialId,
  decision,
  eligible,
  flagService,
  forbid,
  intent,
  minutes,
  otherAgent,
  person,
  revocation,
  sampleAsk,
  submit,
  submittedAt,
  useBegin,
  wake,
} from '../../support/ask.ts'
import { Desk } from '../story.ts'

const ask = sampleAsk()

test.each([
  ['a decision', 1, decision(ask, 'eve', 'approve'), { type: 'person', id: 'person:eve' }, 'approve', 'not_eligible'],
  [
    'a denial, with its verdict',
    1,
    decision(ask, 'dora', 'deny'),
    { type: 'person', id: 'person:dora' },
    'deny',
    'self_approval',
  ],
  [
    'a revocation',
    1,
    revocation('eve', { answer: forbid }),
    { type: 'person', id: 'person:eve' },
    'revoke',
    'not_permitted',
  ],
  [
    'a claim',
    1,
    intent('access_token', credentialId(1)),
    { type: 'agent', id: 'agent:remediator' },
    'intend',
    'pending',
  ],
  [
    'a completion by another agent',
    1,
    completion({ agent: otherAgent }),
    { type: 'agent', id: 'agent:planner' },
    'complete',
    'unknown_request',
  ],
  ['a use by a tool', 1, useBegin(credentialId(1), 1), { type: 'tool', id: flagService }, 'begin_use', 'pending'],
  ['a second submission', 1, submit(ask, 1), { type: 'agent', id: 'agent:remediator' }, 'submit', 'duplicate_request'],
] as const)('a refused attempt is an entry of its actor: %s', (_who, tier, command, actor, attempted, code) => {
  const desk = new Desk(tier, ask)
  const before = desk.state
  expect(desk.tell(1, command)).toBe(`!${code}`)
  expect(desk.last('Refused')).toMatchObject({ actor, attempted, code, at: submittedAt + 1 })
  expect(desk.state).toEqual({ ...before, updatedAt: submittedAt + 1, refusals: { [actor.id]: 1 } })
})

test('a refused attempt names the policies that forbade it', () => {
  const desk = new Desk(0, ask)
  desk.tell(1, intent('access_token', credentialId(1), { answer: forbid }))
  expect(desk.last('Refused')).toMatchObject({ code: 'policy_denied', policies: ['forbid-freeze'] })
})

test('due events come first, then the refusal', () => {
  const desk = new Desk(1, ask)
  desk.tell(minutes(45), decision(ask, 'ana', 'approve'))
  expect(desk.types).toEqual(['Submitted', 'StageOpened', 'Expired', 'Refused'])
})

test('an ending that the attempt found comes with it', () => {
  const desk = new Desk(1, ask)
  desk.tell(1, decision(ask, 'ana', 'approve'))
  desk.tell(2, intent('access_token', credentialId(1), { eligible: { ...eligible, [person('ana')]: [] } }))
  expect(desk.types.slice(-2)).toEqual(['Revoked', 'Refused'])
  expect(desk.state).toMatchObject({ status: 'revoked', revokedBy: 'system', reason: 'approver_not_eligible' })
})

test('refusals are entries after the end too, and change no more than their count', () => {
  const desk = new Desk(1, ask)
  desk.tell(1, decision(ask, 'ana', 'deny'))
  const ended = desk.state
  desk.tell(9, decision(ask, 'ben', 'approve'))
  expect(desk.state).toEqual({ ...ended, updatedAt: submittedAt + 9, refusals: { 'person:ben': 1 } })
})

test('refusals past twenty of one actor on one request are no longer recorded', () => {
  const desk = new Desk(1, ask)
  for (let n = 0; n <= recordedRefusals; n++)
    expect(desk.tell(n, decision(ask, 'eve', 'approve'))).toBe('!not_eligible')
  expect(desk.types.filter((type) => type === 'Refused')).toHaveLength(20)
  expect(desk.tell(30, decision(ask, 'dora', 'approve'))).toBe('!self_approval')
  expect(desk.types.filter((type) => type === 'Refused')).toHaveLength(21)
})

test('a missing request is unknown, and nothing is recorded', () => {
  for (const command of [decision(ask, 'ana', 'approve'), completion(), wake])
    expect(decide(undefined, command, submittedAt)).toEqual({ events: [], refusal: { code: 'unknown_request' } })
})

test('a command that is obeyed without effect records nothing', () => {
  const desk = new Desk(0, ask)
  desk.tell(1, completion())
  const count = desk.events.length
  desk.tell(2, completion())
  desk.tell(3, wake)
  expect(desk.events).toHaveLength(count)
})
