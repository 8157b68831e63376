import type { Delegator } from '../../../functions/domain/record/request.ts'
import type { AgentId } from '../../../functions/domain/values.ts'
import * as sample from '../../support/ask.ts'
import { Desk, live, type Story } from '../story.ts'

const ask = sample.sampleAsk()
const approve = (name: string, changes = {}) => sample.decision(ask, name, 'approve', changes)
const deny = (name: string, changes = {}) => sample.decision(ask, name, 'deny', changes)
const strong = { login: { acr: 'strong', at: sample.submittedAt } }
/** The eligibility without these people. */
const without = (...names: string[]) => ({
  ...sample.eligible,
  ...Object.fromEntries(names.map((name) => [sample.person(name), []])),
})
const token = sample.credentialId(1)

const stories: readonly Story[] = [
  ['tier 0 is approved at once', 0, [0, sample.wake, 'approved']],
  ['one approval fills a stage of one', 1, [1, approve('ana'), 'approved']],
  ['stages are decided in order, one at a time', 2, [1, approve('ana'), 'pending'], [2, approve('cleo'), 'approved']],
  [
    'approvals accumulate until the quorum',
    3,
    [1, approve('ana'), 'pending'],
    [2, approve('sam', strong), 'pending'],
    [3, approve('siri', strong), 'approved'],
  ],
  [
    'an approver counts once in a stage, through whichever door',
    3,
    [1, approve('ana'), 'pending'],
    [2, approve('sam', strong), 'pending'],
    [3, approve('sam', { ...strong, through: 'chat' }), '!already_decided'],
  ],
  [
    'an approver counts in one stage of a request, also when eligible for two',
    2,
    [1, approve('ana'), 'pending'],
    [2, approve('ana', { stage: 'sre' }), '!already_decided'],
    [3, approve('cleo'), 'approved'],
  ],
  [
    'two approvals in the same instant make one approval, and the third is told that it is settled',
    3,
    [1, approve('ana'), 'pending'],
    [2, approve('sam', strong), 'pending'],
    [2, approve('siri', strong), 'approved'],
    [2, approve('siri', strong), '!already_settled'],
  ],
  [
    "the owner of the requesting agent never approves, though policy's groups would let them",
    1,
    [1, approve('dora'), '!self_approval'],
  ],
  ['the owner of the requesting agent never denies', 1, [1, deny('dora'), '!self_approval']],
  ['a person who is eligible for no stage does not approve', 1, [1, approve('eve'), '!not_eligible']],
  ['a person who is eligible for no stage does not deny', 1, [1, deny('eve'), '!not_eligible']],
  ['a person of a later stage does not approve the open one', 2, [1, approve('cleo'), '!stage_not_open']],
  ['a later stage is not decided by naming it', 2, [1, approve('ana', { stage: 'sre' }), '!stage_not_open']],
  [
    'an earlier stage is not decided once it is filled',
    2,
    [1, approve('ana'), 'pending'],
    [2, approve('ben', { stage: 'owner' }), '!stage_over'],
  ],
  [
    'a person whose stage is full hears that it is over, and can deny',
    2,
    [1, approve('ana'), 'pending'],
    [2, approve('ben'), '!stage_over'],
    [3, deny('ben'), 'denied'],
  ],
  [
    'a request that was not shown in full is not approved, and can be denied',
    1,
    [1, approve('ana', { cut: true }), '!not_shown_in_full'],
    [2, deny('ana', { cut: true }), 'denied'],
  ],
  [
    'a decision is on the digest in force',
    1,
    [1, approve('ana', { digest: sample.sampleAsk({ uses: 2 }).digest }), '!stale_digest'],
  ],
  ['a click has 16 characters of the digest', 1, [1, approve('ana', { digest: ask.digest.slice(0, 16) }), 'approved']],
  [
    'a click with fewer characters of the digest is refused',
    1,
    [1, approve('ana', { digest: ask.digest.slice(0, 15) }), '!stale_digest'],
  ],
  ['a denial is on the digest in force', 1, [1, deny('ana', { digest: 'sha-256:00000000' }), '!stale_digest']],
  ['a decision is of the round in force', 1, [1, approve('ana', { round: 2 }), '!stale_round']],
  [
    'one denial outweighs earlier approvals',
    3,
    [1, approve('ana'), 'pending'],
    [2, approve('sam', strong), 'pending'],
    [3, deny('siri'), 'denied'],
  ],
  ['a denial by a person eligible for any stage settles', 2, [1, deny('cleo'), 'denied']],
  ['a denial by a person that only an escalation would reach settles', 2, [1, deny('olga'), 'denied']],
  ['a denial names a stage of its decider', 2, [1, deny('cleo', { stage: 'owner' }), '!not_eligible']],
  [
    'nothing comes after a denial',
    2,
    [1, deny('ana'), 'denied'],
    [2, approve('ben'), '!already_settled'],
    [2, deny('cleo'), '!already_settled'],
    [2, sample.withdrawal(), '!invalid_task_state'],
    [2, sample.intent('access_token', token), '!denied'],
  ],
  [
    'a denial beats an approval in the same instant, when it comes first',
    1,
    [1, deny('ana'), 'denied'],
    [1, approve('ben'), '!already_settled'],
  ],
  [
    'a denial beats an approval in the same instant, when it comes second',
    1,
    [1, approve('ben'), 'approved'],
    [1, deny('ana'), 'revoked'],
    [1, sample.intent('access_token', token), '!revoked'],
  ],
  [
    'a late denial revokes the grant and its credentials',
    1,
    [1, approve('ana'), 'approved'],
    [2, sample.intent('access_token', token), 'approved'],
    [3, sample.issuance('access_token', token), 'approved'],
    [4, deny('ben'), 'revoked'],
  ],
  ['a person who approved may still deny', 2, [1, approve('ana'), 'pending'], [2, deny('ana'), 'denied']],
  ['a strong stage takes no weak login', 3, [1, approve('ana'), 'pending'], [2, approve('sam'), '!insufficient_login']],
  [
    'a stage refuses a login that is too old, to the second',
    3,
    [1, approve('ana'), 'pending'],
    [sample.minutes(5) + 1, approve('sam', strong), '!insufficient_login'],
    [sample.minutes(5) + 1, approve('siri', { login: { acr: 'strong', at: sample.submittedAt + 1 } }), 'pending'],
  ],
  [
    'a stage with a maximum age refuses a login of unknown age',
    3,
    [1, approve('ana'), 'pending'],
    [2, approve('sam', { login: { acr: 'strong' } }), '!insufficient_login'],
  ],
  [
    'a stage refuses a login from the future, beyond the difference of clocks',
    3,
    [1, approve('ana'), 'pending'],
    [2, approve('sam', { login: { acr: 'strong', at: sample.submittedAt + 2 + 61 } }), '!insufficient_login'],
    [2, approve('sam', { login: { acr: 'strong', at: sample.submittedAt + 9_999_999 } }), '!insufficient_login'],
    [2, approve('sam', { login: { acr: 'strong', at: sample.submittedAt + 2 + 60 } }), 'pending'],
  ],
  ['a denial needs no strong login', 3, [1, deny('sam'), 'denied']],
  [
    'an approval whose giver is no longer eligible when the last stage fills is dropped, and its stage opens again',
    2,
    [1, approve('ana'), 'pending'],
    [2, approve('cleo', { eligible: without('ana') }), 'pending'],
    [3, approve('ben', { eligible: without('ana') }), 'approved'],
  ],
  [
    'a person who lost the right and regained it may decide again',
    2,
    [1, approve('ana'), 'pending'],
    [2, approve('cleo', { eligible: without('ana') }), 'pending'],
    [3, approve('ana', { eligible: without('ana') }), '!not_eligible'],
    [4, approve('ana'), 'approved'],
  ],
  [
    'a last approval that policy no longer permits is denied by the system',
    1,
    [1, approve('ana', { answer: sample.forbid }), 'denied'],
  ],
  ['a policy that cannot be asked denies', 1, [1, approve('ana', { answer: sample.failed }), 'denied']],
  [
    'the question is asked when the last stage fills, not before',
    2,
    [1, approve('ana', { answer: sample.forbid }), 'pending'],
    [2, approve('cleo'), 'approved'],
  ],
]

