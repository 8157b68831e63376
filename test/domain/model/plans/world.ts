import type { Command, Ending, ReadAgain } from '../../../../functions/domain/record/commands.ts'
import { keptSteps, type StepOutcome, stepInTurn } from '../../../../functions/domain/record/plan-step.ts'
import type { ApprovalRequest, Ask } from '../../../../functions/domain/record/request.ts'
import { outcomeOfStep, waitsForTurn } from '../../../../functions/domain/requests/advance-plan.ts'
import { asOf, dueAt } from '../../../../functions/domain/requests/due.ts'
import type { AgentId } from '../../../../functions/domain/values.ts'
import * as sample from '../../../support/ask.ts'
import { samplePlan, sampleStep, stepAsk } from '../../../support/plan.ts'

/** A plan, the requests of its steps, and everything that may happen to them in any order. */
export type PlanScenario = {
  name: string
  ask: Ask
  tier: 0 | 1
  /** The ask after an approver has struck out a step. */
  left?: Ask
  /** The targets that may be halted, once: all, or one agent. */
  halts: readonly string[]
  /** The step whose agent may be retired. */
  retires?: number
  /** Whether the state at step 2 may change. */
  drifts?: true
  /** Whether an advance may write long after its reading. */
  late: boolean
  /** Whether a reader's clock may be a second ahead of all others. */
  aheads?: true
  /** The acts of agents and people that are tried. */
  acts: readonly Act[]
}
type Act = 'use' | 'fail' | 'deny' | 'revoke' | 'withdraw' | 'planner'

/** The pending write of an advance, which it may make late, twice or never. */
type Hand = { does: 'open'; step: number } | { does: 'end'; step: number; outcome: StepOutcome; because?: string }

export type PlanWorld = {
  /** Seconds after the submission. */
  now: number
  halt: string | undefined
  retired: boolean
  changed: boolean
  hand: Hand | undefined
  /** The requests for which a token was intended. */
  intended: readonly number[]
}
export const firstPlanWorld: PlanWorld = {
  now: 0,
  halt: undefined,
  retired: false,
  changed: false,
  hand: undefined,
  intended: [],
}

/** The requests: 0 is the plan, n is step n. */
export type Requests = readonly (ApprovalRequest | undefined)[]
export type Told = {
  label: string
  to: number
  command: Command
  obeyed?: Partial<PlanWorld>
  /** Seconds by which the caller's clock is ahead. */
  ahead?: number
}
type Move = { label: string; world: Partial<PlanWorld> }

const stage = sample.sampleStage('owner')
export const stagesOf = ({ tier }: PlanScenario) => (tier === 0 ? [] : [stage])
const rights = { [sample.person('ana')]: ['owner'], [sample.person('dora')]: ['owner'] }

const planAt = (requests: Requests, now: number): ApprovalRequest =>
  asOf(requests[0] as ApprovalRequest, sample.submittedAt + now)

/** The ending of a request at that moment: a halt of one of its agents, or the end of its plan. */
export function endingOf(requests: Requests, n: number, { halt, now }: PlanWorld): Ending | undefined {
  const state = requests[n]
  if (!state) return undefined
  const { ask } = state
  const agents = [ask.agent.id, ...ask.chain.map(({ id }) => id)] as readonly string[]
  const asked = state.status === 'pending' ? keptSteps(state).map(({ agent }) => agent as string) : []
  if (halt !== undefined && (halt === 'all' || agents.includes(halt) || asked.includes(halt))) return sample.halted
  const plan = planAt(requests, now)
  const stopped = halt !== undefined && (halt === 'all' || halt === sample.otherAgent)
  if (n > 0 && (plan.status !== 'approved' || stopped)) return { by: 'ancestor', id: plan.ask.id }
  return undefined
}

