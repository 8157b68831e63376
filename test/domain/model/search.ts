import type { saidByState } from '../../../functions/domain/anchor/receipt.ts'
import type { Command } from '../../../functions/domain/record/commands.ts'
import type { Event } from '../../../functions/domain/record/events.ts'
import type { evolve as realEvolve } from '../../../functions/domain/record/evolve.ts'
import { type ApprovalRequest, type Grant, openStage, type Use } from '../../../functions/domain/record/request.ts'
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

/** What is checked: in production's form, or with a fault in it. */
export type Reducer = {
  decide: (state: ApprovalRequest | undefined, command: Command, now: number) => Decided
  evolve: typeof realEvolve
  outcomeOf: typeof realOutcomeOf
  /** What the receipt of a state says. */
  says: typeof saidByState
}

/** One step of a search: a command in a state and a world, and what came of it. */
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
  /** The events but refusals, each with what the ledger said before it. */
  told: readonly { event: Event; seen: Witness }[]
  /** What the ledger said before the step, and what it says after. */
  seen: Witness
  sees: Witness
}

export type Node = {
  state: ApprovalRequest
  world: World
  seen: Witness
  /** How it was reached. */
  from: Node | undefined
  label: string
  events: readonly Event[]
  refusal: Refusal | undefined
  /** What distinguishes its state and its world, but for the time, from others. */
  stateNumber: number
  worldNumber: number
}
/** What a node is made of; `stateNumber` where it is known. */
type Reached = Omit<Node, 'stateNumber' | 'worldNumber'> & { stateNumber?: number }
/** What may be told, with the number that all commands of its content have. */
type Tried = Action & { number: number }
/** What came of a command in a state at a time, the number of the state after it, and the rules that looked at the world. */
type Taken = { step: Step; looking: readonly Rule[]; stateNumber: number }
type Asked = { step: Step; looking: readonly Rule[] }

export type Violation = { scenario: string; rule: Rule; why: string; trace: readonly string[] }
export type Found = {
  states: number
  transitions: number
  statuses: Set<string>
  events: Set<string>
  refusals: Set<string>
  /** Every `sampled`-th state with the way to it, for checks that are too slow for all. */
  sample: Node[]
  violation: Violation | undefined
}

const sampled = 200
const blind: Asked = { step: {} as Step, looking: [] }

