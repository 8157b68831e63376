import type { saidByState } from '../../../functions/domain/anchor/receipt.ts'
import type { Command } from '../../../functions/domain/record/commands.ts'
import type { Event } from '../../../functions/domain/record/events.ts'
import type { evolve as realEvolve } from '../../../functions/domain/record/evolve.ts'
import {
  type ApprovalRequest,
  type Grant,
  grantOf,
  isRunning,
  openStage,
  type Use,
} from '../../../functions/domain/record/request.ts'
import type { Refusal } from '../../../functions/domain/refusals.ts'
import type { Decided } from '../../../functions/domain/requests/decide.ts'
import { asOf, dueAt } from '../../../functions/domain/requests/due.ts'
import type { outcomeOf as realOutcomeOf } from '../../../functions/domain/requests/wait.ts'
import { opening, preview, submit, submittedAt } from '../../support/ask.ts'
import { isVerySame, type Rule } from './rule.ts'
import { rules } from './rules.ts'
import type { Scenario } from './scenarios.ts'
import { noWitness, type Witness, witness } from './witness.ts'
import { type Action, commandsIn, firstWorld, mintsOf, sendsOf, turnsOf, type World } from './world.ts'

/** The reducer under test: production's, or one with a seeded fault. */
export type Reducer = {
  decide: (state: ApprovalRequest | undefined, command: Command, now: number) => Decided
  evolve: typeof realEvolve
  outcomeOf: typeof realOutcomeOf
  /** The content of a state's receipt. */
  says: typeof saidByState
}

/** One step of a search: a command in a state and a world, and its result. */
export type Step = {
  scenario: Scenario
  reducer: Reducer
  world: World
  at: number
  command: Command
  before: ApprovalRequest | undefined
  after: ApprovalRequest
  events: readonly Event[]
  refusal: Refusal | undefined
  /** The events without refusals, each with the witness before it. */
  told: readonly { event: Event; seen: Witness }[]
  /** The witness before the step, and after it. */
  seen: Witness
  sees: Witness
}

export type Node = {
  state: ApprovalRequest
  world: World
  seen: Witness
  /** The node before it. */
  from: Node | undefined
  label: string
  events: readonly Event[]
  refusal: Refusal | undefined
  /** The numbers of its state and of its world without the time. */
  stateNumber: number
  worldNumber: number
  timeNumber: number
  /** The time of a command: of the state too, if the clock goes back. */
  momentNumber: number
}
/** The parts of a node; `stateNumber` if it is known. */
type Reached = Omit<Node, 'stateNumber' | 'worldNumber' | 'timeNumber' | 'momentNumber'> & { stateNumber?: number }
/** A possible command, with the number that commands of the same content share. */
type Tried = Action & { number: number }
/**
 * The result of a command in a state at a time, the number of the state after it, and the rules that looked at the
 * world.
 */
type Taken = { step: StepTaken | undefined; looking: readonly Rule[]; stateNumber?: number | undefined }

export type Violation = { scenario: string; rule: Rule; why: string; trace: readonly string[] }
export type Found = {
  states: number
  transitions: number
  statuses: Set<string>
  events: Set<string>
  refusals: Set<string>
  /** Every `sampled`-th state with its trace, for checks that are too slow for all. */
  sample: Node[]
  violation: Violation | undefined
}

const sampled = 200
/** The result of a refusal about which no rule reads the world. */
const blind: Taken = { step: undefined, looking: [] }
const mostTimes = 2 ** 10

/**
 * Searches everything that may happen in a scenario, breadth first, so that the trace of a violation is a shortest one.
 * States that differ only in what no rule can see (the number of refusals, the times of past events) are one.
 */
