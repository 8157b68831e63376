import type { Stage } from '../../../functions/domain/policy/ladder.ts'
import type { Ending } from '../../../functions/domain/record/commands.ts'
import type { Ask, Delegator, StageState } from '../../../functions/domain/record/request.ts'
import type { AgentId, PersonId, Verdict } from '../../../functions/domain/values.ts'
import type { IssuedKind } from '../../../functions/targets/kinds.ts'
import {
  builder,
  closed,
  halted,
  less,
  minutes,
  openingAsk,
  orphaned,
  otherAgent,
  person,
  remediator,
  requestId,
  sampleAsk,
  sampleStage,
  submittedAt,
} from '../../support/ask.ts'

/** One request, and the people and things around it that may act on it in any order. */
export type Scenario = {
  name: string
  tier: number
  stages: readonly Stage[]
  ask: Ask
  /** Who may decide under which names, as long as they have not lost the right. */
  rights: { readonly [name: string]: readonly string[] }
  /** What people try, each of it as often as they like. */
  clicks: readonly Click[]
  /** Who may lose the right to decide, and regain it. */
  losers: readonly string[]
  /** Whether policy may change its mind about the request, and change it back. */
  policyTurns: boolean
  /** How many credentials of each kind the agent tries to get. */
  mints: { readonly [claim in IssuedKind]?: number }
  /** How many uses a tool tries to begin, each with its own key. */
  uses: number
  /** For what was delegated: the parent's stages, as they were decided. */
  inherits?: readonly StageState[]
  /** What may end it whatever policy says. */
  endings?: readonly Ending[]
  /** What the agent tries to give away, each to a child of its own. */
  gives?: readonly Gift[]
  /** Whether the agent's registration lets it change its key. */
  mayRebind?: boolean
  /** How often the agent tries to have the one call made. */
  calls?: number
  /** What approvers would leave of it, one narrowing after the other, and on which rung. */
  left?: readonly Left[]
  /** Who is to decide in whose stead, for as long as that holds. */
  standIns?: readonly { by: string; for: string }[]
  /** Who says afterwards why they decided so. */
  comments?: readonly string[]
  /** Who looks at it afterwards, where break-glass is used; `outsider` is one whom policy does not let. */
  reviews?: readonly { by: string; outsider?: boolean }[]
  /** The word of whatever keeps incidents, said as often as it likes: nobody else finds it. */
  closes?: Ending
  /** Whether the record of AWS is held against it, as often as it likes. */
  compares?: true
  /** Whether the clock of whoever decides may once be an hour behind what it said before. */
  clockGoesBack?: boolean
  /** What may be there, one after the other, each with the rung that it needs. The first is there at the submission. */
  states?: readonly { name: string; tier: number; stages: readonly Stage[] }[]
}

/** A request as a narrowing leaves it. */
export type Left = { ask: Ask; tier: number; stages: readonly Stage[] }

/** Everything that is asked from one round to the next, the first one first. */
export const roundsOf = ({ ask, tier, stages, left = [], states = [] }: Scenario): readonly Left[] => [
  { ask, tier, stages },
  ...left,
  ...states.slice(1).map(() => ({ ask, tier, stages })),
]

/** A delegation that somebody tries. Without `notAfter` it is to end ten minutes after the submission. */
export type Gift = { to: AgentId; uses: number; notAfter?: number; outside?: boolean }

/** A decision that somebody tries. A click names no stage, carries the start of the digest. */
export type Click = {
  by: string
  verdict: Verdict
  stage?: string
  stale?: 'digest' | 'round'
  /** Leaves less of it, or would have more. */
  narrow?: 'less' | 'more'
  comment?: string
}

const both = (...names: string[]): Click[] =>
  names.flatMap((by) => [
    { by, verdict: 'approve' },
    { by, verdict: 'deny' },
  ])

export const tierZero: Scenario = {
  name: 'tier 0, both kinds of credential',
  tier: 0,
  stages: [],
  ask: sampleAsk({ uses: 1 }),
  rights: {},
  clicks: both('ana', 'dora'),
  losers: [],
  policyTurns: true,
  mints: { access_token: 2, aws: 2 },
  uses: 2,
}

