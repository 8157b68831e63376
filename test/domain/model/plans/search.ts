import type { Event } from '../../../../functions/domain/record/events.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import type { Refusal } from '../../../../functions/domain/refusals.ts'
import { submit, submittedAt } from '../../../support/ask.ts'
import { cameOf, line, type Reducer, traceOf } from '../search.ts'
import { type PlanRule, planRules } from './rules.ts'
import {
  commandsIn,
  firstPlanWorld,
  movesOf,
  type PlanScenario,
  type PlanWorld,
  type Requests,
  stagesOf,
  type Told,
} from './world.ts'

/** The knowledge of a reader of all ledgers of the plan, without the reducer. */
export type PlanWitness = {
  opened: readonly number[]
  /** The outcome of each step, by its number. */
  ended: { readonly [step: number]: string }
  /** The end of each request, by its number; the plan is 0. */
  ends: { readonly [n: number]: string }
  approved: readonly number[]
  struck: readonly number[]
}

export type PlanStepTaken = {
  scenario: PlanScenario
  reducer: Reducer
  world: PlanWorld
  /** The request that got the command: 0 is the plan. */
  to: number
  at: number
  before: Requests
  after: Requests
  events: readonly Event[]
  refusal: Refusal | undefined
  seen: PlanWitness
  sees: PlanWitness
}

export type PlanNode = {
  requests: Requests
  world: PlanWorld
  sees: PlanWitness
  from: PlanNode | undefined
  label: string
  to: number
  events: readonly Event[]
  refusal: Refusal | undefined
}

export type PlanFound = {
  states: number
  transitions: number
  events: Set<string>
  outcomes: Set<string>
  sample: PlanNode[]
  violation: { rule: PlanRule; why: string; trace: readonly string[] } | undefined
}

const sampled = 500

/**
 * Searches everything that may happen to a plan and the requests of its steps, breadth first: a trace is a shortest
 * one.
 */
export function searchPlan(scenario: PlanScenario, reducer: Reducer, rules = planRules): PlanFound {
  const found: PlanFound = {
    states: 0,
    transitions: 0,
    events: new Set(),
    outcomes: new Set(),
    sample: [],
    violation: undefined,
  }
  const known = new Set<string>()
  let layer: PlanNode[] = []
  const reach = (next: PlanNode[], node: PlanNode) => {
    const key = keyOf(node)
    if (known.has(key)) return
    known.add(key)
    if (known.size % sampled === 1) found.sample.push(node)
    next.push(node)
  }
  const breaks = (step: PlanStepTaken, from: PlanNode | undefined, label: string) => {
    for (const rule of rules) {
      const why = rule.broken(step)
      if (why === undefined) continue
      found.violation = { rule, why, trace: [...traceOf(from), line(label, cameOf(step))] }
      return true
    }
    return false
  }
  const follow = (next: PlanNode[], from: PlanNode, told: Told): boolean => {
    found.transitions += 1
    const step = take(scenario, reducer, from, told)
    for (const event of step.events) {
      found.events.add(event.type)
      if (event.type === 'StepEnded') found.outcomes.add(event.outcome)
    }
    const isVain = step.events.every(({ type }) => type === 'Refused')
    if (!isVain && breaks(step, from, told.label)) return false
    const world = step.refusal || !told.obeyed ? from.world : { ...from.world, ...told.obeyed }
    if (isVain && world === from.world) return true
    const { after: requests, sees, events, refusal } = step
    reach(next, {
      requests: isVain ? from.requests : requests,
      world,
      sees,
      from,
      label: told.label,
      to: told.to,
      events,
      refusal,
    })
    return true
  }

  const first: PlanNode = {
    ...{ requests: [undefined], world: firstPlanWorld, sees: noWitness, from: undefined },
    ...{ label: '', to: 0, events: [], refusal: undefined },
  }
  const { ask, tier } = scenario
  const begin = { label: 'submitted', to: 0, command: submit(ask, tier, { stages: stagesOf(scenario) }) }
  if (!follow(layer, first, begin)) return found
  while (layer.length > 0) {
    const next: PlanNode[] = []
    for (const node of layer) {
      for (const told of commandsIn(scenario, node.requests, node.world))
        if (!follow(next, node, told)) return { ...found, states: known.size }
      for (const { label, world } of movesOf(scenario, node.requests, node.world))
        reach(next, { ...node, world: { ...node.world, ...world }, from: node, label, events: [], refusal: undefined })
    }
    layer = next
  }
  return { ...found, states: known.size }
}