export function search(scenario: Scenario, reducer: Reducer): Found {
  const found: Found = {
    states: 0,
    transitions: 0,
    statuses: new Set(),
    events: new Set(),
    refusals: new Set(),
    sample: [],
    violation: undefined,
  }
  let [count, transitions] = [0, 0]
  const [states, worlds, tried, moments] = [new Numbers(), new Numbers(), new Numbers(), new Numbers()]
  const times = new Numbers<number>()
  const commands: (readonly Tried[])[] = []
  /** By state, the known worlds and times. */
  const known: Set<number>[] = []
  /** Results by state, then by command and time: many worlds give the same command, and it is decided once. */
  const results: Map<number, Taken>[] = []
  let layer: Node[] = []

  /**
   * Adds a node to the next layer unless it is known. Unchanged parts keep their number. `own` adds what only a new
   * node needs.
   */
  const reach = (next: Node[], reached: Reached, own?: () => Partial<Reached>) => {
    const { state, seen, world, from } = reached
    const stateNumber = reached.stateNumber ?? states.of(keyOf(state, seen))
    const worldNumber = world === from?.world ? from.worldNumber : worlds.of(worldKey(world))
    const timeNumber = world.now === from?.world.now ? from.timeNumber : times.of(world.now)
    const key = worldNumber * mostTimes + timeNumber
    known[stateNumber] ??= new Set()
    const ofState = known[stateNumber] as Set<number>
    if (ofState.has(key)) return
    ofState.add(key)
    count += 1
    found.statuses.add(state.status)
    const momentNumber = scenario.clockGoesBack ? moments.of(`${world.now} ${state.updatedAt}`) : timeNumber
    const node: Node = { ...reached, ...own?.(), stateNumber, worldNumber, timeNumber, momentNumber }
    if (count % sampled === 1) found.sample.push(node)
    next.push(node)
  }

  /** Asks rules about a step, and keeps the first violation; `looking` collects the rules that read the world. */
  const breaks = (asked: readonly Rule[], step: Step, from: Node | undefined, label: string, looking?: Rule[]) => {
    for (const rule of asked) {
      const looks = looksAtWorld
      const why = rule.broken(step)
      if (looksAtWorld !== looks) looking?.push(rule)
      if (why === undefined) continue
      found.violation = violated(scenario, rule, why, from, label, cameOf(step))
      return true
    }
    return false
  }

  /** Gives a command to the reducer, and checks the rules; undefined if one is broken. */
  const tell = (from: Node | undefined, { label, command }: Action, world: World) => {
    const step = take(scenario, reducer, from, command as Command, world)
    if ('threw' in step) {
      found.violation = violated(scenario, total, step.threw, from, label, 'an exception')
      return undefined
    }
    for (const { type } of step.events) found.events.add(type)
    if (step.refusal) found.refusals.add(step.refusal)
    const looking: Rule[] = []
    return breaks(rulesFor(step), step, from, label, looking) ? undefined : { step, looking }
  }

  /** Whether a step that is known from another world breaks a rule in this one. */
  const breaksHere = ({ step, looking }: Taken, from: Node, label: string) =>
    step !== undefined && looking.length > 0 && breaks(looking, step.in(from.world), from, label)

  /** Gives a command unless its result is known; false if a rule is broken. */
  const follow = (next: Node[], from: Node, action: Tried, ofState: Map<number, Taken>): boolean => {
    transitions += 1
    const key = action.number * mostTimes + from.momentNumber
    const before = ofState.get(key)
    if (before && breaksHere(before, from, action.label)) return false
    if (before && before.stateNumber === undefined) return true
    const asked = before ?? tell(from, action, from.world)
    if (!asked?.step) return false
    const { after: state, sees: seen, events, refusal } = asked.step
    const obeyed = refusal ? undefined : action.obeyed
    if (!obeyed && events.every(({ type }) => type === 'Refused')) {
      ofState.set(key, asked.looking.length > 0 ? { ...asked, stateNumber: undefined } : blind)
      return true
    }
    const stateNumber = before?.stateNumber ?? states.of(keyOf(state, seen))
    if (!before) ofState.set(key, { ...asked, stateNumber })
    const world = obeyed ? { ...from.world, ...obeyed } : from.world
    // A cached result came of a state that may differ in what no rule sees; a ledger of the two would not replay.
    const own = () => {
      const step = take(scenario, reducer, from, action.command as Command, from.world)
      return 'threw' in step ? {} : { state: step.after, seen: step.sees, events: step.events }
    }
    reach(next, { state, world, seen, from, label: action.label, events, refusal, stateNumber }, before && own)
    return true
  }

  const start = beginning(scenario)
  const begun = tell(undefined, start, firstWorld)
  transitions += 1
  if (begun) {
    const { after: state, sees: seen, events, refusal } = begun.step
    reach(layer, { state, world: firstWorld, seen, from: undefined, label: start.label, events, refusal })
  }
  while (layer.length > 0) {
    const next: Node[] = []
    for (const node of layer) {
      // The possible commands depend on the world, and not on the time.
      commands[node.worldNumber] ??= commandsIn(scenario, node.world).map((action) => ({
        ...action,
        number: tried.of(JSON.stringify(action.command)),
      }))
      results[node.stateNumber] ??= new Map()
      const ofState = results[node.stateNumber] as Map<number, Taken>
      for (const action of commands[node.worldNumber] as readonly Tried[])
        if (!follow(next, node, action, ofState)) return { ...found, states: count, transitions }
      for (const { label, world } of movesOf(scenario, node))
        reach(next, { ...node, world: { ...node.world, ...world }, from: node, label, events: [], refusal: undefined })
    }
    layer = next
  }
  return { ...found, states: count, transitions }
}

