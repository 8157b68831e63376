import type { AgentId } from '../../../functions/domain/values.ts'
import {
  builder,
  callBegin,
  callEnd,
  completion,
  credentialId,
  decision,
  delegation,
  eligible,
  failed,
  forbid,
  halted,
  intent,
  issuance,
  minutes,
  orphaned,
  otherAgent,
  otherKey,
  person,
  remediator,
  requestId,
  revocation,
  sampleAsk,
  submit,
  submittedAt,
  useBegin,
  wake,
} from '../../support/ask.ts'
import { Desk, live, type Story, token } from '../story.ts'

const first = credentialId(1)
const second = credentialId(2)
const twice = sampleAsk({ uses: 2 })
const withoutAna = { ...eligible, [person('ana')]: [] }

const stories: readonly Story[] = [
  ['a pending request is not delegated', 1, [1, delegation(51), '!pending']],
  ['only the own agent of a request delegates', 0, [1, delegation(51, { agent: otherAgent }), '!unknown_request']],
  [
    'delegated uses are spent',
    0,
    ...token(1),
    [2, delegation(51), 'approved'],
    [3, useBegin(first, 1), 'approved'],
    [4, useBegin(first, 2), '!uses_exhausted'],
    [5, delegation(52), '!wider_than_parent'],
  ],
  [
    'the same child gets its right once',
    0,
    [1, delegation(51), 'approved'],
    [2, delegation(51), 'approved'],
    [3, delegation(52), 'approved'],
  ],
  ['a delegation has not one use more', 0, [1, delegation(51, { uses: 3 }), '!wider_than_parent']],
  [
    'a delegation has not one second more',
    0,
    [1, delegation(51, { notAfter: submittedAt + minutes(75) + 1 }), '!wider_than_parent'],
  ],
  ['a delegation ends in the last second', 0, [1, delegation(51, { notAfter: submittedAt + minutes(75) }), 'approved']],
  ['a delegation is of no other right', 0, [1, delegation(51, { within: false }), '!wider_than_parent']],
  ['an agent does not delegate to itself', 0, [1, delegation(51, { to: remediator }), '!delegation_cycle']],
  [
    'a delegation that policy forbids is refused, and the grant stays',
    0,
    [1, delegation(51, { answer: forbid }), '!policy_denied'],
    [2, delegation(51, { answer: failed }), '!policy_error'],
    [3, delegation(51), 'approved'],
  ],
  [
    'an approver who lost the right ends the grant at a delegation',
    1,
    [1, decision(twice, 'ana', 'approve'), 'approved'],
    [2, delegation(51, { eligible: withoutAna }), '!approver_not_eligible'],
    [3, delegation(51), '!revoked'],
  ],
  ['a request that has ended is not delegated', 0, [1, completion(), 'completed'], [2, delegation(51), '!completed']],
  [
    'the end of an ancestor ends a request at the next act, for good',
    0,
    ...token(1),
    [2, useBegin(first, 1, { ending: orphaned }), '!ancestor_ended'],
    [3, useBegin(first, 2), '!revoked'],
  ],
  ['a halt ends a request at the next act', 0, [1, intent('access_token', first, { ending: halted }), '!halted']],
  ['a read ends a request whose ancestor has ended', 0, [1, { ...wake, ending: orphaned }, 'revoked']],
  ['a pending request is denied by a halt', 1, [1, decision(twice, 'ana', 'approve', { ending: halted }), '!halted']],
  ['an ended request is not ended', 0, [1, completion(), 'completed'], [2, { ...wake, ending: orphaned }, 'completed']],
  [
    'another key claims only if the registration permits it',
    0,
    [1, intent('access_token', first, { jkt: otherKey }), '!key_mismatch'],
    [2, intent('access_token', first, { jkt: otherKey, mayRebind: true }), 'approved'],
    [3, issuance('access_token', first), 'approved'],
    [4, intent('access_token', second), '!key_mismatch'],
  ],
  [
    'AWS credentials never change a key',
    0,
    ...token(1),
    [2, intent('aws', second, { jkt: otherKey, presented: first, mayRebind: true }), '!key_mismatch'],
  ],
  [
    "another key than the grant's delegates nothing, and does not replace it",
    0,
    [1, delegation(51, { jkt: otherKey }), '!key_mismatch'],
    [2, delegation(51), 'approved'],
    [3, delegation(51, { jkt: otherKey }), '!key_mismatch'],
  ],
]