/** The next write of an advance, by the present records: see `advancePlan`. */
export function advanceOf(scenario: PlanScenario, requests: Requests, world: PlanWorld): readonly Told[] {
  const plan = planAt(requests, world.now)
  const step = plan.status === 'approved' ? stepInTurn(plan) : undefined
  if (!step) return []
  const missing = keptSteps(plan).filter(({ progress, step: n }) => !progress.ended && !requests[n])
  if (missing[0]) return missing.slice(0, 1).map(({ step: n }) => made(scenario, plan, n))
  if (step.progress.openedAt === undefined) return [toldOf({ does: 'open', step: step.step })]
  const stored = requests[step.step] as ApprovalRequest
  const child = asOf(stored, sample.submittedAt + world.now)
  if (waitsForTurn(child)) return [begun(scenario, requests, step.step, world)]
  if (!outcomeOfStep(child)) return []
  const ended = outcomeOfStep(stored)
  // An end by time goes on its own record first, so that no reader's clock decides the outcome.
  if (!ended) return [{ label: `the end of step ${step.step} is written`, to: step.step, command: sample.wake }]
  return [toldOf({ does: 'end', step: step.step, ...ended })]
}

function made(scenario: PlanScenario, plan: ApprovalRequest, n: number): Told {
  const ask = stepAsk(plan.ask, n, 'grant' in plan ? (plan.grant?.notAfter ?? 0) : 0)
  const found = scenario.drifts && n === 2 ? { preview: sample.preview('a') } : {}
  const stages = plan.stages.map(({ terms }) => terms)
  const command = sample.submit(ask, plan.tier, { stages, inherits: plan.stages, ...found })
  return { label: `the request of step ${n} is made`, to: n, command }
}

function begun({ retires }: PlanScenario, requests: Requests, n: number, world: PlanWorld): Told {
  const ending = endingOf(requests, n, world)
  const command: Command = {
    type: 'begin_turn',
    bundle: sample.bundle,
    ...(ending ? { ending } : {}),
    ...(retires === n && world.retired ? { unfit: 'agent_retired' } : {}),
  }
  return { label: `the turn of step ${n} begins`, to: n, command }
}

export const toldOf = (hand: Hand): Told =>
  hand.does === 'open'
    ? {
        label: `step ${hand.step} is opened`,
        to: 0,
        command: { type: 'open_step', step: hand.step, bundle: sample.bundle },
      }
    : {
        label: `step ${hand.step} is ended as ${hand.outcome}`,
        to: 0,
        command: {
          type: 'end_step',
          step: hand.step,
          outcome: hand.outcome,
          bundle: sample.bundle,
          ...(hand.because === undefined ? {} : { because: hand.because }),
        },
      }

/** Every possible command to one of the requests, also those that will be refused. */
export const commandsIn = (scenario: PlanScenario, requests: Requests, world: PlanWorld): readonly Told[] => [
  ...ofPlan(scenario, requests, world),
  ...requests.flatMap((state, n) => (state && n > 0 ? ofStep(scenario, requests, n, state, world) : [])),
  ...advanceOf(scenario, requests, world),
  ...(scenario.aheads
    ? advanceOf(scenario, requests, { ...world, now: world.now + 1 }).map((told) => ({
        ...told,
        label: `${told.label}, by a clock a second ahead`,
        ahead: 1,
      }))
    : []),
  ...(world.hand ? [{ ...toldOf(world.hand), obeyed: { hand: undefined } }] : []),
]

const endingIn = (requests: Requests, n: number, world: PlanWorld) => {
  const ending = endingOf(requests, n, world)
  return ending ? { ending } : {}
}

