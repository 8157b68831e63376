import { type ChangeName, gainersOf } from '../../../functions/domain/agents/agent-change.ts'
import { type GovernedRegistry, nothingGoverned } from '../../../functions/domain/agents/governed-registry.ts'
import { nextRegistry } from '../../../functions/domain/agents/next-registry.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { Ask } from '../../../functions/domain/record/request.ts'
import { dayOf, defined, type JsonObject } from '../../../functions/domain/values.ts'
import * as sample from '../../support/ask.ts'
import { unwrap } from '../../support/unwrap.ts'
import { sampleBundle } from '../../support/world.ts'
import type { Click, Scenario, Version } from './scenarios.ts'

const { directory, ...rest } = sampleBundle()
const like = directory.people.slice(0, 1)
/** The folder beside the registry: the people of the scenarios, and no agents. */
export const folder: Bundle = {
  ...rest,
  agents: [],
  directory: {
    ...directory,
    people: ['ana', 'ben', 'dora', 'jade', 'noor', 'pia'].flatMap((name) =>
      like.map((each) => ({ ...each, id: sample.person(name), identities: [] })),
    ),
  },
}

/** Registries of any size. */
export const beside = (registry: GovernedRegistry) => ({ files: folder, registry, sizeOf: () => 0 })

type Move = readonly [made: string, action: ChangeName, args: JsonObject]
const { remediator, builder, submittedAt } = sample

/** The versions that changes make, as soon as the request is submitted. */
function versions(first: GovernedRegistry, moves: readonly Move[]): readonly Version[] {
  const all: Version[] = [{ made: 'as it was', registry: first }]
  for (const [made, action, args] of moves) {
    const before = all.at(-1)?.registry ?? first
    all.push({ made, registry: unwrap(nextRegistry(beside(before), { action, arguments: args }, submittedAt)).next })
  }
  return all
}

const entry = (id: string): JsonObject => ({
  ...{ id, identities: [{ issuer: 'workloads', subject: id.replace(':', '-') }] },
  ...{ owner: 'person:dora', backupOwner: 'person:noor', autonomy: 'supervised', runsOn: { other: 'a desk' } },
  recertifyBy: dayOf(submittedAt + 60 * 86_400),
})
const registering = { action: 'hotwork:RegisterAgent', arguments: entry(remediator) }
/** `dora` and `noor` answer for the agent. */
const { next: registered } = unwrap(nextRegistry(beside(nothingGoverned), registering, submittedAt - 3600))

const another: Move = ['another agent is registered', 'hotwork:RegisterAgent', entry(builder)]
const anaToo: Move = ['ana answers for it too', 'hotwork:ChangeAgent', { id: remediator, backupOwner: 'person:ana' }]
const toBen: Move = ['it goes to ben', 'hotwork:TransferAgent', { id: remediator, owner: 'person:ben' }]
const raised: Move = ['it works alone', 'hotwork:ChangeAgent', { id: remediator, autonomy: 'autonomous' }]
const retired: Move = ['it is retired', 'hotwork:RetireAgent', { id: remediator }]

const stage = sample.sampleStage('owner')
const approving = (...names: string[]): Click[] => names.map((by) => ({ by, verdict: 'approve' }))
const both = (...names: string[]): Click[] =>
  names.flatMap((by): Click[] => [...approving(by), { by, verdict: 'deny' }])

export const agentMoves: Scenario = {
  name: 'the agent changes hands while people decide on what it asks, and after',
  tier: 2,
  stages: [stage, sample.sampleStage('sre', { deadline: sample.minutes(20) })],
  ask: sample.sampleAsk({ credential: 'token' }),
  registries: versions(registered, [another, anaToo, toBen]),
  rights: { ana: ['owner', 'sre'], ben: ['owner'], cleo: ['sre'] },
  clicks: [...approving('ana', 'ben', 'cleo'), { by: 'ana', verdict: 'deny' }],
  losers: [],
  policyTurns: false,
  mints: { access_token: 1, aws: 0 },
  uses: 1,
  gives: [{ to: builder, uses: 1 }],
}

/** A change by `jade` as production records it; people of every side may decide it by policy. */
function changing(name: string, [, action, args]: Move, registry: GovernedRegistry, moves: readonly Move[]): Scenario {
  const { before, after } = unwrap(nextRegistry(beside(registry), { action, arguments: args }, submittedAt))
  const { jkt: _, ...ask }: Ask = sample.registryAsk({
    ...{ action, arguments: args, resource: { type: 'agent', id: after.id }, barred: [...gainersOf(before, after)] },
    change: defined({ before, accepts: action === 'hotwork:TransferAgent' ? after.owner : undefined }),
  })
  return {
    ...{ name, ask, tier: 1, stages: [stage], registries: versions(registry, moves) },
    rights: Object.fromEntries(['ana', 'dora', 'jade', 'nina', 'noor', 'pia'].map((each) => [each, ['owner']])),
    clicks: [
      ...both('ana', 'dora', 'jade', 'nina', 'noor', 'pia'),
      { by: 'ana', verdict: 'revise', toAgent: 'ask for less' },
      { by: 'ana', verdict: 'approve', toAgent: 'do it by night' },
      { by: 'ana', verdict: 'approve', narrow: 'less' },
    ],
    standIns: [{ by: 'nina', for: 'noor' }],
    accepts: ['pia', 'dora', 'ana'],
    ...{ losers: ['ana'], policyTurns: true, endings: [sample.halted] },
    ...{ mints: { access_token: 1 }, uses: 0, gives: [{ to: builder, uses: 1 }] },
    asksBack: { by: ['ana'], questions: 1, answers: 1, calls: [] },
  }
}

const registration = changing(
  'an agent is registered, and its identity and its name are taken meanwhile',
  ['', 'hotwork:RegisterAgent', { ...entry(remediator), owner: 'person:pia' }],
  nothingGoverned,
  [
    ['its identity is taken', 'hotwork:RegisterAgent', { ...entry(remediator), id: builder }],
    ['its name is taken', 'hotwork:RegisterAgent', { ...entry(builder), id: remediator }],
  ],
)

/** A round after it doubles all clicks, so only one change has it. */
export const registers: Scenario = {
  ...registration,
  left: [{ ask: sample.less(registration.ask, { minutes: 1 }), tier: 1, stages: [stage] }],
}

export const transfers = changing(
  'an agent is transferred, and its registration moves meanwhile',
  ['', 'hotwork:TransferAgent', { id: remediator, owner: 'person:pia', backupOwner: 'person:noor' }],
  registered,
  [another, raised],
)

export const registryScenarios: readonly Scenario[] = [
  agentMoves,
  registers,
  transfers,
  changing(
    'an owner is added to an agent, and another owner meanwhile',
    ['', 'hotwork:ChangeAgent', { id: remediator, backupOwner: 'person:pia' }],
    registered,
    [another, anaToo],
  ),
  changing('an agent is retired, and goes to another owner meanwhile', retired, registered, [another, toBen]),
]