/**
 * Breadth first over everything that may happen in a scenario, so that the trace of a violation is a shortest one.
 * States that differ only in what no rule can see (who was refused how often, when past things happened) are one.
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
  const known = new Set<number>()
  const [states, worlds, times, tried] = [new Numbers(), new Numbers(), new Numbers(), new Numbers()]
  const commands: (readonly Tried[])[] = []
  // Many worlds tell one command to one state at one time: it is decided once, and what came of it is looked up.
  const vain = new Map<number, Asked>()
  const taken = new Map<number, Taken>()
  let layer: Node[] = []

  /**
   * Takes a node into the next layer unless it is known. What did not change on the way has the number that it had.
   * `own`: what only a node that is new has to know.
   */
  const reach = (next: Node[], reached: Reached, own: () => Partial<Reached> = () => ({})) => {
    const { state, seen, world, from } = reached
    const stateNumber = reached.stateNumber ?? states.of(keyOf(state, seen))
    const worldNumber = world === from?.world ? from.worldNumber : worlds.of(worldKey(world))
    const key = (stateNumber * 2 ** 16 + worldNumber) * 2 ** 10 + times.of(`${world.now}`)
    if (known.has(key)) return
    known.add(key)
    found.statuses.add(state.status)
    const node: Node = { ...reached, ...own(), stateNumber, worldNumber }
    if (known.size % sampled === 1) found.sample.push(node)
    next.push(node)
  }

  /** Asks rules of a step, and notes the first that it breaks; `looking` become those whose answer the world has a part in. */
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

  /** Tells a command, and checks the rules; undefined where one is broken. */
  const tell = (from: Node | undefined, { label, command }: Action, world: World): Asked | undefined => {
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
  const breaksHere = ({ step, looking }: Asked, from: Node, label: string) =>
    looking.length > 0 && breaks(looking, { ...step, world: from.world }, from, label)

  /** Tells a command unless it is known what comes of it; false where a rule is broken. */
  const follow = (next: Node[], from: Node, action: Tried): boolean => {
    found.transitions += 1
    // Only where the clock goes back it also counts when the state was made.
    const at = scenario.clockGoesBack ? `${from.world.now} ${from.state.updatedAt}` : `${from.world.now}`
    const key = (from.stateNumber * 2 ** 16 + action.number) * 2 ** 10 + times.of(at)
    const refused = vain.get(key)
    if (refused) return !breaksHere(refused, from, action.label)
    const before = taken.get(key)
    if (before && breaksHere(before, from, action.label)) return false
    const asked = before ?? tell(from, action, from.world)
    if (!asked) return false
    const { after: state, sees: seen, events, refusal } = asked.step
    const obeyed = refusal ? undefined : action.obeyed
    if (!obeyed && events.every(({ type }) => type === 'Refused')) {
      vain.set(key, asked.looking.length > 0 ? asked : blind)
      return true
    }
    const stateNumber = before?.stateNumber ?? states.of(keyOf(state, seen))
    if (!before) taken.set(key, { ...asked, stateNumber })
    const world = obeyed ? { ...from.world, ...obeyed } : from.world
    // What was looked up came of a state that may differ in what no rule can see; a ledger of the two would not replay.
    const own = () => {
      const step = take(scenario, reducer, from, action.command as Command, from.world)
      return 'threw' in step ? {} : { state: step.after, seen: step.sees, events: step.events }
    }
    reach(next, { state, world, seen, from, label: action.label, events, refusal, stateNumber }, before && own)
    return true
  }

  const start = beginning(scenario)
  const begun = tell(undefined, start, firstWorld)
  found.transitions += 1
  if (begun) {
    const { after: state, sees: seen, events, refusal } = begun.step
    reach(layer, { state, world: firstWorld, seen, from: undefined, label: start.label, events, refusal })
  }
  while (layer.length > 0) {
    const next: Node[] = []
    for (const node of layer) {
      // What may be tried depends on the world, but not on the time.
      commands[node.worldNumber] ??= commandsIn(scenario, node.world).map((action) => ({
        ...action,
        number: tried.of(JSON.stringify(action.command)),
      }))
      for (const action of commands[node.worldNumber] as readonly Tried[])
        if (!follow(next, node, action)) return { ...found, states: known.size }
      for (const { label, world } of movesOf(scenario, node))
        reach(next, { ...node, world: { ...node.world, ...world }, from: node, label, events: [], refusal: undefined })
    }
    layer = next
  }
  return { ...found, states: known.size }
}

/** The rules that a step could break at all, in the order of all of them: they are asked of millions of refusals. */
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

/** Counts each look of a rule at the world of a step. */
let looksAtWorld = 0

/** An agent submits what it asks for; a person who uses break-glass asks nobody. */
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
const total: Rule = { id: 'INV10', rule: 'a command is obeyed or refused, never thrown at', broken: () => undefined }

/** What may happen without a command. After the end nothing in the world matters but what was still being minted or sent. */
function movesOf(scenario: Scenario, { state, world }: Node): readonly Action[] {
  const late = [...mintsOf(world), ...sendsOf(world)]
  if (dueAt(state) === undefined) return late
  return [...late, ...turnsOf(scenario, world), ...timeIn(state, world), ...backIn(scenario, world)]
}

const hour = 3600
/** Whoever decides next has a clock that is an hour behind, once. */
const backIn = ({ clockGoesBack }: Scenario, { now, reached }: World): readonly Action[] =>
  clockGoesBack && reached === 0 && now > 0
    ? [{ label: 'the clock goes back an hour', world: { now: now - hour, reached: now } }]
    : []

