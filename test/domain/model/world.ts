import { nothingGoverned } from '../../../functions/domain/agents/governed-registry.ts'
import { makeChange } from '../../../functions/domain/agents/next-registry.ts'
import { changedAgent } from '../../../functions/domain/deciding/endings.ts'
import type { Agent } from '../../../functions/domain/people/organisation.ts'
import type { Command, Eligibility, Ending, Narrowing, ReadAgain } from '../../../functions/domain/record/commands.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { type CredentialId, defined, type PersonId, type UseId } from '../../../functions/domain/values.ts'
import type { IssuedKind } from '../../../functions/targets/kinds.ts'
import * as sample from '../../support/ask.ts'
import { beside } from './registry-scenarios.ts'
import { type Click, roundsOf, type Scenario } from './scenarios.ts'

/** Everything outside the table: the clock, policy's answers, and the progress of each mint. */
export type World = {
  /** Seconds after the submission. */
  now: number
  /** The people who have lost the right to decide. */
  lost: readonly string[]
  policyForbids: boolean
  /** Committed intents, oldest first. A crash is one that is never taken further; a slow one is taken further late. */
  intended: readonly CredentialId[]
  /** The intents that were minted: the credentials exist, recorded or not. */
  minted: readonly CredentialId[]
  /** The credentials that were answered. */
  answered: readonly CredentialId[]
  /** Calls that were begun and may still be sent, by number. A crash is one that is never sent. */
  calling: readonly number[]
  /** Calls that were sent, with or without a known outcome. */
  sent: readonly number[]
  /** The ending that the next reader finds. It is permanent. */
  ending: Ending | undefined
  /** Whether the stand-ins may decide now. */
  away: boolean
  /** The index of the resource's present state, which may change at any time. */
  there: number
  /** The index of the registry's present version. */
  version: number
  /** Whether reading the resource fails. */
  unreadable: boolean
  /** The time before the clock went back, in seconds after the submission; 0 if it never did. */
  reached: number
  /** The number of questions to the agent. */
  asked: number
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
  version: 0,
  unreadable: false,
  reached: 0,
  asked: 0,
}

/** A possible next step: a change of the world, or a command; `obeyed` is the change of the world if it is obeyed. */
export type Action = { label: string; command?: Command; world?: Partial<World>; obeyed?: Partial<World> }

/** Access tokens are numbered from 1, AWS credentials from 11; 99 was never intended. */
export const numberOf = (id: CredentialId | UseId) => Number(id.slice(-2))
export const issuedKindOf = (id: CredentialId): IssuedKind => (numberOf(id) > 10 ? 'aws' : 'access_token')
const nameOf = (id: CredentialId) =>
  issuedKindOf(id) === 'aws' ? `AWS session ${numberOf(id) - 10}` : `token ${numberOf(id)}`
const neverIntended = sample.credentialId(99)

/** The entry of the agent that a request is by or about, in the present version of the registry. */
export function entryIn({ ask, registries }: Scenario, { version }: Pick<World, 'version'>): Agent | undefined {
  const { registry } = registries?.[version] ?? {}
  const about = ask.change ? ask.resource.id : ask.agent.id
  return registry?.agents.find(({ id }) => id === about)
}

/** The people who answer for the agent that asks, who decide none of its requests. */
function ownersIn(scenario: Scenario, world: World): readonly PersonId[] {
  const entry = scenario.ask.change ? undefined : entryIn(scenario, world)
  return entry ? [entry.owner, ...(entry.backupOwner ? [entry.backupOwner] : [])] : []
}

/** The present rights of each person, without stand-ins. */
export function eligibleIn(scenario: Scenario, world: World): Eligibility {
  const owners = ownersIn(scenario, world)
  return Object.fromEntries(
    Object.entries(scenario.rights).map(([name, names]) => {
      const person = sample.person(name)
      return [person, world.lost.includes(name) || owners.includes(person) ? [] : names]
    }),
  )
}

