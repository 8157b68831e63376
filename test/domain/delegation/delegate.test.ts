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
import { Desk, live, type Step, type Story } from '../story.ts'

const first = credentialId(1)
const second = credentialId(2)
const token = (after: number, id = first): Step[] => [
  [after, intent('access_token', id), 'approved'],
  [after, issuance('access_token', id), 'approved'],
]
const twice = sampleAsk({ uses: 2 })
const withoutAna = { ...eligible, [person('ana')]: [] }

const giving: readonly Story[] = [
  ['a pending request has nothing to give', 1, [[1, delegation(51), '!pending']]],
  ['only its own agent gives', 0, [[1, delegation(51, { agent: otherAgent }), '!unknown_request']]],
  [
    'uses that were given away are gone',
    0,
    [
      ...token(1),
      [2, delegation(51), 'approved'],
      [3, useBegin(first, 1), 'approved'],
      [4, useBegin(first, 2), '!uses_exhausted'],
      [5, delegation(52), '!wider_than_parent'],
    ],
  ],
  [
    'the same child is given it once',
    0,
    [
      [1, delegation(51), 'approved'],
      [2, delegation(51), 'approved'],
      [3, delegation(52), 'approved'],
    ],
  ],
  ['not one use more', 0, [[1, delegation(51, { uses: 3 }), '!wider_than_parent']]],
  ['not one second more', 0, [[1, delegation(51, { notAfter: submittedAt + minutes(75) + 1 }), '!wider_than_parent']]],
  ['the very last second is within', 0, [[1, delegation(51, { notAfter: submittedAt + minutes(75) }), 'approved']]],
  ['not another right', 0, [[1, delegation(51, { within: false }), '!wider_than_parent']]],
  ['nor to itself', 0, [[1, delegation(51, { to: remediator }), '!delegation_cycle']]],
  [
    'what policy forbids is not given, and the grant stays',
    0,
    [
      [1, delegation(51, { answer: forbid }), '!policy_denied'],
      [2, delegation(51, { answer: failed }), '!policy_error'],
      [3, delegation(51), 'approved'],
    ],
  ],
  [
    'an approver who lost the right by then ends the grant',
    1,
    [
      [1, decision(twice, 'ana', 'approve'), 'approved'],
      [2, delegation(51, { eligible: withoutAna }), '!approver_not_eligible'],
      [3, delegation(51), '!revoked'],
    ],
  ],
  [
    'what has ended gives nothing',
    0,
    [
      [1, completion(), 'completed'],
      [2, delegation(51), '!completed'],
    ],
  ],
]

const ending: readonly Story[] = [
  [
    'the end of an ancestor ends it at the next act, for good',
    0,
    [
      ...token(1),
      [2, useBegin(first, 1, { ending: orphaned }), '!ancestor_ended'],
      [3, useBegin(first, 2), '!revoked'],
    ],
  ],
  ['a halt does too', 0, [[1, intent('access_token', first, { ending: halted }), '!halted']]],
  ['also where it is only looked at', 0, [[1, { ...wake, ending: orphaned }, 'revoked']]],
  ['a pending request is denied by it', 1, [[1, decision(twice, 'ana', 'approve', { ending: halted }), '!halted']]],
  [
    'what has ended is not ended again',
    0,
    [
      [1, completion(), 'completed'],
      [2, { ...wake, ending: orphaned }, 'completed'],
    ],
  ],
]

const calling: readonly Story[] = [
  [
    'the one call is begun once; whoever asks again is told to look',
    0,
    [
      ...token(1),
      [2, callBegin(first, 71), 'approved'],
      [3, callBegin(first, 72), '!outcome_unknown'],
      [4, callEnd(71), 'approved'],
      [5, callBegin(first, 73), '!uses_exhausted'],
    ],
  ],
  [
    'how it went is recorded also when the grant ended meanwhile, and once',
    0,
    [
      ...token(1),
      [2, callBegin(first, 71), 'approved'],
      [3, revocation('sam'), 'revoked'],
      [4, callEnd(71, { outcome: 'failed' }), 'revoked'],
      [5, callEnd(71, { outcome: 'failed' }), 'revoked'],
      [6, callEnd(71), '!invalid_task_state'],
    ],
  ],
  [
    'with the token in force',
    0,
    [...token(1), ...token(2, second), [3, callBegin(first, 71), '!credential_superseded']],
  ],
  ['a call that nobody began does not end', 0, [[1, callEnd(71), '!credential_unknown']]],
]

