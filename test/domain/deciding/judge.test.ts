import { endingOf } from '../../../functions/domain/deciding/endings.ts'
import type { Gathered, Occasion } from '../../../functions/domain/deciding/gathered.ts'
import { judge } from '../../../functions/domain/deciding/judge.ts'
import { judgeDecision } from '../../../functions/domain/deciding/judge-decision.ts'
import type { Halt } from '../../../functions/domain/halts/halt.ts'
import type { StandIn } from '../../../functions/domain/people/stand-in.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { Answer, PolicyAnswers, Question } from '../../../functions/domain/policy/question.ts'
import type { Command } from '../../../functions/domain/record/commands.ts'
import { replay } from '../../../functions/domain/record/evolve.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { decide } from '../../../functions/domain/requests/decide.ts'
import { takeDecision } from '../../../functions/domain/requests/take-decision.ts'
import type { HaltId, PersonId, StandInId } from '../../../functions/domain/values.ts'
import {
  submittedAt as at,
  decision,
  forbid,
  permit,
  preview,
  requestId,
  sampleAsk,
  submit,
} from '../../support/ask.ts'
import { withPerson } from '../../support/bundles.ts'
import { person, sampleBundle } from '../../support/world.ts'

/** A judgement follows from policy and from the facts that were read. */

const bundle = sampleBundle()
const [ana, ben, dan, eve, gus] = [person('ana'), person('ben'), person('dan'), person('eve'), person('gus')]
const nothing: Gathered = { ancestors: [], halts: [], standIns: [] }
const asking: Occasion = { moment: 'request', now: at }

type OfPerson = Question & { kind: 'person' }
/** A policy that permits people by `may`, each with a policy id of their own, and permits all agents. */
function answering(may: (question: OfPerson) => boolean, of: Bundle = bundle, action: Answer = permit) {
  const asked: Question[] = []
  const policy: PolicyAnswers = {
    bundle: of,
    ask(question) {
      asked.push(question)
      if (question.kind !== 'person') return action
      return { permit: may(question), policies: [`of-${question.person.id}`] }
    },
  }
  return { asked, policy }
}
const { policy: lenient } = answering(() => true)
const owners = (...people: PersonId[]) =>
  answering(({ person: { id }, stage }) => stage === 'owner' && people.includes(id)).policy

function after(state: ApprovalRequest | undefined, ...commands: Command[]): ApprovalRequest {
  const made = commands.reduce((before, each) => replay(decide(before, each, at).events, before), state)
  if (!made) throw new Error('nothing was made')
  return made
}
const ask = sampleAsk({ owner: dan })
const pending = after(undefined, submit(ask, 2))
const eligible = { [ana]: ['owner'], [eve]: ['sre'] }
const byAna = after(pending, decision(ask, 'ana', 'approve', { eligible }))
const approved = after(byAna, decision(ask, 'eve', 'approve', { eligible }))
/** Approved at the first stage by ben, as the stand-in of ana. */
const byBen = after(
  pending,
  decision(ask, 'ben', 'approve', { eligible: { [ben]: ['owner'] }, standsFor: { owner: ana } }),
)

const haltOf = (id: PersonId, changes: Partial<Halt> = {}): Halt => ({
  ...{ id: `hlt_${id}` as HaltId, target: { kind: 'person', value: id } },
  ...{ reason: 'an exercise', by: gus, at },
  ...changes,
})
const lifted = (id: PersonId) => haltOf(id, { lifted: { by: gus, at } })
const standIn = (absent: PersonId, changes: Partial<StandIn> = {}): StandIn => ({
  ...{ id: `sti_${absent}` as StandInId, by: ben, for: absent, at: at - 1, from: at - 1, until: at + 60 },
  ...changes,
})

const decided = (policy: PolicyAnswers, read: Partial<Gathered>, state = pending, decider = ben) =>
  judge(policy, state, { ...nothing, standIns: [standIn(ana)], ...read }, { ...asking, decider })

test('a stand-in decides what the absent person may decide, by the policies that let them', () => {
  const login = { acr: 'strong', at: at - 1 }
  expect(decided(owners(ana), { standIns: [standIn(ana, { login })] })).toMatchObject({
    eligible: { [ana]: ['owner'], [ben]: ['owner'] },
    standsFor: { owner: ana },
    givenBy: { [ana]: { at: at - 1, login } },
    permittedBy: { owner: [`of-${ana}`] },
  })
})