function take(
  scenario: PlanScenario,
  reducer: Reducer,
  from: PlanNode,
  { to, command, ahead = 0 }: Told,
): PlanStepTaken {
  const { requests: before, world, sees: seen } = from
  const at = submittedAt + world.now + ahead
  const state = before[to]
  const { events, refusal } = reducer.decide(state, command, at)
  const after = [...before]
  after[to] = events.reduce<ApprovalRequest | undefined>(reducer.evolve, state)
  const sees = events.reduce((all, event) => witness(all, to, event), seen)
  return { scenario, reducer, world, to, at, before, after, events, refusal: refusal?.code, seen, sees }
}

const noWitness: PlanWitness = { opened: [], ended: {}, ends: {}, approved: [], struck: [] }

function witness(seen: PlanWitness, to: number, event: Event): PlanWitness {
  switch (event.type) {
    case 'StepOpened':
      return { ...seen, opened: [...seen.opened, event.step] }
    case 'StepEnded':
      return { ...seen, ended: { ...seen.ended, [event.step]: event.outcome } }
    case 'Approved':
      return { ...seen, approved: [...seen.approved, to] }
    case 'Narrowed':
      return { ...seen, struck: (event.ask.steps ?? []).flatMap((step, index) => (step.struck ? [index + 1] : [])) }
    case 'Completed':
      return { ...seen, ends: { ...seen.ends, [to]: event.outcome } }
    case 'Denied':
    case 'Withdrawn':
    case 'Expired':
    case 'Revoked':
      return { ...seen, ends: { ...seen.ends, [to]: event.type } }
    default:
      return seen
  }
}

/** The key of a state, without the number of refusals, the times of past events, and the history of ended requests. */
function keyOf({ requests, world, sees }: PlanNode): string {
  const { now, halt, retired, changed, hand, intended } = world
  const [plan, ...steps] = requests
  const isOver = plan !== undefined && hasEnded(plan)
  const of = steps.map((state) => (state && isOver && hasEnded(state) ? 'over' : stateKey(state)))
  const asked = intended.filter((n) => steps[n - 1]?.status === 'approved')
  const own = `${now}|${halt}|${retired}|${changed}|${hand?.does}${hand?.step}${hand && 'outcome' in hand ? hand.outcome : ''}|${asked}`
  return isOver ? `${own}|${plan.status}|${of}` : `${own}|${sees.opened}|${stateKey(plan)}|${of}`
}
const hasEnded = ({ status }: ApprovalRequest) => status !== 'pending' && status !== 'approved'

const keys = new WeakMap<ApprovalRequest, string>()
function stateKey(state: ApprovalRequest | undefined): string {
  if (!state) return ''
  const known = keys.get(state)
  if (known !== undefined) return known
  const { status, round, stages, progress, ask } = state
  const decided = stages.map(({ decisions, deadline }) => [
    decisions.map(({ person, verdict }) => `${person}${verdict}`),
    status === 'pending' ? deadline : '',
  ])
  const turns = progress?.map((each) => `${each?.openedAt !== undefined}${each?.ended?.outcome}`)
  const grant = 'grant' in state && state.grant
  const { claimBy = 0, notAfter = 0, claimedAt, intents, credentials, uses } = grant || {}
  const held = `${claimBy},${notAfter},${claimedAt !== undefined},${intents?.access_token !== undefined},${credentials?.access_token !== undefined},${uses?.length}`
  const there = state.preview?.outcome === 'matched' ? state.preview.state[8] : ''
  const key = hasEnded(state)
    ? `${status}${'outcome' in state ? state.outcome : ''}`
    : `${status}${round}${ask.digest.slice(8, 16)}${decided}${turns}${grant ? held : ''}${there}`
  keys.set(state, key)
  return key
}
