import type { GovernedRegistry } from '../../../functions/domain/agents/governed-registry.ts'
import type { Stage } from '../../../functions/domain/policy/ladder.ts'
import type { Ending } from '../../../functions/domain/record/commands.ts'
import type { Ask, Delegator, StageState } from '../../../functions/domain/record/request.ts'
import type { AgentId, PersonId, Verdict } from '../../../functions/domain/values.ts'
import type { IssuedKind } from '../../../functions/targets/kinds.ts'
import * as sample from '../../support/ask.ts'
import { registryScenarios } from './registry-scenarios.ts'

/** One request, and the people and things around it that may act in any order. */
export type Scenario = {
  name: string
  tier: number
  stages: readonly Stage[]
  ask: Ask
  /** The names under which each person may decide, unless they have lost the right. */
  rights: { readonly [name: string]: readonly string[] }
  /** The decisions that people try, each any number of times. */
  clicks: readonly Click[]
  /** The people who may lose the right to decide, and regain it. */
  losers: readonly string[]
  /** Whether policy may turn against the request, and back. */
  policyTurns: boolean
  /** The number of credentials of each kind that the agent tries to get. */
  mints: { readonly [claim in IssuedKind]?: number }
  /** The number of uses that a tool tries to begin, each with its own key. */
  uses: number
  /** The parent's decided stages, for a delegated request. */
  inherits?: readonly StageState[]
  /** The endings that may come, under any policy. */
  endings?: readonly Ending[]
  /** The delegations that the agent tries, each to its own child. */
  gives?: readonly Gift[]
  /** Whether the agent's registration lets it change its key. */
  mayRebind?: boolean
  /** The number of attempts at the one call. */
  calls?: number
  /** Whether a sent call starts a run, which ends at any time. */
  runs?: true
  /** The narrower asks, one after the other, with their rungs. */
  left?: readonly Left[]
  /** The stand-ins, and the people they decide for while that holds. */
  standIns?: readonly { by: string; for: string }[]
  /** The people who comment on their decision afterwards. */
  comments?: readonly string[]
  /** The people who ask the agent, how often in all, the answers that it tries, and who asks which colleague. */
  asksBack?: {
    by: readonly string[]
    questions: number
    answers: number
    calls: readonly (readonly [by: string, to: string])[]
  }
  /** The reviewers of an opening; policy does not permit an `outsider`. */
  reviews?: readonly { by: string; outsider?: boolean }[]
  /** The incident service's closing, any number of times; no other caller finds it. */
  closes?: Ending
  /** Whether the calls are compared with the record of AWS, any number of times. */
  compares?: true
  /** Whether the clock of the next caller may once be an hour behind. */
  clockGoesBack?: boolean
  /** The registry of agents in order: it moves on at any time. The first version holds at the submission. */
  registries?: readonly Version[]
  /** The people who try to accept the agent of a transfer. */
  accepts?: readonly string[]
  /** The states of the resource in order, each with its rung. The first holds at the submission. */
  states?: readonly { name: string; tier: number; stages: readonly Stage[] }[]
}

/** A version of the registry, by what made it. */
export type Version = { made: string; registry: GovernedRegistry }

/** A request after a narrowing. */
export type Left = { ask: Ask; tier: number; stages: readonly Stage[] }

/** The asks of all rounds, in order. */
export const roundsOf = ({ ask, tier, stages, left = [], states = [] }: Scenario): readonly Left[] => [
  { ask, tier, stages },
  ...left,
  ...states.slice(1).map(() => ({ ask, tier, stages })),
]

/** An attempted delegation. By default it ends ten minutes after the submission. */
export type Gift = { to: AgentId; uses: number; notAfter?: number; outside?: boolean }

/** An attempted decision. A click names no stage, and has the start of the digest. */
export type Click = {
  by: string
  verdict: Verdict
  stage?: string
  stale?: 'digest' | 'round'
  /** A narrowing, or an attempt to widen. */
  narrow?: 'less' | 'more'
  comment?: string
  /** Words to the agent. */
  toAgent?: string
  /** The name of the resource, or another text. */
  typed?: string
}

const approving = (...names: string[]): Click[] => names.map((by) => ({ by, verdict: 'approve' }))
const denying = (...names: string[]): Click[] => names.map((by) => ({ by, verdict: 'deny' }))
const both = (...names: string[]): Click[] => names.flatMap((by) => [...approving(by), ...denying(by)])