test('a stand-in is used only for rights that policy passes on and that the decider lacks', () => {
  const kept = answering(({ person: { id }, stage, inSteadBy }) => id === ana && stage === 'owner' && !inSteadBy)
  for (const policy of [kept.policy, owners(ana, ben)]) expect(decided(policy, {})).not.toHaveProperty('standsFor')
  expect(decided(kept.policy, {}).eligible[ben]).toEqual([])
})

test('a stand-in who is inactive, or answers for the asking agent, decides for no person', () => {
  const without = withPerson(ben, { status: 'inactive' }, bundle)
  expect(decided(answering(({ person: { id } }) => id === ana, without).policy, {})).not.toHaveProperty('standsFor')
  expect(decided(owners(ana), {}, pending, dan)).not.toHaveProperty('standsFor')
})

test('a stand-in uses the right of a person who has not decided before that of one who has', () => {
  const of = (...absent: PersonId[]) =>
    decided(owners(ana, eve), { standIns: absent.map((each) => standIn(each)) }, byAna).standsFor
  expect([of(ana, eve), of(eve, ana), of(ana)]).toEqual([{ owner: eve }, { owner: eve }, { owner: ana }])
})

test('a stand-in counts as an approver while the absent person has the right', () => {
  expect(judge(owners(ana), byBen, nothing, asking).eligible).toEqual({ [ana]: ['owner'], [ben]: ['owner'] })
  expect(judge(owners(), byBen, nothing, asking).eligible).toEqual({ [ana]: [], [ben]: [] })
})

test('a stand-in from before a halt of its giver is dead, also once it is lifted', () => {
  const givenBy = (halts: Halt[], changes = {}) =>
    decided(owners(ana), { halts, standIns: [standIn(ana, changes)] }).standsFor !== undefined
  expect([givenBy([]), givenBy([haltOf(ben, { at: at + 1, lifted: { by: gus, at: at - 5 } })])]).toEqual([true, true])
  expect([givenBy([haltOf(ana)]), givenBy([lifted(ana)]), givenBy([lifted(ana)], { at: at + 1 })]).toEqual([
    false,
    false,
    true,
  ])
})

test('a halted person decides nothing during the halt, and their earlier decisions do not count', () => {
  const rights = (state: ApprovalRequest, ...halts: Halt[]) =>
    judge(owners(ana), state, { ...nothing, halts }, { ...asking, now: at + 6, decider: ana }).eligible[ana]
  const later = haltOf(ana, { lifted: { by: gus, at: at + 5 } })
  expect([rights(pending), rights(pending, haltOf(ana)), rights(pending, later)]).toEqual([['owner'], [], ['owner']])
  expect([rights(byAna, later), rights(byBen, later)]).toEqual([[], []])
})

test('an act keeps the halts of its decider that were lifted before it in the same second', () => {
  const halts = [lifted(ana), lifted(eve)]
  expect(judge(lenient, pending, { ...nothing, halts }, { ...asking, decider: ana }).afterHalts).toEqual([`hlt_${ana}`])
})

test('an act without a decider has no stages, no halts to remember and no stand-in', () => {
  const found = judge(lenient, pending, { ...nothing, halts: [lifted(ana)], standIns: [] }, asking)
  expect(found).toEqual({ answer: permit, eligible: {}, permittedBy: {} })
})

const child = (ancestor = requestId(2)) => ({ ...pending, ask: { ...ask, ancestors: [ancestor] } })
const parent: ApprovalRequest = { ...approved, ask: { ...ask, id: requestId(2) } }

