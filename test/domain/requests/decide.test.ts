import type { Delegator } from '../../../functions/domain/record/request.ts'
import type { AgentId } from '../../../functions/domain/values.ts'
import {
  credentialId,
  decision,
  eligible,
  failed,
  forbid,
  intent,
  issuance,
  minutes,
  person,
  revocation,
  sampleAsk,
  sampleStage,
  submittedAt,
  wake,
  withdrawal,
} from '../../support/ask.ts'
import { Desk, live, type Story } from '../story.ts'

const ask = sampleAsk()
const approve = (name: string, changes = {}) => decision(ask, name, 'approve', changes)
const deny = (name: string, changes = {}) => decision(ask, name, 'deny', changes)
const strong = { login: { acr: 'strong', at: submittedAt } }
/** The facts once these people are no longer eligible for anything. */
const without = (...names: string[]) => ({
  ...eligible,
  ...Object.fromEntries(names.map((name) => [person(name), []])),
})
const token = credentialId(1)

const quorum: readonly Story[] = [
  ['tier 0 is approved at once', 0, [[0, wake, 'approved']]],
  ['one approval fills a stage of one', 1, [[1, approve('ana'), 'approved']]],
  [
    'stages are decided in order, one open at a time',
    2,
    [
      [1, approve('ana'), 'pending'],
      [2, approve('cleo'), 'approved'],
    ],
  ],
  [
    'approvals accumulate until the quorum',
    3,
    [
      [1, approve('ana'), 'pending'],
      [2, approve('sam', strong), 'pending'],
      [3, approve('siri', strong), 'approved'],
    ],
  ],
  [
    'an approver counts once in a stage, through whichever door',
    3,
    [
      [1, approve('ana'), 'pending'],
      [2, approve('sam', strong), 'pending'],
      [3, approve('sam', { ...strong, through: 'chat' }), '!already_decided'],
    ],
  ],
  [
    'an approver counts in one stage of a request, also when eligible for two',
    2,
    [
      [1, approve('ana'), 'pending'],
      [2, approve('ana', { stage: 'sre' }), '!already_decided'],
      [3, approve('cleo'), 'approved'],
    ],
  ],
  [
    'two approvals in the same instant make one approval, and the third is told that it is settled',
    3,
    [
      [1, approve('ana'), 'pending'],
      [2, approve('sam', strong), 'pending'],
      [2, approve('siri', strong), 'approved'],
      [2, approve('siri', strong), '!already_settled'],
    ],
  ],
]

const duties: readonly Story[] = [
  [
    "the owner of the requesting agent never approves, though policy's groups would let them",
    1,
    [[1, approve('dora'), '!self_approval']],
  ],
  ['nor denies it', 1, [[1, deny('dora'), '!self_approval']]],
  ['whoever is eligible for no stage decides nothing', 1, [[1, approve('eve'), '!not_eligible']]],
  ['and denies nothing', 1, [[1, deny('eve'), '!not_eligible']]],
  [
    'one who is eligible only for a later stage does not approve the open one',
    2,
    [[1, approve('cleo'), '!stage_not_open']],
  ],
  ['a later stage is not decided by naming it', 2, [[1, approve('ana', { stage: 'sre' }), '!stage_not_open']]],
  [
    'an earlier stage is not decided once it is filled',
    2,
    [
      [1, approve('ana'), 'pending'],
      [2, approve('ben', { stage: 'owner' }), '!stage_over'],
    ],
  ],
]

const late: readonly Story[] = [
  [
    'one whose stage has all its approvals hears that it is over, not that its turn is to come',
    2,
    [
      [1, approve('ana'), 'pending'],
      [2, approve('ben'), '!stage_over'],
      [3, deny('ben'), 'denied'],
    ],
  ],
  [
    'what was not shown in full is not approved, and can be denied',
    1,
    [
      [1, approve('ana', { cut: true }), '!not_shown_in_full'],
      [2, deny('ana', { cut: true }), 'denied'],
    ],
  ],
]

