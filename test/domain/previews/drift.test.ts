import { isGuarded, isOtherState } from '../../../functions/domain/previews/drift.ts'
import type { ReadAgain } from '../../../functions/domain/record/commands.ts'
import { outcomeOfPreview, type Preview, previewOfSteps, stateOf } from '../../../functions/domain/record/preview.ts'
import {
  agentKey,
  callBegin,
  credentialId,
  decision,
  delegation,
  eligible,
  forbid,
  intent,
  issuance,
  minutes,
  narrowing,
  preview,
  readAgain,
  sampleAsk,
  sampleStage,
  submittedAt,
  tiers,
  unread,
  useBegin,
  useId,
  wake,
} from '../../support/ask.ts'
import { Desk } from '../story.ts'

const ask = sampleAsk({ credential: 'token', uses: 2 })
const desk = (tier: number, of = ask) => new Desk(tier, of, { preview: preview('a') })
const read = (reading: ReadAgain) => ({ reading })

test('a decision covers the state in the request', () => {
  const it = desk(1)
  it.tell(10, decision(ask, 'ana', 'approve'))
  expect(it.last('Decided')?.state).toBe(preview('a').state)
  expect(it.state.stages[0]?.decisions[0]?.state).toBe(preview('a').state)
})

test('a decision that would open the next stage on another state is not counted, and all are asked again', () => {
  const it = desk(2)
  expect(it.tell(10, decision(ask, 'ana', 'approve', read(readAgain('b', 2))))).toBe('!state_changed')
  expect(it.types.slice(2)).toEqual(['StateChanged', 'StageOpened', 'Refused'])
  expect(it.state).toMatchObject({ status: 'pending', round: 2, tier: 2, preview: preview('b') })
  expect(it.state.stages.flatMap(({ decisions }) => decisions)).toEqual([])
  expect(it.state.drifts).toEqual([{ at: submittedAt + 10, from: preview('a'), approvers: [] }])
})

test('a drift keeps no tree of a change set, so that a record holds one, and has room for the largest', () => {
  const tree = { rows: [{ action: 'add' as const, type: 'AWS::SNS::Topic', id: 'Alarms' }] }
  const read = { ...preview('a'), run: { tree } }
  const it = new Desk(2, ask, { preview: read })
  it.tell(
    10,
    decision(ask, 'ana', 'approve', { reading: { ...readAgain('b', 2), preview: { ...preview('b'), run: { tree } } } }),
  )
  expect(it.state.drifts?.[0]?.from).toEqual({ ...read, run: {} })
  expect(it.state.preview).toMatchObject({ run: { tree } })
})

const facts = (value: number): Preview => ({
  outcome: 'none',
  observedAt: submittedAt,
  reach: [{ label: 'tasks', value }],
})

test('facts without a preview guard nothing: a decision and a claim hold, also after another reading', () => {
  const it = new Desk(1, ask, { preview: facts(24) })
  expect(it.tell(10, decision(ask, 'ana', 'approve', read(readAgain('b', 1))))).toBe('approved')
  expect(isGuarded(it.state, 'access_token')).toBe(false)
  expect(isOtherState(it.state, { preview: facts(7) })).toBe(false)
  expect(outcomeOfPreview(it.state.preview)).toBe('none')
})

test('facts of steps without a preview are no state of a plan, and change that of no other step', () => {
  const seen = { step: 1, preview: preview('a') }
  const alone = { step: 2, preview: facts(24) }
  expect(previewOfSteps([alone])).toEqual({ outcome: 'none', observedAt: submittedAt, steps: [alone] })
  expect(stateOf(previewOfSteps([seen, alone]))).toBe(stateOf(previewOfSteps([seen])))
})

test('a decision of an earlier round does not count', () => {
  const it = desk(2)
  it.tell(10, decision(ask, 'ana', 'approve', read(readAgain('b', 2))))
  expect(it.tell(20, decision(ask, 'ana', 'approve'))).toBe('!stale_round')
  expect(it.tell(30, decision(ask, 'ana', 'approve', { round: 2, ...read(readAgain('b')) }))).toBe('pending')
  expect(it.last('Decided')?.state).toBe(preview('b').state)
})

test('a decision on the last stage reads nothing, since the claim reads again', () => {
  const it = desk(1)
  expect(it.tell(10, decision(ask, 'ana', 'approve', read(readAgain('b', 1))))).toBe('approved')
})