/** Ten minutes ahead: people decide before, and nothing is claimed before. */
export const ahead: Scenario = {
  name: 'a start ahead',
  tier: 1,
  stages: [sampleStage('owner')],
  ask: sampleAsk({ uses: 1, credential: 'token', notBefore: submittedAt + minutes(10) }),
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
    sampleStage('owner', { onSilence: { escalateTo: 'on-call', deadline: minutes(10) } }),
    sampleStage('sre', { deadline: minutes(20) }),
  ],
  ask: sampleAsk({ credential: 'token' }),
  rights: { ana: ['owner', 'sre'], ben: ['owner'], cleo: ['sre'], dora: ['owner', 'sre'] },
  clicks: [
    ...both('ana', 'cleo'),
    { by: 'ben', verdict: 'approve' },
    { by: 'dora', verdict: 'approve' },
    { by: 'eve', verdict: 'deny' },
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
    sampleStage('owner', { deadline: minutes(20) }),
    sampleStage('security', { quorum: 2, onSilence: { escalateTo: 'on-call', deadline: minutes(10) } }),
  ],
  ask: sampleAsk({ credential: 'token' }),
  rights: {
    ana: ['owner'],
    sam: ['security'],
    siri: ['security'],
    sven: ['owner', 'security'],
    olga: ['on-call'],
    dora: ['security', 'on-call'],
  },
  clicks: [...both('sam', 'olga'), ...['ana', 'siri', 'sven', 'dora'].map((by): Click => ({ by, verdict: 'approve' }))],
  losers: ['olga'],
  policyTurns: false,
  mints: { access_token: 1, aws: 0 },
  uses: 1,
}

const quiet = { clicks: [], losers: [], policyTurns: false, rights: {}, tier: 0, stages: [] }

/** The agents through whose hands something went, the first one first, each with an owner of its own. */
const through = (...names: string[]): Delegator[] =>
  names.map((name) => ({
    id: `agent:${name}` as AgentId,
    issuer: 'https://agents.example',
    subject: name,
    owner: person(`${name}-owner`) as PersonId,
  }))

/** An ask that nobody's key has asked. */
const delegatedAsk = (changes: Parameters<typeof sampleAsk>[0]): Ask => {
  const { jkt: _, ...ask } = sampleAsk(changes)
  return ask
}

export const parent: Scenario = {
  ...quiet,
  name: 'a grant of two uses, given away in part',
  ask: sampleAsk({ credential: 'token', uses: 2 }),
  policyTurns: true,
  mints: { access_token: 1, aws: 0 },
  uses: 2,
  endings: [halted],
  gives: [
    { to: builder, uses: 1 },
    { to: otherAgent, uses: 2 },
    { to: builder, uses: 1, notAfter: submittedAt + minutes(75) + 1 },
    { to: builder, uses: 1, outside: true },
    { to: remediator, uses: 1 },
  ],
}

const asked = sampleStage('owner')

export const child: Scenario = {
  ...quiet,
  name: 'what was delegated twice, approved with its first parent',
  tier: 1,
  stages: [asked],
  ask: delegatedAsk({
    credential: 'token',
    uses: 2,
    chain: through('first', 'planner'),
    ancestors: [requestId(40), requestId(41)],
    requestedUntil: submittedAt + minutes(20),
  }),
  inherits: [
    { terms: asked, decisions: [{ person: person('ana'), verdict: 'approve', as: 'owner', at: submittedAt - 60 }] },
  ],
  rights: { ana: ['owner'], ben: ['owner'] },
  clicks: [
    { by: 'ana', verdict: 'deny' },
    { by: 'ben', verdict: 'approve' },
  ],
  losers: ['ana'],
  mints: { access_token: 2, aws: 0 },
  uses: 1,
  endings: [orphaned, halted],
  gives: [
    { to: otherAgent, uses: 1 },
    { to: builder, uses: 1 },
  ],
}

export const deepest: Scenario = {
  ...quiet,
  name: 'what was delegated three times',
  ask: delegatedAsk({
    credential: 'token',
    chain: through('first', 'second', 'third'),
    ancestors: [requestId(40), requestId(41), requestId(42)],
  }),
  inherits: [],
  mints: { access_token: 1, aws: 0 },
  uses: 1,
  endings: [orphaned],
  gives: [{ to: builder, uses: 1 }],
}

export const mediated: Scenario = {
  ...quiet,
  name: 'the one call of a mediated action, for an agent that changes its key',
  ask: sampleAsk({ credential: 'mediated' }),
  policyTurns: true,
  mints: { access_token: 2, aws: 1 },
  uses: 0,
  endings: [halted],
  mayRebind: true,
  calls: 1,
}

/** Comparing makes nearly every state of before two, so it has worlds of its own, with one credential of a kind. */
export const compared: Scenario = {
  ...quiet,
  name: 'the record of AWS is compared with the one call of a mediated action',
  ask: sampleAsk({ credential: 'mediated' }),
  mints: { access_token: 1, aws: 1 },
  uses: 0,
  endings: [halted],
  calls: 1,
  compares: true,
}

export const unsent: Scenario = {
  ...quiet,
  name: 'a call that is not sent at first, and begun anew',
  ask: sampleAsk({ credential: 'mediated' }),
  mints: { access_token: 1, aws: 0 },
  uses: 0,
  endings: [halted],
  calls: 3,
}