export const tierZero: Scenario = {
  name: 'tier 0, both kinds of credential',
  tier: 0,
  stages: [],
  ask: sample.sampleAsk({ uses: 1 }),
  rights: {},
  clicks: both('ana', 'dora'),
  losers: [],
  policyTurns: true,
  mints: { access_token: 2, aws: 2 },
  uses: 2,
}

/** A start in ten minutes: people decide before it, and nothing is claimed before it. */
export const ahead: Scenario = {
  name: 'a start ahead',
  tier: 1,
  stages: [sample.sampleStage('owner')],
  ask: sample.sampleAsk({ uses: 1, credential: 'token', notBefore: sample.submittedAt + sample.minutes(10) }),
  rights: { ana: ['owner'] },
  clicks: both('ana'),
  losers: ['ana'],
  policyTurns: true,
  mints: { access_token: 2, aws: 0 },
  uses: 1,
}

export const twoStages: Scenario = {
  name: 'two stages, one person eligible for both',
  tier: 2,
  stages: [
    sample.sampleStage('owner', {
      channel: '{owners}',
      fallbackChannel: 'approvals',
      onSilence: { escalateTo: 'on-call', deadline: sample.minutes(10) },
    }),
    sample.sampleStage('sre', { deadline: sample.minutes(20) }),
  ],
  ask: sample.sampleAsk({ credential: 'token' }),
  rights: { ana: ['owner', 'sre'], ben: ['owner'], cleo: ['sre'], dora: ['owner', 'sre'] },
  clicks: [
    ...[...both('ana', 'cleo'), ...approving('ben', 'dora'), ...denying('eve')],
    { by: 'ana', verdict: 'approve', stage: 'sre' },
    { by: 'ben', verdict: 'approve', stale: 'digest' },
    { by: 'cleo', verdict: 'deny', stale: 'round' },
  ],
  losers: ['ana'],
  policyTurns: true,
  mints: { access_token: 1, aws: 1 },
  uses: 1,
}

export const quorumOfTwo: Scenario = {
  name: 'a quorum of two that escalates',
  tier: 3,
  stages: [
    sample.sampleStage('owner', { deadline: sample.minutes(20) }),
    sample.sampleStage('security', { quorum: 2, onSilence: { escalateTo: 'on-call', deadline: sample.minutes(10) } }),
  ],
  ask: sample.sampleAsk({ credential: 'token' }),
  rights: {
    ana: ['owner'],
    sam: ['security'],
    siri: ['security'],
    sven: ['owner', 'security'],
    olga: ['on-call'],
    dora: ['security', 'on-call'],
  },
  clicks: [...both('sam', 'olga'), ...approving('ana', 'siri', 'sven', 'dora')],
  losers: ['olga'],
  policyTurns: false,
  mints: { access_token: 1, aws: 0 },
  uses: 1,
}

const quiet = { clicks: [], losers: [], policyTurns: false, rights: {}, tier: 0, stages: [] }

/** Delegators, the first one first, each with an owner of its own. */
const through = (...names: string[]): Delegator[] =>
  names.map((name) => ({
    id: `agent:${name}` as AgentId,
    issuer: 'https://agents.example',
    subject: name,
    owner: sample.person(`${name}-owner`) as PersonId,
  }))

/** An ask without a key. */
const delegatedAsk = (changes: Parameters<typeof sample.sampleAsk>[0]): Ask => {
  const { jkt: _, ...ask } = sample.sampleAsk(changes)
  return ask
}

export const parent: Scenario = {
  ...quiet,
  name: 'a grant of two uses, delegated in part',
  ask: sample.sampleAsk({ credential: 'token', uses: 2 }),
  policyTurns: true,
  mints: { access_token: 1, aws: 0 },
  uses: 2,
  endings: [sample.halted],
  gives: [
    { to: sample.builder, uses: 1 },
    { to: sample.otherAgent, uses: 2 },
    { to: sample.builder, uses: 1, notAfter: sample.submittedAt + sample.minutes(75) + 1 },
    { to: sample.builder, uses: 1, outside: true },
    { to: sample.remediator, uses: 1 },
  ],
}

const asked = sample.sampleStage('owner')