test('a decision that fills no stage reads nothing', () => {
  const it = new Desk(3, ask, {
    preview: preview('a'),
    stages: [sampleStage('owner', { quorum: 2 }), sampleStage('sre')],
  })
  expect(it.tell(10, decision(ask, 'ana', 'approve', read(readAgain('b', 3))))).toBe('pending')
  expect(it.tell(11, decision(ask, 'ben', 'approve', read(readAgain('b', 3))))).toBe('!state_changed')
  expect(it.state.drifts?.[0]?.approvers).toEqual(['person:ana'])
})

test.each([
  ['the reading fails', unread],
  ['nothing is read', undefined],
  ['the state is the same', readAgain('a')],
])('a decision counts where %s, since the issue reads again', (_, reading) => {
  const it = desk(2)
  expect(it.tell(10, decision(ask, 'ana', 'approve', reading && read(reading)))).toBe('pending')
  expect(it.last('StageOpened')).toMatchObject({ stage: 'sre' })
  expect(it.state.preview).toEqual(preview('a'))
})

test('a denial settles on any state', () => {
  const it = desk(2)
  expect(it.tell(10, decision(ask, 'ana', 'deny', read(readAgain('b', 2))))).toBe('denied')
})

test('a decision by a person who may not decide changes nothing, on any state', () => {
  const it = desk(2)
  expect(it.tell(10, decision(ask, 'eve', 'approve', read(readAgain('b', 2))))).toBe('!not_eligible')
  expect(it.state.round).toBe(1)
})

test('a drift keeps `decideBy`', () => {
  const it = desk(2)
  const decideBy = it.state.status === 'pending' && it.state.decideBy
  it.tell(minutes(29), decision(ask, 'ana', 'approve', read(readAgain('b', 2))))
  expect(it.state).toMatchObject({ decideBy })
  expect(it.last('StageOpened')?.deadline).toBe(submittedAt + minutes(59))
})

const less = { narrowed: narrowing(ask, { uses: 1 }, 2) }

test('a narrowing shows its values beside the same reading', () => {
  const it = desk(2)
  const left = preview('a', { after: { Value: '1000' } })
  it.tell(10, decision(ask, 'ana', 'approve', { ...less, reading: { preview: left } }))
  expect(it.state).toMatchObject({ round: 2, preview: left })
  expect(it.last('Decided')?.state).toBe(left.state)
})

test('a narrowing on another state is not counted', () => {
  const it = desk(2)
  expect(it.tell(10, decision(ask, 'ana', 'approve', { ...less, ...read(readAgain('b', 2)) }))).toBe('!state_changed')
  expect(it.state.ask.uses).toBe(2)
})

test('a narrowing without a reading is refused, and may be tried again', () => {
  const it = desk(2)
  expect(it.tell(10, decision(ask, 'ana', 'approve', { ...less, ...read(unread) }))).toBe('!state_unreadable')
  expect(it.state).toMatchObject({ round: 1, preview: preview('a') })
})

test('a narrowing is counted apart from drifts', () => {
  const it = desk(2)
  for (const [n, state] of ['b', 'c', 'd'].entries())
    it.tell(10 + n, decision(ask, 'ana', 'approve', { round: n + 1, ...read(readAgain(state, 2)) }))
  expect(it.tell(20, decision(ask, 'ana', 'approve', { ...less, round: 4, ...read(readAgain('d')) }))).toBe('pending')
  expect(it.state).toMatchObject({ round: 5, ask: { uses: 1 } })
})

/** The agent's first act on its right, for each kind of credential. */
const claims = [
  ['a token', 'token', (reading?: ReadAgain) => intent('access_token', credentialId(1), reading && read(reading))],
  [
    'AWS credentials',
    'sts',
    (reading?: ReadAgain) =>
      intent('aws', credentialId(11), { presented: credentialId(1), ...(reading && { reading }) }),
  ],
  ['a mediated call', 'mediated', (reading?: ReadAgain) => callBegin(credentialId(1), 71, reading && read(reading))],
] as const