test('an ending is a halt of a target of the request, or of one of its approvers', () => {
  const read = { ...nothing, halts: [haltOf(ana)] }
  expect(endingOf(approved, read, undefined, at)).toEqual({ by: 'halt', id: `hlt_${ana}` })
  expect(endingOf(pending, read, undefined, at)).toBeUndefined()
  const ofRole = { ...nothing, halts: [haltOf(ana, { target: { kind: 'role', value: 'a-role' } })] }
  expect(endingOf(approved, ofRole, 'a-role', at)).toEqual({ by: 'halt', id: `hlt_${ana}` })
  expect(endingOf(approved, ofRole, 'another-role', at)).toBeUndefined()
  const ofAgent = { ...nothing, halts: [haltOf(ana, { target: { kind: 'agent', value: ask.agent.id as never } })] }
  expect(judge(lenient, pending, ofAgent, asking).ending).toEqual({ by: 'halt', id: `hlt_${ana}` })
})

test('an ending is an ancestor that is gone, halted or has lost an approver, and the request ends with the first of them', () => {
  const dead = { by: 'ancestor', id: requestId(2) }
  expect(endingOf(child(), nothing, undefined, at)).toEqual(dead)
  const read = { ...nothing, ancestors: [parent] }
  const judged = judge(lenient, child(), read, asking)
  expect(judged).not.toHaveProperty('ending')
  expect(judged.bound).toBe(parent.status === 'approved' && parent.grant.claimBy)
  expect(judge(owners(eve), child(), read, asking).ending).toEqual(dead)
})

test('an ending is a standing permit that is gone', () => {
  const drawn = { ...pending, ask: { ...ask, standing: 'stp_1' as never } }
  expect(endingOf(drawn, nothing, undefined, at)).toEqual({ by: 'standing_permit', id: 'stp_1' })
})

test('a changed state is judged with the people to ask about it, on no lower rung', () => {
  const shown = { ...pending, preview: preview('a') }
  const seen = (present: Gathered['present']) => judge(lenient, shown, { ...nothing, present }, asking).reading
  expect(seen(undefined)).toBeUndefined()
  expect(seen(preview('a'))).toEqual({ preview: preview('a') })
  expect(seen(preview('b'))).toMatchObject({ preview: preview('b'), again: { ok: true, tier: 2 } })
})

const login = {}
const made = (
  who: PersonId,
  state: ApprovalRequest,
  policy: PolicyAnswers,
  verdict: 'approve' | 'deny' = 'approve',
) => {
  const own = { person: who, verdict, round: 1, digest: ask.digest, through: 'api', login } as const
  return judgeDecision(policy, state, own, nothing, undefined, at)
}
const isOfAgent = ({ kind }: Question) => kind === 'action'

test('a decision that fills the last stage is judged by the question after it', () => {
  const { policy, asked } = answering(() => true, bundle, forbid)
  expect(made(eve, byAna, policy).answer).toEqual({ permit: false, policies: forbid.policies })
  expect(asked.filter(isOfAgent).map((each) => each.kind === 'action' && each.approval.tier)).toEqual([2])
  expect(takeDecision(byAna, { ...made(eve, byAna, policy), bundle: '' }, at)).toMatchObject([
    { type: 'Decided' },
    { type: 'Denied', reason: 'policy_denied' },
  ])
})

test('a decision that fills no stage asks policy nothing about the agent, and permits nothing by itself', () => {
  for (const [who, verdict] of [
    [ana, 'approve'],
    [ana, 'deny'],
    [dan, 'approve'],
  ] as const) {
    const { policy, asked } = answering(() => true)
    expect(made(who, pending, policy, verdict).answer).toEqual({ permit: false, policies: [] })
    expect(asked.filter(isOfAgent)).toEqual([])
  }
})

test("a narrowing is judged by the narrower's rights on the narrower request", () => {
  const less = {
    ok: true,
    ask: { ...ask, uses: 1 },
    tier: 3,
    stages: approved.stages.map(({ terms }) => terms),
  } as const
  const own = { person: ana, verdict: 'approve', round: 1, digest: ask.digest, through: 'api', login } as const
  const atTier = answering(({ request, stage }) => stage === 'owner' && request?.tier === 3)
  const { narrowed } = judgeDecision(atTier.policy, pending, own, nothing, { ...less, policies: [] }, at)
  expect(narrowed).toMatchObject({ eligible: ['owner'], permittedBy: { owner: [`of-${ana}`] } })
  const no = { ok: false, code: 'not_narrower' } as const
  expect(judgeDecision(lenient, pending, own, nothing, no, at).narrowed).toEqual(no)
})