/** Time passes to the last second before something falls due by itself, and to that second. Nobody need look then. */
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
): Step | { threw: string } {
  const [before, seen, at] = [from?.state, from?.seen ?? noWitness, submittedAt + world.now]
  try {
    const { events, refusal } = reducer.decide(before, command, at)
    const after = events.reduce<ApprovalRequest | undefined>(reducer.evolve, before) as ApprovalRequest
    const told: Step['told'][number][] = []
    let sees = seen
    for (const event of events) {
      if (event.type === 'Refused') continue
      told.push({ event, seen: sees })
      sees = witness(sees, event)
    }
    const step = { scenario, reducer, at, command, before, after, events, refusal: refusal?.code, told, seen, sees }
    return {
      ...step,
      get world() {
        looksAtWorld += 1
        return world
      },
    }
  } catch (error) {
    return { threw: String(error) }
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

/** The way to a node, a line a step. */
export function traceOf(node: Node | undefined): string[] {
  const lines: string[] = []
  for (let at = node; at; at = at.from) lines.unshift(line(at.label, cameOf(at)))
  return lines
}
const cameOf = ({ events, refusal }: Pick<Node, 'events' | 'refusal'>): string =>
  [...events.map(({ type }) => type as string), ...(refusal ? [`(${refusal})`] : [])].join(', ')
const line = (label: string, came: string) => (came ? `${label} -> ${came}` : label)

/** What distinguishes states, in as few characters as may be. */
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
  return `${state.status}|${state.round}|${there}${until}|${stages}|${open}|${by}|${grantKey(state)}|${state.boundKey?.[0]}|${seen.end}|${seen.intended}|${seen.issued}|${seen.compared}|${seen.grant?.notAfter}|${reviewKey(state, seen)}|${state.calls !== undefined}`
}

function grantKey(state: ApprovalRequest): string {
  if (!('grant' in state) || !state.grant) return ''
  const { claimBy, notAfter, claimedAt, intents, credentials, uses, delegations, tokens, sessions } = state.grant
  const { access_token: token, aws } = credentials
  const used = uses.map(
    (use) => `${use.key}${use.credential}${use.key === 'call' ? callKey(use) : use.ended ? '.' : ''}`,
  )
  return `${claimBy},${notAfter},${claimedAt === undefined},${tokens},${sessions.map(({ credential }) => credential)},${intentKey(intents.access_token)},${intentKey(intents.aws)},${token?.id},${token?.expiresAt},${aws?.id},${used.sort()},${delegations.map(({ child }) => child).sort()}`
}

/** Only an opening has a review; what the state and what the ledger say of it are both seen by rules. */
const reviewKey = ({ review }: ApprovalRequest, { opened }: Witness) =>
  opened && `${review?.dueAt}${review?.overdueAt}${review?.done?.by}${opened.overdue}${opened.reviewedBy}`

/** An old intent is not a new one: nothing is issued on it. */
const intentKey = (intent: Grant['intents']['aws']) => intent && `${intent.id}@${intent.at - submittedAt}`

/** Whose attempt it is, and, while nobody has said how it went, since when: for a minute only that one may. */
const callKey = ({ id, begunAt, ended }: Use) => `${id.slice(-2)}${ended ? ended.outcome : `@${begunAt - submittedAt}`}`

const worldKey = (world: World) => {
  const { lost, policyForbids, intended, minted, answered, calling, sent, ending, away, there, unreadable, reached } =
    world
  return `${lost}|${policyForbids}|${intended}|${minted}|${answered}|${calling}|${sent}|${ending?.by}|${away}|${there}|${unreadable}|${reached}`
}

/** Numbers for texts, from 0 on: what is compared millions of times is short. */
class Numbers {
  readonly #known = new Map<string, number>()

  of(text: string): number {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    this.#known.set(text, this.#known.size)
    return this.#known.size - 1
  }
}