describe.each(claims)('at %s', (_, credential, claim) => {
  const of = sampleAsk({ credential, uses: 2 })
  /** An approved request with the access token that the act needs. */
  function approved(tier = 1): Desk {
    const it = desk(tier, of)
    if (tier === 1) it.tell(10, decision(of, 'ana', 'approve'))
    if (credential === 'token') return it
    it.claim(20)
    return it
  }

  test('the same state goes on, and the entry names it', () => {
    const it = approved()
    expect(it.tell(30, claim(readAgain('a')))).toBe('approved')
    expect(it.events.at(-1)).toMatchObject({ state: preview('a').state })
  })

  test('another state asks people again: the grant goes, and so do the approvals', () => {
    const it = approved()
    expect(it.tell(30, claim(readAgain('b', 1)))).toBe('!state_changed')
    expect(it.types.slice(-3)).toEqual(['StateChanged', 'StageOpened', 'Refused'])
    expect(it.state).toMatchObject({ status: 'pending', round: 2, preview: preview('b') })
    expect(it.state).not.toHaveProperty('grant')
    expect(it.state.drifts).toEqual([
      { at: submittedAt + 30, from: preview('a'), approvers: ['person:ana'], approved: true },
    ])
    expect(it.state).toMatchObject({ decideBy: submittedAt + 30 + minutes(30) })
    expect(it.tell(40, claim(readAgain('b')))).toBe('!pending')
  })

  test('a claim goes on once people have decided on the present state', () => {
    const it = approved()
    it.tell(30, claim(readAgain('b', 1)))
    expect(it.tell(40, decision(of, 'ana', 'approve', { round: 2 }))).toBe('approved')
    if (credential !== 'token') {
      // The token of the earlier grant is void.
      expect(it.tell(41, claim(readAgain('b')))).toBe('!credential_superseded')
      it.claim(42)
    }
    expect(it.tell(50, claim(readAgain('b')))).toBe('approved')
  })

  test.each([
    ['the reading fails', unread],
    ['nothing is read', undefined],
  ])('a claim is refused where %s, and the grant stays', (_name, reading) => {
    const it = approved()
    expect(it.tell(30, claim(reading))).toBe('!state_unreadable')
    expect(it.state).toMatchObject({ status: 'approved', round: 1 })
    expect(it.tell(31, claim(readAgain('a')))).toBe('approved')
  })

  test('the next claim succeeds if no person has to be asked', () => {
    const it = approved(0)
    expect(it.tell(30, claim(readAgain('b', 0)))).toBe('!state_changed')
    expect(it.types.slice(-3)).toEqual(['StateChanged', 'Approved', 'Refused'])
    expect(it.state).toMatchObject({ status: 'approved', round: 2, preview: preview('b') })
  })

  test('a higher rung is asked if policy now requires it, and never a lower one', () => {
    const up = approved()
    up.tell(30, claim(readAgain('b', 2)))
    expect(up.state).toMatchObject({ status: 'pending', tier: 2 })
    const down = approved()
    down.tell(30, claim(readAgain('b', 0)))
    expect(down.state).toMatchObject({ status: 'revoked', reason: 'no_eligible_approvers' })
  })

  test('a grant ends if policy would now refuse the ask', () => {
    const it = approved()
    expect(it.tell(30, claim({ preview: preview('b'), again: { ok: false, code: 'policy_denied' } }))).toBe(
      '!state_changed',
    )
    expect(it.state).toMatchObject({ status: 'revoked', revokedBy: 'system', reason: 'policy_denied' })
  })

  test('a claim that policy refuses opens no round', () => {
    const it = approved()
    expect(it.tell(30, { ...claim(readAgain('b', 1)), answer: forbid })).toBe('!policy_denied')
    expect(it.state.round).toBe(1)
  })

  test('a request without a state, and one whose state was never read, is not guarded', () => {
    for (const found of [undefined, unread.preview]) {
      const it = new Desk(0, of, found && { preview: found })
      if (credential !== 'token') {
        it.claim(20)
      }
      expect(it.tell(30, claim())).toBe('approved')
    }
  })

  test('a state that never rests ends a grant after three rounds', () => {
    const it = approved(0)
    const again = () => {
      if (credential === 'token') return
      it.claim(40)
    }
    for (const state of ['b', 'c', 'd']) {
      expect(it.tell(40, claim(readAgain(state, 0)))).toBe('!state_changed')
      again()
    }
    expect(it.state).toMatchObject({ status: 'approved', round: 4 })
    expect(it.tell(41, claim(readAgain('e', 0)))).toBe('!state_changed')
    expect(it.state).toMatchObject({ status: 'revoked', revokedBy: 'system', reason: 'state_changed' })
  })

  test('a new round never outlives the end that was asked for', () => {
    const until = submittedAt + minutes(20)
    const short = sampleAsk({ credential, requestedUntil: until })
    const it = desk(1, short)
    it.tell(10, decision(short, 'ana', 'approve'))
    if (credential !== 'token') {
      it.claim(20)
    }
    it.tell(30, claim(readAgain('b', 1)))
    expect(it.state).toMatchObject({ status: 'pending', decideBy: until })
    expect(it.tell(minutes(20), wake)).toBe('expired')
  })
})