export const child: Scenario = {
  ...quiet,
  name: 'a request that was delegated twice, approved with its first parent',
  tier: 1,
  stages: [asked],
  ask: delegatedAsk({
    credential: 'token',
    uses: 2,
    chain: through('first', 'planner'),
    ancestors: [sample.requestId(40), sample.requestId(41)],
    requestedUntil: sample.submittedAt + sample.minutes(20),
  }),
  inherits: [
    {
      terms: asked,
      decisions: [{ person: sample.person('ana'), verdict: 'approve', as: 'owner', at: sample.submittedAt - 60 }],
    },
  ],
  rights: { ana: ['owner'], ben: ['owner'] },
  clicks: [...denying('ana'), ...approving('ben')],
  losers: ['ana'],
  mints: { access_token: 2, aws: 0 },
  uses: 1,
  endings: [sample.orphaned, sample.halted],
  gives: [
    { to: sample.otherAgent, uses: 1 },
    { to: sample.builder, uses: 1 },
  ],
}

export const deepest: Scenario = {
  ...quiet,
  name: 'a request that was delegated three times',
  ask: delegatedAsk({
    credential: 'token',
    chain: through('first', 'second', 'third'),
    ancestors: [sample.requestId(40), sample.requestId(41), sample.requestId(42)],
  }),
  inherits: [],
  mints: { access_token: 1, aws: 0 },
  uses: 1,
  endings: [sample.orphaned],
  gives: [{ to: sample.builder, uses: 1 }],
}

export const mediated: Scenario = {
  ...quiet,
  name: 'the one call of a mediated action, for an agent that changes its key',
  ask: sample.sampleAsk({ credential: 'mediated' }),
  policyTurns: true,
  mints: { access_token: 2, aws: 1 },
  uses: 0,
  endings: [sample.halted],
  mayRebind: true,
  calls: 1,
}

export const runs: Scenario = {
  ...quiet,
  name: 'a call that starts a run, which goes on after its grant',
  ask: sample.sampleAsk({ credential: 'mediated', runsAs: 'arn:aws:iam::000000000000:role/runbooks' }),
  mints: { access_token: 1, aws: 0 },
  uses: 0,
  endings: [sample.halted],
  calls: 2,
  runs: true,
}

/** A comparison doubles nearly all states, so it has scenarios of its own with one credential of a kind. */
export const compared: Scenario = {
  ...quiet,
  name: 'the record of AWS is compared with the one call of a mediated action',
  ask: sample.sampleAsk({ credential: 'mediated' }),
  mints: { access_token: 1, aws: 1 },
  uses: 0,
  endings: [sample.halted],
  calls: 1,
  compares: true,
}

export const unsent: Scenario = {
  ...quiet,
  name: 'a call that is not sent at first, and begins again',
  ask: sample.sampleAsk({ credential: 'mediated' }),
  mints: { access_token: 1, aws: 0 },
  uses: 0,
  endings: [sample.halted],
  calls: 3,
}

const wide = sample.sampleAsk({ credential: 'token', uses: 5 })
const usesOf = (uses: number): Ask => sample.less(wide, { uses })
const lowRung = [
  sample.sampleStage('owner', { onSilence: { escalateTo: 'on-call', deadline: sample.minutes(10) } }),
  sample.sampleStage('sre', { deadline: sample.minutes(20), comment: 'required' }),
]
const highRung = [sample.sampleStage('owner'), sample.sampleStage('security')]

export const narrowed: Scenario = {
  name: 'a request that is narrowed again and again, and then needs a higher rung',
  tier: 2,
  stages: lowRung,
  ask: wide,
  left: [
    { ask: usesOf(4), tier: 2, stages: lowRung },
    { ask: usesOf(3), tier: 3, stages: highRung },
    { ask: usesOf(2), tier: 3, stages: highRung },
    { ask: usesOf(1), tier: 3, stages: highRung },
  ],
  rights: { ana: ['owner'], ben: ['owner'], cleo: ['sre'], sam: ['security'], olga: ['on-call'] },
  clicks: [
    ...approving('ana', 'cleo', 'sam'),
    { by: 'cleo', verdict: 'approve', comment: 'it will do' },
    { by: 'ana', verdict: 'approve', narrow: 'less' },
    { by: 'ana', verdict: 'approve', narrow: 'more' },
    { by: 'cleo', verdict: 'approve', narrow: 'less', comment: 'half will do' },
    { by: 'sam', verdict: 'approve', narrow: 'less' },
    { by: 'olga', verdict: 'approve', narrow: 'less' },
    { by: 'ben', verdict: 'deny' },
  ],
  losers: [],
  policyTurns: false,
  mints: { access_token: 1, aws: 0 },
  uses: 0,
}

