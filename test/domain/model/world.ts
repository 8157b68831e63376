import type { Command, Eligibility, Ending, Narrowing, ReadAgain } from '../../../functions/domain/record/commands.ts'
import type { CredentialId, PersonId, UseId } from '../../../functions/domain/values.ts'
import type { IssuedKind } from '../../../functions/targets/kinds.ts'
import {
  agentKey,
  callBegin,
  callEnd,
  callResolution,
  callReturn,
  comment,
  comparison,
  completion,
  credentialId,
  credentialRevocation,
  decision,
  delegation,
  forbid,
  intent,
  issuance,
  opening,
  otherKey,
  permit,
  permittedBy,
  person,
  preview,
  reviewing,
  revocation,
  submittedAt,
  unread,
  useBegin,
  useEnd,
  useId,
  wake,
  withdrawal,
} from '../../support/ask.ts'
import { type Click, roundsOf, type Scenario } from './scenarios.ts'

/** Everything outside the table: the clock, what policy would say, and how far each attempt to mint has got. */
export type World = {
  /** Seconds after the submission. */
  now: number
  /** Who has lost the right to decide. */
  lost: readonly string[]
  policyForbids: boolean
  /** Intents that were committed, oldest first. A crash is one that nobody takes further; a slow one is taken further late. */
  intended: readonly CredentialId[]
  /** Those of them that were signed, or assumed: they exist, whether or not anybody recorded it. */
  minted: readonly CredentialId[]
  /** Those of them that were answered. */
  answered: readonly CredentialId[]
  /** Calls that were begun, and that whoever began them may still send, by number. A crash is one that nobody sends. */
  calling: readonly number[]
  /** Calls that were sent, whether or not anybody heard of them again. */
  sent: readonly number[]
  /** What has ended it, and is found by whoever reads. It never goes away again. */
  ending: Ending | undefined
  /** Whether those who are to decide in others' stead may. */
  away: boolean
  /** Which of the scenario's states is there: it changes whenever it pleases. */
  there: number
  /** Whether what is there cannot be read. */
  unreadable: boolean
  /** How far the clock has gone before it went back; 0 if it never did. Seconds after the submission. */
  reached: number
}

export const firstWorld: World = {
  now: 0,
  lost: [],
  policyForbids: false,
  intended: [],
  minted: [],
  answered: [],
  calling: [],
  sent: [],
  ending: undefined,
  away: false,
  there: 0,
  unreadable: false,
  reached: 0,
}

/** Something that may happen next: what the world becomes, and a command; `obeyed` is what it becomes if that is obeyed. */
export type Action = { label: string; command?: Command; world?: Partial<World>; obeyed?: Partial<World> }

/** Access tokens are numbered from 1, AWS credentials from 11; 99 is one that nobody intended. */
export const numberOf = (id: CredentialId | UseId) => Number(id.slice(-2))
export const issuedKindOf = (id: CredentialId): IssuedKind => (numberOf(id) > 10 ? 'aws' : 'access_token')
const nameOf = (id: CredentialId) =>
  issuedKindOf(id) === 'aws' ? `AWS session ${numberOf(id) - 10}` : `token ${numberOf(id)}`
const neverIntended = credentialId(99)

/** Who may decide what at this moment by their own right. */
export const eligibleIn = ({ rights }: Scenario, { lost }: World): Eligibility =>
  Object.fromEntries(Object.entries(rights).map(([name, names]) => [person(name), lost.includes(name) ? [] : names]))

/** In whose stead somebody may decide now, if they may. */
export const absentFor = ({ standIns = [] }: Scenario, { away }: World, by: PersonId): PersonId | undefined => {
  const found = away ? standIns.find((each) => person(each.by) === by) : undefined
  return found && person(found.for)
}

/**
 * What is found about people: their own rights, and with those who have decided, or now decide, in somebody's stead
 * that one's rights. A decision that was made so stays when the time for it is over.
 */