const calling: readonly Story[] = [
  [
    'the one call begins once, and a second caller is told to look',
    0,
    ...token(1),
    [2, callBegin(first, 71), 'approved'],
    [3, callBegin(first, 72), '!outcome_unknown'],
    [4, callEnd(71), 'approved'],
    [5, callBegin(first, 73), '!uses_exhausted'],
  ],
  [
    'the outcome of a call is recorded once, also after the end of the grant',
    0,
    ...token(1),
    [2, callBegin(first, 71), 'approved'],
    [3, revocation('sam'), 'revoked'],
    [4, callEnd(71, { outcome: 'failed' }), 'revoked'],
    [5, callEnd(71, { outcome: 'failed' }), 'revoked'],
    [6, callEnd(71), '!invalid_task_state'],
  ],
  [
    'a call begins with the token in force',
    0,
    ...token(1),
    ...token(2, second),
    [3, callBegin(first, 71), '!credential_superseded'],
  ],
  ['a call that has not begun does not end', 0, [1, callEnd(71), '!credential_unknown']],
]

test.each(stories)('%s', (_rule, tier, ...steps) => void live(tier, twice, ...steps))
test.each(calling)('%s', (_rule, tier, ...steps) => void live(tier, sampleAsk({ credential: 'mediated' }), ...steps))
test('only a mediated action has a call', () => {
  live(0, sampleAsk(), ...token(1), [2, callBegin(first, 71), '!wrong_credential_kind'])
})

const through = (...names: string[]) =>
  names.map((name) => ({
    id: `agent:${name}` as AgentId,
    issuer: 'https://agents.example',
    subject: name,
    owner: person('ben'),
  }))
const { jkt: _, ...ask } = sampleAsk({
  chain: through('first', 'planner'),
  ancestors: [requestId(40), requestId(41)],
  requestedUntil: submittedAt + minutes(20),
})
const { stages } = submit(ask, 1)
const decisions = [{ person: person('ana'), verdict: 'approve' as const, as: 'owner', at: submittedAt - 60 }]
const delegated = () => new Desk(1, ask, { inherits: stages.map((terms) => ({ terms, decisions })) })

test('a delegated request is approved with its parent, asks no person, and ends with its parent', () => {
  const desk = delegated()
  expect(desk.types).toEqual(['Submitted', 'Approved'])
  expect(desk.last('Approved')).toMatchObject({
    claimBy: submittedAt + minutes(20),
    notAfter: submittedAt + minutes(20),
  })
  expect(desk.state.stages[0]?.decisions).toEqual(decisions)
})

test('a delegated request is bound to the first key that claims it, by an entry', () => {
  const desk = delegated()
  expect(desk.tell(1, intent('access_token', first, { jkt: otherKey }))).toBe('approved')
  expect(desk.last('KeyBound')).toMatchObject({ jkt: otherKey, actor: { chain: ['agent:first', 'agent:planner'] } })
  expect(desk.last('KeyBound')?.replaces).toBeUndefined()
  expect(desk.tell(2, intent('access_token', second))).toBe('!key_mismatch')
})

test('a delegated request is bound to the first key that delegates it, by an entry', () => {
  const desk = delegated()
  expect(desk.tell(1, delegation(51, { jkt: otherKey }))).toBe('approved')
  expect(desk.types).toEqual(['Submitted', 'Approved', 'KeyBound', 'Delegated'])
  expect(desk.tell(2, intent('access_token', first))).toBe('!key_mismatch')
})

test('a delegated request needs eligible approvers', () => {
  expect(delegated().tell(1, intent('access_token', first, { eligible: withoutAna }))).toBe('!approver_not_eligible')
})

test('a delegated request is denied late by people who could deny its parent, but by no owner along the chain', () => {
  expect(delegated().tell(1, decision(ask, 'ben', 'deny'))).toBe('!self_approval')
  expect(delegated().tell(1, decision(ask, 'ana', 'deny'))).toBe('revoked')
})

test('a delegated request passes to a third agent, not back, and not to a fifth', () => {
  expect(delegated().tell(1, delegation(51, { to: otherAgent }))).toBe('!delegation_cycle')
  expect(delegated().tell(1, delegation(51, { to: builder }))).toBe('approved')
  const deeper = new Desk(1, { ...ask, chain: through('first', 'planner', 'third') }, { inherits: [] })
  expect(deeper.tell(1, delegation(51, { to: builder }))).toBe('!delegation_too_deep')
})