test.each(stories)('%s', (_rule, tier, ...steps) => void live(tier, ask, ...steps))

test('a denial by click is of the open stage, where the one who clicks is eligible for several', () => {
  const desk = live(2, ask, [1, approve('ben'), 'pending'])
  desk.tell(2, deny('ana', { through: 'chat' }))
  expect(desk.last('Decided')).toMatchObject({ stage: 'sre', as: 'sre', verdict: 'deny', through: 'chat' })
})

test('a denial by name is of the stage of that name, before one that would escalate to it', () => {
  const stages = [
    sample.sampleStage('owner', { onSilence: { escalateTo: 'sre', deadline: 60 } }),
    sample.sampleStage('sre'),
  ]
  const desk = new Desk(2, ask, { stages })
  expect(desk.tell(1, deny('cleo', { stage: 'sre' }))).toBe('denied')
  expect(desk.last('Decided')).toMatchObject({ stage: 'sre', as: 'sre' })
})

test('an entry of a decision has its policies and its login', () => {
  const desk = live(1, ask, [1, approve('ana', { login: { acr: 'mfa', at: sample.submittedAt } }), 'approved'])
  expect(desk.last('Decided')).toMatchObject({
    actor: { type: 'person', id: 'person:ana' },
    policies: ['permit-owner'],
    login: { acr: 'mfa', at: sample.submittedAt },
  })
  expect(desk.last('Approved')).toMatchObject({ policies: ['permit-remediation'] })
})