const binding: readonly Story[] = [
  [
    'a decision is on the digest in force',
    1,
    [[1, approve('ana', { digest: sampleAsk({ uses: 2 }).digest }), '!stale_digest']],
  ],
  [
    'a click carries the first sixteen characters of it',
    1,
    [[1, approve('ana', { digest: ask.digest.slice(0, 16) }), 'approved']],
  ],
  ['and no fewer', 1, [[1, approve('ana', { digest: ask.digest.slice(0, 15) }), '!stale_digest']]],
  ['a denial too is of what was seen', 1, [[1, deny('ana', { digest: 'sha-256:00000000' }), '!stale_digest']]],
  ['a decision is of the round in force', 1, [[1, approve('ana', { round: 2 }), '!stale_round']]],
]

const denial: readonly Story[] = [
  [
    'one denial outweighs earlier approvals',
    3,
    [
      [1, approve('ana'), 'pending'],
      [2, approve('sam', strong), 'pending'],
      [3, deny('siri'), 'denied'],
    ],
  ],
  ['a denial by anyone eligible for any stage settles, whichever is open', 2, [[1, deny('cleo'), 'denied']]],
  ['also by one whom only an escalation would reach', 2, [[1, deny('olga'), 'denied']]],
  ['a denial names a stage of the one who denies', 2, [[1, deny('cleo', { stage: 'owner' }), '!not_eligible']]],
  [
    'nothing comes after a denial',
    2,
    [
      [1, deny('ana'), 'denied'],
      [2, approve('ben'), '!already_settled'],
      [2, deny('cleo'), '!already_settled'],
      [2, withdrawal(), '!invalid_task_state'],
      [2, intent('access_token', token), '!denied'],
    ],
  ],
  [
    'deny beats approve in the same instant, when it comes first',
    1,
    [
      [1, deny('ana'), 'denied'],
      [1, approve('ben'), '!already_settled'],
    ],
  ],
  [
    'and when it comes second',
    1,
    [
      [1, approve('ben'), 'approved'],
      [1, deny('ana'), 'revoked'],
      [1, intent('access_token', token), '!revoked'],
    ],
  ],
  [
    'a late denial revokes the grant and its credentials',
    1,
    [
      [1, approve('ana'), 'approved'],
      [2, intent('access_token', token), 'approved'],
      [3, issuance('access_token', token), 'approved'],
      [4, deny('ben'), 'revoked'],
    ],
  ],
  [
    'one who approved may still stop it',
    2,
    [
      [1, approve('ana'), 'pending'],
      [2, deny('ana'), 'denied'],
    ],
  ],
]

const login: readonly Story[] = [
  [
    'a stage that wants a strong login takes no other',
    3,
    [
      [1, approve('ana'), 'pending'],
      [2, approve('sam'), '!insufficient_login'],
    ],
  ],
  [
    'nor a login that is too old, to the second',
    3,
    [
      [1, approve('ana'), 'pending'],
      [minutes(5) + 1, approve('sam', strong), '!insufficient_login'],
      [minutes(5) + 1, approve('siri', { login: { acr: 'strong', at: submittedAt + 1 } }), 'pending'],
    ],
  ],
  [
    'nor one of unknown age',
    3,
    [
      [1, approve('ana'), 'pending'],
      [2, approve('sam', { login: { acr: 'strong' } }), '!insufficient_login'],
    ],
  ],
  [
    'nor one that has not happened yet: only as far ahead as clocks may differ',
    3,
    [
      [1, approve('ana'), 'pending'],
      [2, approve('sam', { login: { acr: 'strong', at: submittedAt + 2 + 61 } }), '!insufficient_login'],
      [2, approve('sam', { login: { acr: 'strong', at: submittedAt + 9_999_999 } }), '!insufficient_login'],
      [2, approve('sam', { login: { acr: 'strong', at: submittedAt + 2 + 60 } }), 'pending'],
    ],
  ],
  ['stopping wants no strong login', 3, [[1, deny('sam'), 'denied']]],
]

const lost: readonly Story[] = [
  [
    'an approval whose giver is no longer eligible when the last stage fills is dropped, and its stage opens again',
    2,
    [
      [1, approve('ana'), 'pending'],
      [2, approve('cleo', { eligible: without('ana') }), 'pending'],
      [3, approve('ben', { eligible: without('ana') }), 'approved'],
    ],
  ],
  [
    'one who lost the right and has it again may decide again',
    2,
    [
      [1, approve('ana'), 'pending'],
      [2, approve('cleo', { eligible: without('ana') }), 'pending'],
      [3, approve('ana', { eligible: without('ana') }), '!not_eligible'],
      [4, approve('ana'), 'approved'],
    ],
  ],
  [
    'a last approval that policy no longer wants is denied by the system',
    1,
    [[1, approve('ana', { answer: forbid }), 'denied']],
  ],
  ['a policy that cannot be asked denies', 1, [[1, approve('ana', { answer: failed }), 'denied']]],
  [
    'the question is asked when the last stage fills, not before',
    2,
    [
      [1, approve('ana', { answer: forbid }), 'pending'],
      [2, approve('cleo'), 'approved'],
    ],
  ],
]