/** The absent person that a person may decide for now, if any. */
export const absentFor = ({ standIns = [] }: Scenario, { away }: World, by: PersonId): PersonId | undefined => {
  const found = away ? standIns.find((each) => sample.person(each.by) === by) : undefined
  return found && sample.person(found.for)
}

/**
 * The rights of people: their own and, for those who have decided or now decide as stand-ins, the absent person's. A
 * decision by a stand-in stays when their time is over.
 */
function peopleIn(scenario: Scenario, world: World, decider?: PersonId) {
  const own = eligibleIn(scenario, world)
  const absent = decider && absentFor(scenario, world, decider)
  const through: Eligibility = Object.fromEntries(
    (scenario.standIns ?? [])
      .filter(({ by }) => sample.person(by) !== decider || absent)
      .map((each) => [
        sample.person(each.by),
        [...(own[sample.person(each.by)] ?? []), ...(own[sample.person(each.for)] ?? [])],
      ]),
  )
  // A person's own right comes first.
  const names =
    absent === undefined ? [] : (own[absent] ?? []).filter((name) => !(decider && own[decider]?.includes(name)))
  const eligible: Eligibility = { ...own, ...through }
  return {
    eligible,
    ...(absent ? { absent: [absent] } : {}),
    ...(absent && names.length > 0 ? { standsFor: Object.fromEntries(names.map((name) => [name, absent])) } : {}),
  }
}

/** The authority of an act at this moment. */
const authorityIn = (scenario: Scenario, world: World, decider?: PersonId) => ({
  ...peopleIn(scenario, world, decider),
  answer: answerIn(world),
  ...endingIn(scenario, world),
})
/** The reading at this moment, and the rung that it needs. */
const readingIn = ({ states }: Scenario, { there, unreadable }: World): { reading?: ReadAgain } => {
  const found = states?.[there]
  if (!found) return {}
  if (unreadable) return { reading: sample.unread }
  const { name, tier, stages } = found
  return { reading: { preview: sample.preview(name), again: { ok: true, tier, stages, policies: ['permit-again'] } } }
}
const endingIn = ({ ask, registries = [] }: Scenario, { ending, version }: World) => {
  const { registry } = registries[version] ?? {}
  const state = { ask, submittedAt: sample.submittedAt } as ApprovalRequest
  const changed = ending || !registry ? undefined : changedAgent(state, { registry })
  return defined({ ending: changed ? ({ by: 'agent', id: changed, why: 'changed' } as const) : ending })
}

/** Policy's answer at this moment. */
export const answerIn = ({ policyForbids }: World) => (policyForbids ? sample.forbid : sample.permit)

/** Every possible command, also those that will be refused: a refusal must change nothing. */
export const commandsIn = (scenario: Scenario, world: World): readonly Action[] =>
  triedIn(scenario, world).map(({ command, ...action }) =>
    // The asker acts: an agent, or a person who used break-glass.
    command && 'agent' in command
      ? { ...action, command: { ...command, agent: scenario.ask.agent.id } }
      : { ...action, ...(command ? { command } : {}) },
  )

const triedIn = (scenario: Scenario, world: World): readonly Action[] => [
  ...roundsOf(scenario).flatMap((_, round) =>
    scenario.clicks.flatMap((click) => clicked(scenario, world, click, round + 1)),
  ),
  ...(scenario.comments ?? []).map((name) => ({ label: `${name} comments`, command: sample.comment(name, 'because') })),
  { label: 'rita revokes', command: sample.revocation('rita') },
  { label: 'eve, who may not, revokes', command: sample.revocation('eve', { answer: sample.forbid }) },
  { label: 'the agent completes', command: sample.completion() },
  ...returns(world),
  { label: 'the agent withdraws', command: sample.withdrawal() },
  { label: 'a caller reads', command: { ...sample.wake, ...endingIn(scenario, world) } },
  ...(scenario.closes
    ? [{ label: 'its incident is closed', command: { ...sample.wake, ending: scenario.closes } }]
    : []),
  ...intents(scenario, world),
  ...issues(world),
  ...uses(scenario, world),
  ...gifts(scenario, world),
  ...calls(scenario, world),
  ...reviews(scenario),
  ...asksBack(scenario, world),
  ...(scenario.ask.change ? changes(scenario, world) : []),
  ...(scenario.compares ? [{ label: 'the record of AWS is compared', command: sample.comparison() }] : []),
]