test('a system denial says why', () => {
  expect(live(1, ask, [1, approve('ana', { answer: sample.forbid }), 'denied']).last('Denied')).toMatchObject({
    by: 'system',
    reason: 'policy_denied',
    policies: ['forbid-freeze'],
  })
  const broken = live(1, ask, [1, approve('ana', { answer: sample.failed }), 'denied'])
  expect(broken.last('Denied')).toMatchObject({ by: 'system', reason: 'policy_error' })
})

test('no owner in the delegation chain decides', () => {
  const delegator: Delegator = {
    id: 'agent:planner' as AgentId,
    issuer: 'https://agents.example',
    subject: 'planner',
    owner: sample.person('ana'),
  }
  const delegated = sample.sampleAsk({ chain: [delegator] })
  const desk = live(1, delegated, [1, sample.decision(delegated, 'ana', 'approve'), '!self_approval'])
  expect(desk.tell(2, sample.decision(delegated, 'ben', 'approve'))).toBe('approved')
  expect(desk.last('Submitted')?.actor).toEqual({ type: 'agent', id: 'agent:remediator', chain: ['agent:planner'] })
})

test.each([
  ['a quorum of zero', [sample.sampleStage('owner', { quorum: 0 })]],
  ['a negative quorum', [sample.sampleStage('owner'), sample.sampleStage('sre', { quorum: -1 })]],
  ['a tier above 0 without stages', []],
])('a ladder that cannot be climbed is refused: %s', (_what, stages) => {
  const desk = new Desk(2, ask, { stages })
  expect(desk.state).toMatchObject({ status: 'denied', deniedBy: 'system', reason: 'no_eligible_approvers' })
  expect(desk.types).toEqual(['Submitted', 'Denied'])
})

test('a person with the right to revoke denies a pending request, once, and another is told so', () => {
  live(
    2,
    ask,
    [1, sample.revocation('sam'), 'denied'],
    [2, sample.revocation('sam'), 'denied'],
    [3, sample.revocation('siri'), '!already_settled'],
  )
})