export const absent: Scenario = {
  name: 'two stand-ins, one of them for the owner',
  tier: 2,
  stages: [sample.sampleStage('owner'), sample.sampleStage('sre', { deadline: sample.minutes(20) })],
  ask: sample.sampleAsk({ credential: 'token' }),
  rights: { ana: ['owner', 'sre'], ben: ['owner'], cleo: ['sre'], dora: ['owner', 'sre'] },
  clicks: [...both('nina', 'ana', 'noor'), ...approving('ben', 'cleo')],
  standIns: [
    { by: 'nina', for: 'ana' },
    { by: 'noor', for: 'dora' },
  ],
  comments: ['nina', 'ana', 'eve'],
  losers: ['ana'],
  policyTurns: false,
  mints: { access_token: 1, aws: 0 },
  uses: 1,
}

/** Ana told the agent to ask for it, and answers for noor while she is away; nina is her stand-in. */
export const revision: Scenario = {
  ...quiet,
  name: 'a revision that a person told the agent to ask for, which is sent back again',
  tier: 1,
  stages: [sample.sampleStage('owner')],
  ask: sample.sampleAsk({
    credential: 'token',
    revises: sample.requestId(40),
    suggestedBy: [sample.person('ana')],
    barred: [sample.person('ana'), sample.person('noor')],
  }),
  rights: { ana: ['owner'], ben: ['owner'], noor: ['owner'] },
  clicks: [
    ...both('ana', 'nina', 'noor', 'ben'),
    ...['ana', 'nina', 'ben', 'dora'].map((by): Click => ({ by, verdict: 'revise', toAgent: 'ask for less' })),
    { by: 'ben', verdict: 'revise' },
    { by: 'ben', verdict: 'revise', toAgent: 'ask for less', stale: 'digest' },
  ],
  standIns: [{ by: 'nina', for: 'ana' }],
  comments: ['ben'],
  mints: { access_token: 1, aws: 0 },
  uses: 1,
}

const [one, two] = [
  [sample.sampleStage('owner')],
  [sample.sampleStage('owner'), sample.sampleStage('sre', { deadline: sample.minutes(20) })],
] as const

export const askedBack: Scenario = {
  ...quiet,
  name: 'people ask the agent and each other, and the first answer binds its key',
  tier: 2,
  stages: two,
  ask: delegatedAsk({ credential: 'token' }),
  rights: { ana: ['owner'], ben: ['owner'], cleo: ['sre'], dora: ['owner', 'sre'] },
  clicks: approving('ben', 'cleo'),
  losers: ['ben'],
  mints: {},
  uses: 0,
  endings: [sample.halted],
  asksBack: {
    by: ['ben', 'cleo', 'dora'],
    questions: 2,
    answers: 3,
    calls: [
      ['ana', 'ben'],
      ['ana', 'ana'],
      ['ana', 'dora'],
    ],
  },
}

export const askedOften: Scenario = {
  ...quiet,
  name: 'as many questions and calls for colleagues as there may be, and one more',
  tier: 1,
  stages: one,
  ask: sample.sampleAsk({ credential: 'token' }),
  rights: Object.fromEntries(['ana', 'b1', 'b2', 'b3', 'b4', 'b5', 'b6'].map((name) => [name, ['owner']])),
  mints: {},
  uses: 0,
  asksBack: {
    by: ['ana'],
    questions: 6,
    answers: 0,
    calls: ['b1', 'b2', 'b3', 'b4', 'b5', 'b6'].map((to) => ['ana', to]),
  },
}

export const opening: Scenario = {
  ...quiet,
  name: 'a person uses break-glass, and others review it',
  ask: sample.openingAsk(),
  clicks: both('ana', 'jade'),
  policyTurns: true,
  mints: { access_token: 2, aws: 1 },
  uses: 0,
  endings: [sample.halted],
  closes: sample.closed,
  gives: [{ to: sample.builder, uses: 1 }],
  reviews: [{ by: 'gus' }, { by: 'jade' }, { by: 'kofi' }, { by: 'eve', outsider: true }],
}