test('a pending state that never rests ends after three rounds', () => {
  const it = desk(2)
  for (const [n, state] of ['b', 'c', 'd', 'e'].entries())
    expect(it.tell(10, decision(ask, 'ana', 'approve', { round: n + 1, ...read(readAgain(state, 2)) }))).toBe(
      '!state_changed',
    )
  expect(it.state).toMatchObject({ status: 'denied', deniedBy: 'system', reason: 'state_changed' })
})

test('a second token is issued without a reading', () => {
  const it = desk(0)
  it.tell(10, intent('access_token', credentialId(1), read(readAgain('a'))))
  it.tell(11, issuance('access_token', credentialId(1)))
  expect(it.tell(20, intent('access_token', credentialId(2)))).toBe('approved')
})

test('AWS credentials are renewed without a reading', () => {
  const of = sampleAsk({ credential: 'sts' })
  const it = desk(0, of)
  it.claim(10)
  it.tell(12, intent('aws', credentialId(11), { presented: credentialId(1), ...read(readAgain('a')) }))
  it.tell(13, issuance('aws', credentialId(11), { use: useId(1) }))
  expect(it.tell(20, intent('aws', credentialId(12), { presented: credentialId(1) }))).toBe('approved')
})

test('a tool begins its uses without a reading', () => {
  const it = desk(0)
  it.tell(10, intent('access_token', credentialId(1), read(readAgain('a'))))
  it.tell(11, issuance('access_token', credentialId(1)))
  expect(it.tell(20, useBegin(credentialId(1), 1))).toBe('approved')
})

test('a delegation ends with its grant in a drift', () => {
  const it = desk(0)
  it.tell(10, delegation(51))
  expect(it.tell(20, intent('access_token', credentialId(1), read(readAgain('b', 0))))).toBe('!state_changed')
  expect(it.state).toMatchObject({ status: 'revoked', reason: 'state_changed', grant: { delegations: [{}] } })
})

test('an AWS session that was perhaps never answered ends with its grant in a drift', () => {
  const of = sampleAsk({ credential: 'sts' })
  const it = desk(0, of)
  it.claim(10)
  const session = { role: 'target', endsAt: submittedAt + 900 }
  it.tell(12, intent('aws', credentialId(11), { presented: credentialId(1), session, ...read(readAgain('a')) }))
  const late = { presented: credentialId(1), session, ...read(readAgain('b', 0)) }
  expect(it.tell(20, intent('aws', credentialId(12), late))).toBe('!state_changed')
  expect(it.state).toMatchObject({ status: 'revoked', grant: { sessions: [{ credential: credentialId(11) }] } })
})

test('an approver who lost the right ends the grant, on any state', () => {
  const it = desk(1)
  it.tell(10, decision(ask, 'ana', 'approve'))
  const lost = { ...eligible, 'person:ana': [] }
  const claim = intent('access_token', credentialId(1), { eligible: lost, jkt: agentKey, ...read(readAgain('b', 1)) })
  expect(it.tell(20, claim)).toBe('!approver_not_eligible')
  expect(it.state.status).toBe('revoked')
})

test("a delegated request is compared with the state of its parent's approval", () => {
  const inherits = [
    {
      terms: tiers[1]?.[0] ?? sampleStage('owner'),
      decisions: [{ person: 'person:ana' as never, verdict: 'approve' as const, as: 'owner', at: submittedAt - 60 }],
    },
  ]
  const it = new Desk(1, ask, { preview: preview('a'), inherits })
  expect(it.state.status).toBe('approved')
  expect(it.tell(10, intent('access_token', credentialId(1), read(readAgain('b', 1))))).toBe('!state_changed')
  expect(it.state).toMatchObject({ status: 'pending', round: 2, stages: [{ decisions: [] }] })
})