describe.each([
  ['quorum', quorum],
  ['separation of duties', duties],
  ['an approval too late or unread', late],
  ['binding', binding],
  ['denial', denial],
  ['strength of login', login],
  ['eligibility lost', lost],
] as const)('%s', (_group, stories) => {
  test.each(stories)('%s', (_rule, tier, steps) => {
    live(tier, steps, ask)
  })
})

describe('what the record says of a decision', () => {
  test('a denial by click is of the open stage, where the one who clicks is eligible for several', () => {
    const desk = live(2, [[1, approve('ben'), 'pending']], ask)
    desk.tell(2, deny('ana', { through: 'chat' }))
    expect(desk.last('Decided')).toMatchObject({ stage: 'sre', as: 'sre', verdict: 'deny', through: 'chat' })
  })

  test('a denial by name is of the stage of that name, before one that would escalate to it', () => {
    const stages = [sampleStage('owner', { onSilence: { escalateTo: 'sre', deadline: 60 } }), sampleStage('sre')]
    const desk = new Desk(2, ask, { stages })
    expect(desk.tell(1, deny('cleo', { stage: 'sre' }))).toBe('denied')
    expect(desk.last('Decided')).toMatchObject({ stage: 'sre', as: 'sre' })
  })

  test('it says which policies let the person decide, in what bundle, by what login', () => {
    const desk = live(1, [[1, approve('ana', { login: { acr: 'mfa', at: submittedAt } }), 'approved']], ask)
    expect(desk.last('Decided')).toMatchObject({
      actor: { type: 'person', id: 'person:ana' },
      policies: ['permit-owner'],
      login: { acr: 'mfa', at: submittedAt },
    })
    expect(desk.last('Approved')).toMatchObject({ policies: ['permit-remediation'] })
  })

  test('a system denial says why', () => {
    const forbidden = live(1, [[1, approve('ana', { answer: forbid }), 'denied']], ask)
    expect(forbidden.last('Denied')).toMatchObject({
      by: 'system',
      reason: 'policy_denied',
      policies: ['forbid-freeze'],
    })
    const broken = live(1, [[1, approve('ana', { answer: failed }), 'denied']], ask)
    expect(broken.last('Denied')).toMatchObject({ by: 'system', reason: 'policy_error' })
  })
})

test('no owner in the delegation chain decides', () => {
  const delegator: Delegator = {
    id: 'agent:planner' as AgentId,
    issuer: 'https://agents.example',
    subject: 'planner',
    owner: person('ana'),
  }
  const delegated = sampleAsk({ chain: [delegator] })
  const desk = live(1, [[1, decision(delegated, 'ana', 'approve'), '!self_approval']], delegated)
  expect(desk.tell(2, decision(delegated, 'ben', 'approve'))).toBe('approved')
  expect(desk.last('Submitted')?.actor).toEqual({ type: 'agent', id: 'agent:remediator', chain: ['agent:planner'] })
})

describe('a ladder that cannot be climbed is refused, never walked through', () => {
  test.each([
    ['a quorum of nobody', [sampleStage('owner', { quorum: 0 })]],
    ['a negative quorum', [sampleStage('owner'), sampleStage('sre', { quorum: -1 })]],
    ['a tier above 0 without stages', []],
  ])('%s', (_what, stages) => {
    const desk = new Desk(2, ask, { stages })
    expect(desk.state).toMatchObject({ status: 'denied', deniedBy: 'system', reason: 'no_eligible_approvers' })
    expect(desk.types).toEqual(['Submitted', 'Denied'])
  })
})

test('a person with the right to revoke denies a pending request, twice is once, and another is told so', () => {
  live(
    2,
    [
      [1, revocation('sam'), 'denied'],
      [2, revocation('sam'), 'denied'],
      [3, revocation('siri'), '!already_settled'],
    ],
    ask,
  )
})
