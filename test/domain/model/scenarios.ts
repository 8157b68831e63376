import type { Stage } from '../../../functions/domain/ladder.ts'
import type { Ask, Claim, Verdict } from '../../../functions/domain/request.ts'
import { minutes, sampleAsk, sampleStage } from '../../support/ask.ts'

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
  mints: { readonly [claim in Claim]: number }
  /** How many uses a tool tries to begin, each with its own key. */
  uses: number
}

/** A decision that somebody tries. A click names no stage, carries the start of the digest. */
export type Click = { by: string; verdict: Verdict; stage?: string; stale?: 'digest' | 'round' }

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
  losers: ['ana', 'cleo'],
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
  losers: ['ana', 'sam', 'olga'],
  policyTurns: false,
  mints: { access_token: 1, aws: 0 },
  uses: 1,
}

export const scenarios: readonly Scenario[] = [tierZero, twoStages, quorumOfTwo]