function peopleIn(scenario: Scenario, world: World, decider?: PersonId) {
  const own = eligibleIn(scenario, world)
  const absent = decider && absentFor(scenario, world, decider)
  const through: Eligibility = Object.fromEntries(
    (scenario.standIns ?? [])
      .filter(({ by }) => person(by) !== decider || absent)
      .map((each) => [person(each.by), [...(own[person(each.by)] ?? []), ...(own[person(each.for)] ?? [])]]),
  )
  const names = absent === undefined ? [] : (own[absent] ?? [])
  const eligible: Eligibility = { ...own, ...through }
  return {
    eligible,
    ...(absent && names.length > 0 ? { standsFor: Object.fromEntries(names.map((name) => [name, absent])) } : {}),
  }
}

/** All that an act rests on, as it is found at this moment. */
const authorityIn = (scenario: Scenario, world: World, decider?: PersonId) => ({
  ...peopleIn(scenario, world, decider),
  answer: answerIn(world),
  ...endingIn(world),
})
/** What a reading finds at this moment, and which rung would be asked then. */
const readingIn = ({ states }: Scenario, { there, unreadable }: World): { reading?: ReadAgain } => {
  const found = states?.[there]
  if (!found) return {}
  if (unreadable) return { reading: unread }
  const { name, tier, stages } = found
  return { reading: { preview: preview(name), again: { ok: true, tier, stages, policies: ['permit-again'] } } }
}
const endingIn = ({ ending }: World) => (ending ? { ending } : {})

/** What policy answers at this moment. */
export const answerIn = ({ policyForbids }: World) => (policyForbids ? forbid : permit)

/** Everything that may be tried. What will be refused is tried too, since a refusal must change nothing. */
export const commandsIn = (scenario: Scenario, world: World): readonly Action[] =>
  triedIn(scenario, world).map(({ command, ...action }) =>
    // Whoever asked is who acts: an agent, or a person who used break-glass.
    command && 'agent' in command
      ? { ...action, command: { ...command, agent: scenario.ask.agent.id } }
      : { ...action, ...(command ? { command } : {}) },
  )

const triedIn = (scenario: Scenario, world: World): readonly Action[] => [
  ...roundsOf(scenario).flatMap((_, round) =>
    scenario.clicks.flatMap((click) => clicked(scenario, world, click, round + 1)),
  ),
  ...(scenario.comments ?? []).map((name) => ({ label: `${name} says why`, command: comment(name, 'because') })),
  { label: 'rita revokes', command: revocation('rita') },
  { label: 'eve, who may not, revokes', command: revocation('eve', { answer: forbid }) },
  { label: 'the agent completes', command: completion() },
  ...returns(world),
  { label: 'the agent withdraws', command: withdrawal() },
  { label: 'somebody looks', command: { ...wake, ...endingIn(world) } },
  ...(scenario.closes ? [{ label: 'its incident is closed', command: { ...wake, ending: scenario.closes } }] : []),
  ...intents(scenario, world),
  ...issues(world),
  ...uses(scenario, world),
  ...gifts(scenario, world),
  ...calls(scenario, world),
  ...reviews(scenario),
  ...(scenario.compares ? [{ label: 'the record of AWS is compared', command: comparison() }] : []),
]

/** Facts turn, and turn back; an ending does not. */
export const turnsOf = (
  { losers, policyTurns, endings = [], standIns = [], states = [] }: Scenario,
  { lost, policyForbids, ending, away, there, unreadable }: World,
): readonly Action[] => [
  ...(there + 1 < states.length ? [{ label: 'the state changes', world: { there: there + 1 } }] : []),
  ...(states.length === 0
    ? []
    : [
        {
          label: unreadable ? 'it can be read again' : 'it cannot be read',
          world: { unreadable: !unreadable },
        },
      ]),
  ...(standIns.length === 0
    ? []
    : [{ label: away ? 'the absent are back' : 'some are absent', world: { away: !away } }]),
  ...losers.map(
    (name): Action =>
      lost.includes(name)
        ? { label: `${name} regains the right`, world: { lost: lost.filter((each) => each !== name) } }
        : {
            label: `${name} loses the right`,
            world: { lost: losers.filter((each) => each === name || lost.includes(each)) },
          },
  ),
  ...(policyTurns
    ? [{ label: policyForbids ? 'policy permits again' : 'policy forbids', world: { policyForbids: !policyForbids } }]
    : []),
  ...endings
    .filter(() => ending === undefined)
    .map((each) => ({ label: each.by === 'halt' ? 'it is halted' : 'an ancestor ends', world: { ending: each } })),
]