function ofPlan(scenario: PlanScenario, requests: Requests, world: PlanWorld): readonly Told[] {
  const { ask, round } = requests[0] as ApprovalRequest
  const { acts, left } = scenario
  const ending = endingIn(requests, 0, world)
  const decides = (name: string, verdict: 'approve' | 'deny', narrowed = {}): Command =>
    sample.decision(ask, name, verdict, { eligible: rights, round, ...ending, ...narrowed })
  const narrowed = left && {
    narrowed: {
      ok: true as const,
      ...{ ask: left, tier: 1, stages: stagesOf(scenario), policies: [], eligible: ['owner'], permittedBy: {} },
    },
  }
  const own = { agent: ask.agent.id as AgentId }
  return [
    { label: 'ana approves the plan', to: 0, command: decides('ana', 'approve') },
    { label: 'dora, who owns the agent of a step, approves the plan', to: 0, command: decides('dora', 'approve') },
    ...(narrowed ? [{ label: 'ana strikes out step 2', to: 0, command: decides('ana', 'approve', narrowed) }] : []),
    ...(acts.includes('deny') ? [{ label: 'ana denies the plan', to: 0, command: decides('ana', 'deny') }] : []),
    ...(acts.includes('revoke') ? [{ label: 'rita revokes the plan', to: 0, command: sample.revocation('rita') }] : []),
    { label: 'a caller reads the plan', to: 0, command: { ...sample.wake, ...ending } },
    ...(acts.includes('planner')
      ? [
          { label: 'the planner withdraws the plan', to: 0, command: sample.withdrawal(own) },
          { label: 'the planner gives the plan up', to: 0, command: sample.completion({ ...own, outcome: 'failed' }) },
          { label: 'the planner says that it succeeded', to: 0, command: sample.completion({ ...own }) },
          {
            label: 'the planner asks for a token',
            to: 0,
            command: sample.intent('access_token', sample.credentialId(1), { ...own, ...ending }),
          },
          { label: 'the planner delegates', to: 0, command: sample.delegation(61, { ...own, ...ending }) },
        ]
      : []),
  ]
}

const readingIn = ({ drifts, tier }: PlanScenario, n: number, { changed }: PlanWorld): { reading?: ReadAgain } =>
  drifts && n === 2
    ? {
        reading: {
          preview: sample.preview(changed ? 'b' : 'a'),
          again: { ok: true, tier, stages: tier === 0 ? [] : [stage], policies: ['permit-again'] },
        },
      }
    : {}

function ofStep(
  scenario: PlanScenario,
  requests: Requests,
  n: number,
  { ask, round }: ApprovalRequest,
  world: PlanWorld,
): readonly Told[] {
  const { acts } = scenario
  const own = { agent: ask.agent.id as AgentId }
  const ending = endingIn(requests, n, world)
  const token = sample.credentialId(n)
  const decides = (verdict: 'approve' | 'deny') =>
    sample.decision(ask, 'ana', verdict, { eligible: rights, round, ...ending })
  const tell = (label: string, command: Command, obeyed: Partial<PlanWorld> = {}): Told => ({
    label: `${label} of step ${n}`,
    to: n,
    command,
    obeyed,
  })
  return [
    tell('ana approves the request', decides('approve')),
    ...(acts.includes('deny') ? [tell('ana denies the request', decides('deny'))] : []),
    ...(acts.includes('revoke') ? [tell('rita revokes the request', sample.revocation('rita'))] : []),
    ...(acts.includes('withdraw') ? [tell('the agent withdraws the request', sample.withdrawal(own))] : []),
    ...(acts.includes('fail')
      ? [tell('the agent tells the failure', sample.completion({ ...own, outcome: 'failed' }))]
      : []),
    tell('the agent tells the success', sample.completion(own)),
    tell('a caller reads the request', { ...sample.wake, ...ending }),
    ...(world.intended.includes(n)
      ? []
      : [
          tell(
            'the token is intended',
            sample.intent('access_token', token, {
              ...own,
              eligible: rights,
              ...ending,
              ...readingIn(scenario, n, world),
            }),
            { intended: [...world.intended, n].sort() },
          ),
        ]),
    ...(world.intended.includes(n) ? [tell('the token is recorded', sample.issuance('access_token', token, own))] : []),
    ...(acts.includes('use') && world.intended.includes(n)
      ? [tell('a use begins', sample.useBegin(token, 1, { eligible: rights, ...ending }))]
      : []),
  ]
}