export const openingAgain: Scenario = {
  ...quiet,
  name: 'an opening, and a clock that goes back an hour',
  ask: sample.openingAsk(),
  mints: { access_token: 2, aws: 1 },
  uses: 0,
  reviews: [{ by: 'gus' }],
  clockGoesBack: true,
}

export const openingCompared: Scenario = {
  ...openingAgain,
  name: 'the record of AWS is compared with an opening, and a clock goes back an hour',
  mints: { access_token: 1, aws: 1 },
  compares: true,
}

/** One common end, since each drift would add deadlines of its own. */
const soon = sample.submittedAt + sample.minutes(20)

export const drifting: Scenario = {
  ...quiet,
  name: 'a state that changes while people decide and after it, and then needs a higher rung',
  tier: 1,
  stages: one,
  ask: sample.sampleAsk({ credential: 'token', requestedUntil: soon }),
  states: [
    { name: 'a', tier: 1, stages: one },
    { name: 'b', tier: 2, stages: two },
    { name: 'c', tier: 2, stages: two },
  ],
  rights: { ana: ['owner'], ben: ['owner'], cleo: ['sre'] },
  clicks: [...approving('ana', 'cleo'), ...denying('ben')],
  mints: { access_token: 2, aws: 0 },
  uses: 1,
}

export const driftingSession: Scenario = {
  ...quiet,
  name: 'a state that changes between the token and the AWS credentials',
  ask: sample.sampleAsk({ credential: 'sts', requestedUntil: soon }),
  states: ['a', 'b'].map((name) => ({ name, tier: 0, stages: [] })),
  mints: { access_token: 2, aws: 2 },
  uses: 0,
}

export const driftingCall: Scenario = {
  ...quiet,
  name: 'a state that changes before the one call',
  ask: sample.sampleAsk({ credential: 'mediated', requestedUntil: soon }),
  states: ['a', 'b'].map((name) => ({ name, tier: 0, stages: [] })),
  mints: { access_token: 2, aws: 0 },
  uses: 0,
  calls: 2,
}

export const restless: Scenario = {
  ...quiet,
  name: 'a state that never rests',
  tier: 2,
  stages: two,
  ask: sample.sampleAsk({ credential: 'token', requestedUntil: soon }),
  states: ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, tier: 2, stages: two })),
  rights: { ana: ['owner'], cleo: ['sre'] },
  clicks: approving('ana', 'cleo'),
  mints: { access_token: 1, aws: 0 },
  uses: 0,
}

export const driftingLate: Scenario = {
  ...quiet,
  name: 'a state that changes late, and people get their time again',
  tier: 1,
  stages: one,
  ask: sample.sampleAsk({ credential: 'token' }),
  states: ['a', 'b'].map((name) => ({ name, tier: 1, stages: one })),
  rights: { ana: ['owner'] },
  clicks: approving('ana'),
  mints: { access_token: 1, aws: 0 },
  uses: 0,
}

const namedStages = [
  sample.sampleStage('owner', { typeTheName: true }),
  sample.sampleStage('sre', { deadline: sample.minutes(20), typeTheName: true }),
]

export const named: Scenario = {
  ...quiet,
  name: 'a tier that asks for the name of the resource, and a narrowing in it',
  tier: 2,
  stages: namedStages,
  ask: wide,
  left: [{ ask: usesOf(4), tier: 2, stages: namedStages }],
  rights: { ana: ['owner'], ben: ['owner'], cleo: ['sre'] },
  clicks: [
    ...both('ana', 'cleo'),
    { by: 'ana', verdict: 'approve', typed: 'timeout-ms' },
    { by: 'cleo', verdict: 'approve', typed: 'timeout-ms' },
    { by: 'ben', verdict: 'approve', typed: 'Timeout-ms' },
    { by: 'ana', verdict: 'approve', narrow: 'less', typed: 'timeout-ms' },
    { by: 'ana', verdict: 'approve', narrow: 'less' },
  ],
  mints: { access_token: 1, aws: 0 },
  uses: 0,
}

export const scenarios: readonly Scenario[] = [
  narrowed,
  named,
  absent,
  revision,
  tierZero,
  ahead,
  twoStages,
  quorumOfTwo,
  parent,
  child,
  deepest,
  mediated,
  compared,
  unsent,
  runs,
  opening,
  openingAgain,
  openingCompared,
  drifting,
  driftingSession,
  driftingCall,
  restless,
  driftingLate,
  askedBack,
  askedOften,
  ...registryScenarios,
]