/** What was intended is minted, now or much later. */
export const mintsOf = ({ intended, minted }: World): readonly Action[] =>
  intended
    .filter((id) => !minted.includes(id))
    .map((id) => ({ label: `${nameOf(id)} is minted`, world: { minted: [...minted, id].sort() } }))

/** What was begun is sent, now or much later. */
export const sendsOf = ({ calling, sent }: World): readonly Action[] =>
  calling.map((n) => ({
    label: `call ${n - 70} is sent`,
    world: { calling: calling.filter((each) => each !== n), sent: [...sent, n] },
  }))

/** A click on the card of a round, whether or not that is the one in force. */
function clicked(
  scenario: Scenario,
  world: World,
  { by, verdict, stage, stale, narrow, comment }: Click,
  round: number,
): readonly Action[] {
  const [asked, left] = roundsOf(scenario).slice(round - 1)
  if (!asked || (narrow && !left)) return []
  const what = [
    narrow ? `leaves ${narrow} of it` : verdict === 'approve' ? 'approves' : 'denies',
    stage && `stage ${stage}`,
    stale && `a stale ${stale}`,
    comment && 'and says why',
    (scenario.left || scenario.states) && `in round ${round}`,
  ]
  const authority = authorityIn(scenario, world, person(by))
  const eligible = authority.eligible[person(by)] ?? []
  const narrowed: Narrowing | undefined =
    narrow === 'less' && left
      ? { ok: true, ...left, policies: [], eligible, permittedBy }
      : narrow && { ok: false, code: 'not_narrower' }
  return [
    {
      label: [by, ...what.filter(Boolean)].join(' '),
      command: decision(asked.ask, by, verdict, {
        ...authority,
        through: stage === undefined ? 'chat' : 'api',
        login: { acr: 'strong', at: submittedAt },
        digest: stale === 'digest' ? 'sha-256:AAAAAAAA' : asked.ask.digest.slice(0, 16),
        round: stale === 'round' ? 2 : round,
        ...(stage === undefined ? {} : { stage }),
        ...(narrowed ? { narrowed } : {}),
        ...readingIn(scenario, world),
        ...(comment === undefined ? {} : { comment }),
      }),
    },
  ]
}

/** The key that asked, and another one that comes with the agent's workload token: its own, or a thief's. */
const keysOfAgent = [[agentKey, ''] as const, [otherKey, ' for another key'] as const]

function intents(scenario: Scenario, world: World): readonly Action[] {
  const found = readingIn(scenario, world)
  const authority = { ...authorityIn(scenario, world), ...found, mayRebind: scenario.mayRebind === true }
  const next = (claim: IssuedKind) => {
    const count = world.intended.filter((id) => issuedKindOf(id) === claim).length
    return count < (scenario.mints[claim] ?? 0) ? credentialId((claim === 'aws' ? 11 : 1) + count) : undefined
  }
  const actions: Action[] = []
  const token = next('access_token')
  if (token) {
    const obeyed = { intended: [...world.intended, token] }
    for (const [jkt, whose] of keysOfAgent)
      actions.push({
        label: `${nameOf(token)} is intended${whose}`,
        command: intent('access_token', token, { ...authority, jkt }),
        obeyed,
      })
  }
  const aws = next('aws')
  if (aws)
    for (const presented of world.answered.filter((id) => issuedKindOf(id) === 'access_token'))
      actions.push({
        label: `${nameOf(aws)} is intended with ${nameOf(presented)}`,
        command: intent('aws', aws, { ...authority, presented, session: { role: 'target', endsAt: 4_000_000_000 } }),
        obeyed: { intended: [...world.intended, aws] },
      })
  return actions
}