const minutesOf = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`

/** The possible changes without a command. */
export function movesOf(scenario: PlanScenario, requests: Requests, world: PlanWorld): readonly Move[] {
  const { now, halt, retired, changed, hand } = world
  const dues = requests.flatMap((state) => {
    const due = state && dueAt(asOf(state, sample.submittedAt + now))
    return due === undefined ? [] : [due - sample.submittedAt]
  })
  if (dues.length === 0 && !hand) return []
  const next = Math.min(...dues)
  const at = (to: number, what: string): Move[] =>
    to > now && Number.isFinite(to) ? [{ label: `it is ${minutesOf(to)}, ${what}`, world: { now: to } }] : []
  const read = (seen: PlanWorld, what: string): Move[] =>
    advanceOf(scenario, requests, seen).flatMap(({ to, command }): Move[] => {
      if (to !== 0) return []
      if (command.type === 'open_step') return [{ label: what, world: { hand: { does: 'open', step: command.step } } }]
      const { step, outcome, because } = command as Extract<Command, { type: 'end_step' }>
      return [
        { label: what, world: { hand: { does: 'end', step, outcome, ...(because === undefined ? {} : { because }) } } },
      ]
    })
  return [
    ...at(next - 1, 'a second before a deadline'),
    ...at(next, 'a deadline'),
    ...(halt === undefined
      ? scenario.halts.map((each) => ({ label: `${each} is halted`, world: { halt: each } }))
      : []),
    ...(scenario.retires !== undefined && !retired
      ? [{ label: `the agent of step ${scenario.retires} is retired`, world: { retired: true } }]
      : []),
    ...(scenario.drifts && !changed ? [{ label: 'the state at step 2 changes', world: { changed: true } }] : []),
    ...(scenario.late && !hand ? read(world, 'an advance has read, and is slow') : []),
    ...(scenario.aheads && !hand ? read({ ...world, now: now + 1 }, 'an advance has read, a second ahead') : []),
  ]
}

const two = [sampleStep(1, 'agent:remediator', 'dora'), sampleStep(2, 'agent:builder', 'ben')].map((step) => ({
  ...step,
  credential: 'token' as const,
}))
const third = { ...sampleStep(3, 'agent:remediator', 'dora'), credential: 'token' as const }
const struckOut = samplePlan({
  steps: [...two, third].map((step, index) => (index === 1 ? { ...step, struck: true as const } : step)),
})

export const threeSteps: PlanScenario = {
  name: 'a plan of three steps by two agents, of which one may be struck out',
  ask: samplePlan({ steps: [...two, third] }),
  tier: 1,
  left: struckOut,
  halts: ['agent:builder'],
  late: true,
  acts: ['fail', 'revoke', 'planner'],
}

export const stoppedPlan: PlanScenario = {
  name: 'a plan of two steps that people, agents and halts may stop at any time',
  ask: samplePlan({ steps: two }),
  tier: 1,
  halts: ['all', 'agent:builder', sample.otherAgent],
  retires: 2,
  late: true,
  acts: ['use', 'fail', 'deny', 'revoke', 'withdraw', 'planner'],
}

export const retiredPlan: PlanScenario = {
  name: 'a plan of two steps whose second agent is retired, and an advance that is slow',
  ask: samplePlan({ steps: two }),
  tier: 0,
  halts: [],
  retires: 2,
  late: true,
  acts: ['fail', 'revoke', 'withdraw'],
}

const driftingPlan: PlanScenario = {
  name: 'a plan of two steps, and another state where the second acts',
  ask: samplePlan({ steps: two }),
  tier: 1,
  halts: [],
  drifts: true,
  late: false,
  acts: ['fail', 'deny', 'use'],
}

export const aheadPlan: PlanScenario = {
  name: 'a plan of two steps, and an advance whose clock is a second ahead',
  ask: samplePlan({ steps: two }),
  tier: 0,
  halts: [],
  late: true,
  aheads: true,
  acts: ['fail'],
}

export const planScenarios: readonly PlanScenario[] = [threeSteps, stoppedPlan, retiredPlan, driftingPlan, aheadPlan]