/** Facts turn, and turn back; an ending is permanent. */
export const turnsOf = (
  { losers, policyTurns, endings = [], standIns = [], states = [], registries = [] }: Scenario,
  { lost, policyForbids, ending, away, there, version, unreadable }: World,
): readonly Action[] => [
  ...registries
    .slice(version + 1, version + 2)
    .map(({ made }) => ({ label: `the registry moves: ${made}`, world: { version: version + 1 } })),
  ...(there + 1 < states.length ? [{ label: 'the state changes', world: { there: there + 1 } }] : []),
  ...(states.length === 0
    ? []
    : [{ label: unreadable ? 'it can be read again' : 'it cannot be read', world: { unreadable: !unreadable } }]),
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

/** Intents are minted, now or much later. */
export const mintsOf = ({ intended, minted }: World): readonly Action[] =>
  intended
    .filter((id) => !minted.includes(id))
    .map((id) => ({ label: `${nameOf(id)} is minted`, world: { minted: [...minted, id].sort() } }))

/** Begun calls are sent, now or much later. */
export const sendsOf = ({ calling, sent }: World): readonly Action[] =>
  calling.map((n) => ({
    label: `call ${n - 70} is sent`,
    world: { calling: calling.filter((each) => each !== n), sent: [...sent, n] },
  }))

/** A click on the card of a round, whether or not that is the one in force. */
function clicked(
  scenario: Scenario,
  world: World,
  { by, verdict, stage, stale, narrow, comment, toAgent, typed }: Click,
  round: number,
): readonly Action[] {
  const [asked, left] = roundsOf(scenario).slice(round - 1)
  if (!asked || (narrow && !left)) return []
  const what = [
    narrow ? `leaves ${narrow} of it` : { approve: 'approves', deny: 'denies', revise: 'sends it back' }[verdict],
    stage && `stage ${stage}`,
    stale && `a stale ${stale}`,
    comment && 'and says why',
    toAgent && 'and tells the agent',
    typed && `and types ${typed}`,
    (scenario.left || scenario.states) && `in round ${round}`,
  ]
  const authority = authorityIn(scenario, world, sample.person(by))
  const eligible = authority.eligible[sample.person(by)] ?? []
  const narrowed: Narrowing | undefined =
    narrow === 'less' && left
      ? { ok: true, ...left, policies: [], eligible, permittedBy: sample.permittedBy }
      : narrow && { ok: false, code: 'not_narrower' }
  return [
    {
      label: [by, ...what.filter(Boolean)].join(' '),
      command: sample.decision(asked.ask, by, verdict, {
        ...authority,
        through: stage === undefined ? 'chat' : 'api',
        login: { acr: 'strong', at: sample.submittedAt },
        digest: stale === 'digest' ? 'sha-256:AAAAAAAA' : asked.ask.digest.slice(0, 16),
        round: stale === 'round' ? 2 : round,
        ...(stage === undefined ? {} : { stage }),
        ...(narrowed ? { narrowed } : {}),
        ...readingIn(scenario, world),
        // The directory moves the owners' channel while a person is without their right.
        owning: [world.lost.length > 0 ? 'moved' : 'payments'],
        ...(comment === undefined ? {} : { comment }),
        ...(toAgent === undefined ? {} : { toAgent }),
        ...(typed === undefined ? {} : { typed }),
      }),
    },
  ]
}

/** The key that asked, and another key with the agent's workload token: the agent's own, or a thief's. */
const keysOfAgent = [[sample.agentKey, ''] as const, [sample.otherKey, ' for another key'] as const]

function intents(scenario: Scenario, world: World): readonly Action[] {
  const found = readingIn(scenario, world)
  const authority = { ...authorityIn(scenario, world), ...found, mayRebind: scenario.mayRebind === true }
  const next = (claim: IssuedKind) => {
    const count = world.intended.filter((id) => issuedKindOf(id) === claim).length
    return count < (scenario.mints[claim] ?? 0) ? sample.credentialId((claim === 'aws' ? 11 : 1) + count) : undefined
  }
  const actions: Action[] = []
  const token = next('access_token')
  if (token) {
    const obeyed = { intended: [...world.intended, token] }
    for (const [jkt, whose] of keysOfAgent)
      actions.push({
        label: `${nameOf(token)} is intended${whose}`,
        command: sample.intent('access_token', token, { ...authority, jkt }),
        obeyed,
      })
  }
  const aws = next('aws')
  if (aws)
    for (const presented of world.answered.filter((id) => issuedKindOf(id) === 'access_token'))
      actions.push({
        label: `${nameOf(aws)} is intended with ${nameOf(presented)}`,
        command: sample.intent('aws', aws, {
          ...authority,
          presented,
          session: { role: 'target', endsAt: 4_000_000_000 },
        }),
        obeyed: { intended: [...world.intended, aws] },
      })
  return actions
}

/** Any answered access token is given back, live or not. */
const returns = ({ answered }: World): readonly Action[] =>
  answered
    .filter((id) => issuedKindOf(id) === 'access_token')
    .map((id) => ({ label: `${nameOf(id)} is given back`, command: sample.credentialRevocation(id) }))

/** An attempt records its mint, and answers if that was obeyed; then again, as after a lost answer. */
const issues = ({ minted, answered }: World): readonly Action[] => [
  ...minted.map((id) => ({
    label: `${nameOf(id)} is recorded`,
    command: sample.issuance(issuedKindOf(id), id, issuedKindOf(id) === 'aws' ? { use: sample.useId(90) } : {}),
    obeyed: { answered: answered.includes(id) ? answered : [...answered, id].sort() },
  })),
  { label: 'a token that was never intended is recorded', command: sample.issuance('access_token', neverIntended) },
]

/** Reviews at any time, and a repeat of the opening under the same name. */
const reviews = ({ ask, reviews = [] }: Scenario): readonly Action[] => [
  ...(ask.breakGlass ? [{ label: 'break-glass is used again', command: sample.opening(ask) }] : []),
  ...reviews.map(({ by, outsider }) => ({
    label: outsider ? `${by}, who may not, reviews` : `${by} reviews`,
    command: sample.reviewing(by, outsider ? { answer: sample.forbid } : {}),
  })),
]

/** Acceptances by anyone, and Hotwork's own write of the change, at any time. */
const changes = (scenario: Scenario, world: World): readonly Action[] => [
  ...(scenario.accepts ?? []).map((name) => ({
    label: `${name} accepts the agent`,
    command: sample.acceptance({ person: sample.person(name), ...endingIn(scenario, world) }),
  })),
  {
    label: 'the change is made',
    command: sample.making({ ...authorityIn(scenario, world), ...failedIn(scenario, world) }),
  },
]

/** The reason why the registry cannot be changed so now. */
function failedIn({ ask, registries = [] }: Scenario, { version }: World) {
  const { registry = nothingGoverned } = registries[version] ?? {}
  const made = makeChange(beside(registry), ask, sample.submittedAt)
  return made.ok ? {} : { failed: { code: made.code } }
}

/** Questions, numbered in their order; answers to any number, with either key; calls for colleagues. */
function asksBack(scenario: Scenario, world: World): readonly Action[] {
  const { asksBack } = scenario
  if (!asksBack) return []
  const standpoint = (name: string) => {
    const who = sample.person(name)
    return {
      person: who,
      permittedBy: sample.permittedBy,
      ...peopleIn(scenario, world, who),
      ...endingIn(scenario, world),
    }
  }
  const next = world.asked + 1
  const asked = next > asksBack.questions ? [] : asksBack.by
  return [
    ...asked.map((by) => ({
      label: `${by} asks question ${next}`,
      command: sample.question(by, next, standpoint(by)),
      obeyed: { asked: next },
    })),
    ...Array.from({ length: asksBack.answers }, (_, index) => index + 1).flatMap((n) =>
      keysOfAgent.map(([jkt, whose]) => ({
        label: `question ${n} is answered${whose}`,
        command: sample.answer(n, { jkt, ...endingIn(scenario, world) }),
      })),
    ),
    ...asksBack.calls.map(([by, to]) => ({
      label: `${by} asks ${to} to decide`,
      command: sample.colleagueCall(by, to, { ...standpoint(by), colleague: standpoint(to) }),
    })),
  ]
}

/** The agent's delegations, each to a child numbered from 51. */
const gifts = (scenario: Scenario, world: World): readonly Action[] =>
  (scenario.gives ?? []).flatMap(({ to, uses, notAfter, outside = false }, index) =>
    keysOfAgent.map(([jkt, whose]) => ({
      label: `${uses} of the uses are delegated to ${to}${whose}${outside ? ', outside of the grant' : ''}${notAfter ? ', for longer' : ''}`,
      command: sample.delegation(51 + index, {
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
 * The one call: each attempt begins it with its own id, ends it or gives it back, perhaps late, and Hotwork resolves it
 * at any time.
 */
function calls(scenario: Scenario, world: World): readonly Action[] {
  const tokens = world.answered.filter((id) => issuedKindOf(id) === 'access_token')
  return Array.from({ length: scenario.calls ?? 0 }, (_, index) => 71 + index).flatMap((n) => [
    ...tokens.map((id) => ({
      label: `call ${n - 70} begins with ${nameOf(id)}`,
      command: sample.callBegin(id, n, { ...authorityIn(scenario, world), ...readingIn(scenario, world) }),
      obeyed: { calling: [...world.calling, n] },
    })),
    { label: `call ${n - 70} has succeeded`, command: sample.callEnd(n) },
    { label: `call ${n - 70} has failed`, command: sample.callEnd(n, { outcome: 'failed' }) },
    ...(world.sent.includes(n)
      ? []
      : [
          {
            label: `call ${n - 70} was certainly not sent`,
            command: sample.callReturn(n),
            obeyed: { calling: world.calling.filter((each) => each !== n) },
          },
        ]),
    ...(scenario.runs && world.sent.includes(n) ? runs(n) : []),
    { label: `the outcome of call ${n - 70} cannot be found`, command: sample.callResolution(n) },
    { label: `call ${n - 70} is found to have failed`, command: sample.callResolution(n, { outcome: 'failed' }) },
  ])
}

/** The run of a sent call, told by its maker or found by the look-up, and its end, as often as it is seen. */
const runs = (n: number): readonly Action[] => {
  const told = sample.runStart(n)
  const { agent: _, ...found } = told
  return [
    { label: `call ${n - 70} has started a run`, command: told },
    { label: `the run of call ${n - 70} is found`, command: found },
    ...(['succeeded', 'failed', 'unknown'] as const).map((status) => ({
      label: `the run has ended: ${status}`,
      command: sample.runEnd(status),
    })),
  ]
}

function uses(scenario: Scenario, world: World): readonly Action[] {
  const authority = authorityIn(scenario, world)
  const tokens = world.answered.filter((id) => issuedKindOf(id) === 'access_token')
  const keys = Array.from({ length: scenario.uses }, (_, index) => index + 1)
  return [
    ...tokens.flatMap((id) =>
      keys.map((key) => ({
        label: `use ${key} begins with ${nameOf(id)}`,
        command: sample.useBegin(id, key, authority),
      })),
    ),
    ...keys.map((key) => ({ label: `use ${key} ends`, command: sample.useEnd(key) })),
  ]
}