/** The rules that a step could break, in their order: most steps are refusals. */
function rulesFor({ told, before, after }: Step): readonly Rule[] {
  const isStill = told.length === 0 && before !== undefined && isVerySame(before, after)
  const key = isStill ? 'still' : told.map(({ event: { type } }) => type).join()
  const known = applicable.get(key)
  if (known) return known
  const types = told.map(({ event: { type } }) => type)
  const some = rules.filter(({ about }) =>
    about === undefined || about === 'state'
      ? about === undefined || !isStill
      : types.some((type) => about.includes(type)),
  )
  applicable.set(key, some)
  return some
}
const applicable = new Map<string, readonly Rule[]>()

/** Counts each time that a rule reads the world of a step. */
let looksAtWorld = 0

/** An agent submits a request; a person opens break-glass without asking. */
const beginning = ({ ask, tier, stages, inherits, states: [first] = [] }: Scenario): Action =>
  ask.breakGlass
    ? { label: 'break-glass is used', command: opening(ask) }
    : {
        label: 'submitted',
        command: submit(ask, tier, {
          stages,
          ...(inherits && { inherits }),
          ...(first && { preview: preview(first.name) }),
        }),
      }
const total: Rule = { id: 'INV10', rule: 'a command is obeyed or refused, and never throws', broken: () => undefined }

/** The possible changes without a command. After the end only pending mints and calls matter. */
function movesOf(scenario: Scenario, { state, world }: Node): readonly Action[] {
  const late = [...mintsOf(world), ...sendsOf(world)]
  if (dueAt(state) === undefined)
    return isRunning(state) ? [...late, ...turnsOf(scenario, world), ...afterGrant(state, world)] : late
  return [...late, ...turnsOf(scenario, world), ...timeIn(state, world), ...backIn(scenario, world)]
}

/** Time passes the end of a grant whose run goes on. */
function afterGrant(state: ApprovalRequest, { now }: World): readonly Action[] {
  const to = (grantOf(state)?.notAfter ?? 0) - submittedAt + 60
  return to > now ? [{ label: 'the grant would be over', world: { now: to } }] : []
}

const hour = 3600
/** The next caller has a clock that is an hour behind, once. */
const backIn = ({ clockGoesBack }: Scenario, { now, reached }: World): readonly Action[] =>
  clockGoesBack && reached === 0 && now > 0
    ? [{ label: 'the clock goes back an hour', world: { now: now - hour, reached: now } }]
    : []

/** Time passes to the second before the next due event, and to that second, with or without a look. */
function timeIn(state: ApprovalRequest, { now }: World): readonly Action[] {
  const due = dueAt(asOf(state, submittedAt + now))
  if (due === undefined) return []
  const at = due - submittedAt
  const start = (state.ask.notBefore ?? 0) - submittedAt
  const passes = (to: number, what: string) => ({ label: `it is ${minutesOf(to)}, ${what}`, world: { now: to } })
  return [
    ...(at - 1 > now ? [passes(at - 1, 'a second before a deadline')] : []),
    ...(at > now ? [passes(at, 'a deadline')] : []),
    ...(start > now ? [passes(start, 'its start')] : []),
  ]
}