/** An access token that was answered is given back, live or not. */
const returns = ({ answered }: World): readonly Action[] =>
  answered
    .filter((id) => issuedKindOf(id) === 'access_token')
    .map((id) => ({ label: `${nameOf(id)} is given back`, command: credentialRevocation(id) }))

/** An attempt records what it minted, and answers if that was obeyed; then again, as after an answer that got lost. */
const issues = ({ minted, answered }: World): readonly Action[] => [
  ...minted.map((id) => ({
    label: `${nameOf(id)} is recorded`,
    command: issuance(issuedKindOf(id), id, issuedKindOf(id) === 'aws' ? { use: useId(90) } : {}),
    obeyed: { answered: answered.includes(id) ? answered : [...answered, id].sort() },
  })),
  { label: 'a token that nobody intended is recorded', command: issuance('access_token', neverIntended) },
]

/** Whoever looks at what was done, at whatever time; and break-glass used a second time under the same name. */
const reviews = ({ ask, reviews = [] }: Scenario): readonly Action[] => [
  ...(ask.breakGlass ? [{ label: 'break-glass is used again', command: opening(ask) }] : []),
  ...reviews.map(({ by, outsider }) => ({
    label: outsider ? `${by}, who may not, reviews` : `${by} reviews`,
    command: reviewing(by, outsider ? { answer: forbid } : {}),
  })),
]

/** What the agent gives away, to a child that is numbered from 51. */
const gifts = (scenario: Scenario, world: World): readonly Action[] =>
  (scenario.gives ?? []).flatMap(({ to, uses, notAfter, outside = false }, index) =>
    keysOfAgent.map(([jkt, whose]) => ({
      label: `${uses} of the uses are delegated to ${to}${whose}${outside ? ', for something else' : ''}${notAfter ? ', for longer' : ''}`,
      command: delegation(51 + index, {
        ...authorityIn(scenario, world),
        jkt,
        to,
        uses,
        within: !outside,
        ...(notAfter === undefined ? {} : { notAfter }),
      }),
    })),
  )

/**
 * The one call: begun by each attempt with its own id, ended by those that lived to hear how it went, given back by those
 * that have not sent it, though they may say so late, and resolved by Hotwork when it pleases.
 */
function calls(scenario: Scenario, world: World): readonly Action[] {
  const tokens = world.answered.filter((id) => issuedKindOf(id) === 'access_token')
  const attempts = Array.from({ length: scenario.calls ?? 0 }, (_, index) => 71 + index)
  return attempts.flatMap((n) => [
    ...tokens.map((id) => ({
      label: `call ${n - 70} begins with ${nameOf(id)}`,
      command: callBegin(id, n, { ...authorityIn(scenario, world), ...readingIn(scenario, world) }),
      obeyed: { calling: [...world.calling, n] },
    })),
    { label: `call ${n - 70} has succeeded`, command: callEnd(n) },
    { label: `call ${n - 70} has failed`, command: callEnd(n, { outcome: 'failed' }) },
    ...(world.sent.includes(n)
      ? []
      : [
          {
            label: `call ${n - 70} was certainly not sent`,
            command: callReturn(n),
            obeyed: { calling: world.calling.filter((each) => each !== n) },
          },
        ]),
    { label: `nobody can find out how call ${n - 70} went`, command: callResolution(n) },
    { label: `it is found out that call ${n - 70} failed`, command: callResolution(n, { outcome: 'failed' }) },
  ])
}

function uses(scenario: Scenario, world: World): readonly Action[] {
  const authority = authorityIn(scenario, world)
  const tokens = world.answered.filter((id) => issuedKindOf(id) === 'access_token')
  const keys = Array.from({ length: scenario.uses }, (_, index) => index + 1)
  return [
    ...tokens.flatMap((id) =>
      keys.map((key) => ({ label: `use ${key} begins with ${nameOf(id)}`, command: useBegin(id, key, authority) })),
    ),
    ...keys.map((key) => ({ label: `use ${key} ends`, command: useEnd(key) })),
  ]
}