const keys: readonly Story[] = [
  [
    'another key claims only where the registration says so',
    0,
    [
      [1, intent('access_token', first, { jkt: otherKey }), '!key_mismatch'],
      [2, intent('access_token', first, { jkt: otherKey, mayRebind: true }), 'approved'],
      [3, issuance('access_token', first), 'approved'],
      [4, intent('access_token', second), '!key_mismatch'],
    ],
  ],
  [
    'AWS credentials never change a key',
    0,
    [...token(1), [2, intent('aws', second, { jkt: otherKey, presented: first, mayRebind: true }), '!key_mismatch']],
  ],
]

const thieves: readonly Story[] = [
  [
    'another key than the grant’s gives nothing away, and none is taken instead of it',
    0,
    [
      [1, delegation(51, { jkt: otherKey }), '!key_mismatch'],
      [2, delegation(51), 'approved'],
      [3, delegation(51, { jkt: otherKey }), '!key_mismatch'],
    ],
  ],
]

describe('giving away', () => {
  test.each(thieves)('%s', (_rule, tier, steps) => void live(tier, steps, twice))

  test.each(giving)('%s', (_rule, tier, steps) => void live(tier, steps, twice))
})
describe('ending with another', () => {
  test.each(ending)('%s', (_rule, tier, steps) => void live(tier, steps, twice))
})
describe('the one call', () => {
  test.each(calling)('%s', (_rule, tier, steps) => void live(tier, steps, sampleAsk({ credential: 'mediated' })))
  test('is of mediated actions alone', () => {
    live(0, [...token(1), [2, callBegin(first, 71), '!wrong_credential_kind']])
  })
})
describe('the key', () => {
  test.each(keys)('%s', (_rule, tier, steps) => void live(tier, steps, twice))
})

describe('what was delegated', () => {
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

  test('is approved with its parent, asks nobody, and ends when its parent would at the latest', () => {
    const desk = delegated()
    expect(desk.types).toEqual(['Submitted', 'Approved'])
    expect(desk.last('Approved')).toMatchObject({
      claimBy: submittedAt + minutes(20),
      notAfter: submittedAt + minutes(20),
    })
    expect(desk.state.stages[0]?.decisions).toEqual(decisions)
  })

  test('is bound to the first key that it meets, by an entry', () => {
    const desk = delegated()
    expect(desk.tell(1, intent('access_token', first, { jkt: otherKey }))).toBe('approved')
    expect(desk.last('KeyBound')).toMatchObject({ jkt: otherKey, actor: { chain: ['agent:first', 'agent:planner'] } })
    expect(desk.last('KeyBound')?.replaces).toBeUndefined()
    expect(desk.tell(2, intent('access_token', second))).toBe('!key_mismatch')
  })

  test('is bound to the first key that delegates it, by an entry', () => {
    const desk = delegated()
    expect(desk.tell(1, delegation(51, { jkt: otherKey }))).toBe('approved')
    expect(desk.types).toEqual(['Submitted', 'Approved', 'KeyBound', 'Delegated'])
    expect(desk.tell(2, intent('access_token', first))).toBe('!key_mismatch')
  })

  test('counts on its approvers still being eligible', () => {
    expect(delegated().tell(1, intent('access_token', first, { eligible: withoutAna }))).toBe('!approver_not_eligible')
  })

  test('is denied late by those who could have denied its parent, but by no owner along the chain', () => {
    expect(delegated().tell(1, decision(ask, 'ben', 'deny'))).toBe('!self_approval')
    expect(delegated().tell(1, decision(ask, 'ana', 'deny'))).toBe('revoked')
  })

  test('goes on to a third hand, not back, and not to a fifth', () => {
    expect(delegated().tell(1, delegation(51, { to: otherAgent }))).toBe('!delegation_cycle')
    expect(delegated().tell(1, delegation(51, { to: builder }))).toBe('approved')
    const deeper = new Desk(1, { ...ask, chain: through('first', 'planner', 'third') }, { inherits: [] })
    expect(deeper.tell(1, delegation(51, { to: builder }))).toBe('!delegation_too_deep')
  })
})