const wide = sampleAsk({ credential: 'token', uses: 5 })
const usesOf = (uses: number): Ask => less(wide, { uses })
const lowRung = [
  sampleStage('owner', { onSilence: { escalateTo: 'on-call', deadline: minutes(10) } }),
  sampleStage('sre', { deadline: minutes(20), comment: 'required' }),
]
const highRung = [sampleStage('owner'), sampleStage('security')]

export const narrowed: Scenario = {
  name: 'what is made less again and again, and needs a higher rung then',
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
    ...['ana', 'cleo', 'sam'].map((by): Click => ({ by, verdict: 'approve' })),
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
  name: 'two who decide in the stead of others, one of these the owner',
  tier: 2,
  stages: [sampleStage('owner'), sampleStage('sre', { deadline: minutes(20) })],
  ask: sampleAsk({ credential: 'token' }),
  rights: { ana: ['owner', 'sre'], ben: ['owner'], cleo: ['sre'], dora: ['owner', 'sre'] },
  clicks: [...both('nina', 'ana', 'noor'), { by: 'ben', verdict: 'approve' }, { by: 'cleo', verdict: 'approve' }],
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

export const opening: Scenario = {
  ...quiet,
  name: 'a person uses break-glass, and others look at it',
  ask: openingAsk(),
  clicks: both('ana', 'jade'),
  policyTurns: true,
  mints: { access_token: 2, aws: 1 },
  uses: 0,
  endings: [halted],
  closes: closed,
  gives: [{ to: builder, uses: 1 }],
  reviews: [{ by: 'gus' }, { by: 'jade' }, { by: 'kofi' }, { by: 'eve', outsider: true }],
}

export const openingAgain: Scenario = {
  ...quiet,
  name: 'an opening, and a clock that goes back an hour',
  ask: openingAsk(),
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

const [one, two] = [
  [sampleStage('owner')],
  [sampleStage('owner'), sampleStage('sre', { deadline: minutes(20) })],
] as const
/** All deadlines are one, since each drift would add deadlines of its own. */
const soon = submittedAt + minutes(20)

export const drifting: Scenario = {
  ...quiet,
  name: 'what is there changes while people decide and after it, and needs a higher rung then',
  tier: 1,
  stages: one,
  ask: sampleAsk({ credential: 'token', requestedUntil: soon }),
  states: [
    { name: 'a', tier: 1, stages: one },
    { name: 'b', tier: 2, stages: two },
    { name: 'c', tier: 2, stages: two },
  ],
  rights: { ana: ['owner'], ben: ['owner'], cleo: ['sre'] },
  clicks: [
    { by: 'ana', verdict: 'approve' },
    { by: 'cleo', verdict: 'approve' },
    { by: 'ben', verdict: 'deny' },
  ],
  mints: { access_token: 2, aws: 0 },
  uses: 1,
}

export const driftingSession: Scenario = {
  ...quiet,
  name: 'what is there changes between the token and the AWS credentials',
  ask: sampleAsk({ credential: 'sts', requestedUntil: soon }),
  states: ['a', 'b'].map((name) => ({ name, tier: 0, stages: [] })),
  mints: { access_token: 2, aws: 2 },
  uses: 0,
}

export const driftingCall: Scenario = {
  ...quiet,
  name: 'what is there changes before the one call',
  ask: sampleAsk({ credential: 'mediated', requestedUntil: soon }),
  states: ['a', 'b'].map((name) => ({ name, tier: 0, stages: [] })),
  mints: { access_token: 2, aws: 0 },
  uses: 0,
  calls: 2,
}

export const restless: Scenario = {
  ...quiet,
  name: 'what is there never rests',
  tier: 2,
  stages: two,
  ask: sampleAsk({ credential: 'token', requestedUntil: soon }),
  states: ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, tier: 2, stages: two })),
  rights: { ana: ['owner'], cleo: ['sre'] },
  clicks: [
    { by: 'ana', verdict: 'approve' },
    { by: 'cleo', verdict: 'approve' },
  ],
  mints: { access_token: 1, aws: 0 },
  uses: 0,
}

export const driftingLate: Scenario = {
  ...quiet,
  name: 'what is there changes late, and people have their time again',
  tier: 1,
  stages: one,
  ask: sampleAsk({ credential: 'token' }),
  states: ['a', 'b'].map((name) => ({ name, tier: 1, stages: one })),
  rights: { ana: ['owner'] },
  clicks: [{ by: 'ana', verdict: 'approve' }],
  mints: { access_token: 1, aws: 0 },
  uses: 0,
}

export const scenarios: readonly Scenario[] = [
  narrowed,
  absent,
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
  opening,
  openingAgain,
  openingCompared,
  drifting,
  driftingSession,
  driftingCall,
  restless,
  driftingLate,
]