const minutesOf = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`

function take(
  scenario: Scenario,
  reducer: Reducer,
  from: Node | undefined,
  command: Command,
  world: World,
): StepTaken | { threw: string } {
  const [before, seen, at] = [from?.state, from?.seen ?? noWitness, submittedAt + world.now]
  try {
    const { events, refusal } = reducer.decide(before, command, at)
    const after = events.reduce<ApprovalRequest | undefined>(reducer.evolve, before) as ApprovalRequest
    return new StepTaken(world, { scenario, reducer, at, command, before, after, events, refusal: refusal?.code, seen })
  } catch (error) {
    return { threw: String(error) }
  }
}

/** A step whose world is read through a counter. */
class StepTaken {
  readonly told: Step['told']
  readonly sees: Witness
  #world: World
  readonly scenario: Scenario
  readonly reducer: Reducer
  readonly at: number
  readonly command: Command
  readonly before: ApprovalRequest | undefined
  readonly after: ApprovalRequest
  readonly events: readonly Event[]
  readonly refusal: Refusal | undefined
  readonly seen: Witness

  constructor(world: World, of: Omit<Step, 'world' | 'told' | 'sees'>) {
    const told: Step['told'][number][] = []
    let sees = of.seen
    for (const event of of.events) {
      if (event.type === 'Refused') continue
      told.push({ event, seen: sees })
      sees = witness(sees, event)
    }
    this.told = told
    this.sees = sees
    this.#world = world
    this.scenario = of.scenario
    this.reducer = of.reducer
    this.at = of.at
    this.command = of.command
    this.before = of.before
    this.after = of.after
    this.events = of.events
    this.refusal = of.refusal
    this.seen = of.seen
  }

  get world(): World {
    looksAtWorld += 1
    return this.#world
  }

  /** The same step in another world. */
  in(world: World): this {
    this.#world = world
    return this
  }
}

function violated(
  { name }: Scenario,
  rule: Rule,
  why: string,
  from: Node | undefined,
  label: string,
  came: string,
): Violation {
  return { scenario: name, rule, why, trace: [...traceOf(from), line(label, came)] }
}

type Traced = Pick<Node, 'label' | 'events' | 'refusal'> & { from: Traced | undefined }
/** The trace of a node, one line for each step. */
export function traceOf(node: Traced | undefined): string[] {
  const lines: string[] = []
  for (let at = node; at?.label; at = at.from) lines.unshift(line(at.label, cameOf(at)))
  return lines
}
export const cameOf = ({ events, refusal }: Pick<Node, 'events' | 'refusal'>): string =>
  [...events.map(({ type }) => type as string), ...(refusal ? [`(${refusal})`] : [])].join(', ')
export const line = (label: string, came: string) => (came ? `${label} -> ${came}` : label)

/** The key of a state: short, and only of what rules can see. */
function keyOf(state: ApprovalRequest, seen: Witness): string {
  const stages = state.stages.map(({ decisions, escalatedAt }) => {
    const decided = decisions
      .map(({ person, verdict, as, for: absent, comment }) => `${person}${verdict}${as}${absent}${comment}`)
      .sort()
    return `${decided}${escalatedAt === undefined ? '' : '^'}`
  })
  const open = state.status === 'pending' ? openStage(state)?.deadline : ''
  const by = state.status === 'denied' ? state.deniedBy : state.status === 'revoked' ? state.revokedBy : ''
  const there = state.preview?.outcome === 'matched' ? state.preview.state[8] : ''
  const until = seen.drifts > 0 ? `${seen.drifts}@${seen.decideBy}` : ''
  return `${state.status}|${state.round}|${there}${until}|${stages}|${open}|${by}|${grantKey(state)}|${state.boundKey?.[0]}|${seen.end}|${seen.intended}|${seen.issued}|${seen.compared}|${seen.grant?.notAfter}|${reviewKey(state, seen)}|${state.calls !== undefined}${seen.accepted}${askedKey(state)}${state.run?.status}`
}

const askedKey = ({ questions = [], colleagues = [] }: ApprovalRequest): string =>
  questions.length + colleagues.length === 0
    ? ''
    : `${questions.map(({ id, answer }) => `${id.slice(-1)}${answer ? '.' : ''}`)}|${colleagues.map(({ to, stage }) => to + stage).sort()}`

function grantKey(state: ApprovalRequest): string {
  if (!('grant' in state) || !state.grant) return ''
  const { claimBy, notAfter, claimedAt, intents, credentials, uses, delegations, tokens, sessions } = state.grant
  const { access_token: token, aws } = credentials
  const used = uses.map(
    (use) => `${use.key}${use.credential}${use.key === 'call' ? callKey(use) : use.ended ? '.' : ''}`,
  )
  return `${claimBy},${notAfter},${claimedAt === undefined},${tokens},${sessions.map(({ credential }) => credential)},${intentKey(intents.access_token)},${intentKey(intents.aws)},${token?.id},${token?.expiresAt},${aws?.id},${used.sort()},${delegations.map(({ child }) => child).sort()}`
}

/** Only an opening has a review; rules see it both in the state and in the witness. */
const reviewKey = ({ review }: ApprovalRequest, { opened }: Witness) =>
  opened && `${review?.dueAt}${review?.overdueAt}${review?.done?.by}${opened.overdue}${opened.reviewedBy}`

/** The age of an intent matters: nothing is issued on an old one. */
const intentKey = (intent: Grant['intents']['aws']) => intent && `${intent.id}@${intent.at - submittedAt}`

/** The attempt and, while its outcome is unknown, its start: for a minute only that attempt may report it. */
const callKey = ({ id, begunAt, ended }: Use) => `${id.slice(-2)}${ended ? ended.outcome : `@${begunAt - submittedAt}`}`

const worldKey = (world: World) => {
  const { lost, policyForbids, intended, minted, answered, calling, sent, ending, away, there, version, unreadable } =
    world
  return `${lost}|${policyForbids}|${intended}|${minted}|${answered}|${calling}|${sent}|${ending?.by}|${away}|${there}|${version}|${unreadable}|${world.reached}|${world.asked}`
}

/** Numbers for texts, from 0 on, since keys are compared millions of times. */
class Numbers<T = string> {
  readonly #known = new Map<T, number>()

  of(text: T): number {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    this.#known.set(text, this.#known.size)
    return this.#known.size - 1
  }
}
