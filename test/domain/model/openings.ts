import { budgetWindow, reviewWithin } from '../../../functions/domain/break-glass/break-glass.ts'
import type { OpenBreakGlass } from '../../../functions/domain/record/commands.ts'
import type { Budget, Limits } from '../../../functions/domain/record/opening.ts'
import { type ApprovalRequest, type Ask, grantOf } from '../../../functions/domain/record/request.ts'
import { asOf } from '../../../functions/domain/requests/due.ts'
import type { Digest, PersonId, RequestId } from '../../../functions/domain/values.ts'
import { completion, minutes, opening, openingAsk, person, reviewing, submittedAt } from '../../support/ask.ts'
import type { Reducer } from './search.ts'

/**
 * Every order in which two people may use one break-glass profile, end it, have it reviewed and try again, by the
 * reducer that runs in production and the budgets that bound them; the clock once goes back. The answers are compared
 * with the openings alone.
 */

/** Half an hour at a time; an hour in seven days for one person, an hour and a half for all together. */
export const window = minutes(30)
const coolDown = minutes(15)
const budgetOfPerson = 2 * window
const budgetOfProfile = 3 * window
const people = ['jade', 'kofi'].map(person)
const hour = 3600
/**
 * The extent of a search. Two openings show the effect of one on the next, to the second, on any clock and with or
 * without a review; three, the effect of a voucher; four, each reviewed at its end, their sum.
 */
type Reach = { openings: number; earlyEnds: number; closely: boolean; clockGoesBack: boolean }
const reaches: readonly Reach[] = [
  { openings: 2, earlyEnds: 2, closely: true, clockGoesBack: true },
  { openings: 3, earlyEnds: 0, closely: true, clockGoesBack: false },
  { openings: 4, earlyEnds: 1, closely: false, clockGoesBack: false },
]

/**
 * The bounds under test: production's, or with a mistake; `budgetsOf` is how the operation makes budgets of openings.
 */
export type Bounds = Pick<Reducer, 'decide' | 'evolve'> & { budgetsOf: typeof budgetsOf }
export type Budgets = OpenBreakGlass['budgets']

/** An opening: its person, and its time by the record. */
type Opened = { by: PersonId; at: number; state: ApprovalRequest }
type World = { now: number; left: Reach; vouched: boolean; opened: readonly Opened[] }
type Node = World & { trace: readonly string[] }
export type Broken = { rule: string; trace: readonly string[] }

const endOf = ({ state }: Opened): number => {
  if (state.status === 'completed') return state.completedAt
  return grantOf(state)?.notAfter ?? 0
}

/** The budget of some openings as they are now. */
const budgetOf = (opened: readonly Opened[], now: number): Budget =>
  opened.map((each) => {
    const { review, ask } = asOf(each.state, now)
    return {
      id: ask.id,
      at: each.at,
      until: endOf(each),
      ...(review && !review.done ? { review: review.dueAt } : {}),
      reason: 'sha-256:reason' as Digest,
    }
  })

/** The person's budget and the profile's, as in `open-break-glass.ts`. */
export function budgetsOf(opened: readonly Opened[], by: PersonId, now: number): Budgets {
  const ofPerson: Limits = { window, budget: budgetOfPerson, alone: { coolDown } }
  return [
    {
      budget: budgetOf(
        opened.filter((each) => each.by === by),
        now,
      ),
      limits: ofPerson,
    },
    { budget: budgetOf(opened, now), limits: { window, budget: budgetOfProfile } },
  ]
}

/** The rules about all openings, without the reducer; the last one has just been opened. */
const rules: readonly { rule: string; broken: (opened: readonly Opened[], latest: Opened, world: World) => boolean }[] =
  [
    {
      rule: 'a person has one opening at a time',
      broken: (opened, { by, at }) => opened.some((each) => each.by === by && at < endOf(each)),
    },
    {
      rule: 'a person opens again only after the cool-down',
      broken: (opened, { by, at }) => opened.some((each) => each.by === by && at < endOf(each) + coolDown),
    },
    {
      rule: 'a person stays within the budget of one in any seven days',
      broken: (opened, latest) =>
        openedIn(
          [...opened, latest].filter(({ by }) => by === latest.by),
          endOf(latest),
        ) > budgetOfPerson,
    },
    {
      rule: 'all together stay within the budget of the profile in any seven days',
      broken: (opened, latest) => openedIn([...opened, latest], endOf(latest)) > budgetOfProfile,
    },
    {
      rule: 'a person opens alone only while no review is overdue',
      broken: (opened, { at }, { vouched }) =>
        !vouched && opened.some(({ state }) => !state.review?.done && (state.review?.dueAt ?? at + 1) <= at),
    },
  ]

/** The seconds of the openings in the seven days up to `until`. */
const openedIn = (opened: readonly Opened[], until: number) =>
  opened.reduce((sum, each) => sum + Math.max(0, endOf(each) - Math.max(each.at, until - budgetWindow)), 0)

/** Searches breadth first, so that a trace is a shortest one. */
export function searchOpenings(bounds: Bounds): {
  states: number
  opened: number
  refused: Set<string>
  broken?: Broken
} {
  const known = new Set<string>()
  const refused = new Set<string>()
  let opened = 0
  let layer: Node[] = [...reaches.map((left) => ({ now: submittedAt, left, vouched: false, opened: [], trace: [] }))]
  while (layer.length > 0) {
    const next: Node[] = []
    const reach = (node: Node) => {
      const key = keyOf(node)
      if (!known.has(key)) next.push(node)
      known.add(key)
    }
    for (const node of layer) {
      for (const by of people) {
        const tried = open(bounds, node, by)
        if ('code' in tried) {
          refused.add(tried.code)
          continue
        }
        opened += 1
        const latest = tried.opened.at(-1) as Opened
        const rule = rules.find(({ broken }) => broken(node.opened, latest, node))
        if (rule) return { states: known.size, opened, refused, broken: { rule: rule.rule, trace: tried.trace } }
        reach(tried)
      }
      for (const moved of movesOf(bounds, node)) reach(moved)
    }
    layer = next
  }
  return { states: known.size, opened, refused }
}

function open({ decide, evolve, budgetsOf }: Bounds, node: Node, by: PersonId): Node | { code: string } {
  const { now, left, opened, vouched, trace } = node
  if (left.openings === 0) return { code: 'enough' }
  const ask = askOf(by, opened.length, vouched)
  const { events, refusal } = decide(undefined, opening(ask, { budgets: budgetsOf(opened, by, now) }), now)
  if (refusal) return { code: refusal.code }
  const state = events.reduce<ApprovalRequest | undefined>(evolve, undefined) as ApprovalRequest
  return {
    ...node,
    left: { ...left, openings: left.openings - 1 },
    vouched: false,
    opened: [...opened, { by, at: now, state }],
    trace: [...trace, `${by} opens it${vouched ? ', vouched for' : ''}`],
  }
}

const askOf = (by: PersonId, n: number, vouched: boolean): Ask => {
  const { breakGlass, ...ask } = openingAsk()
  const { secondedBy: _, ...opening } = breakGlass as NonNullable<Ask['breakGlass']>
  return {
    ...ask,
    id: `bgl_${String(n + 1).padStart(26, '0')}` as RequestId,
    agent: { ...ask.agent, id: by },
    owner: by,
    claimWithin: window,
    lifetime: window,
    breakGlass: { ...opening, window, coolDown, ...(vouched ? { secondedBy: person('gus') } : {}) },
  }
}

/**
 * The possible steps: an early end, a review of all that has ended, a voucher, passing time, a clock that goes back.
 */
function movesOf(bounds: Bounds, node: Node): readonly Node[] {
  const { now, left, opened, vouched, trace } = node
  const isOverdue = opened.some(({ state }) => !state.review?.done && (state.review?.dueAt ?? 0) <= now)
  const moved = (what: string, world: Partial<World>): Node => ({ ...node, ...world, trace: [...trace, what] })
  const ends =
    left.earlyEnds > 0
      ? opened.flatMap(({ by, state }, index) => (state.status === 'approved' ? { by, index } : []))
      : []
  return [
    ...ends.map(({ by, index }) =>
      moved(`${by} ends theirs`, {
        left: { ...left, earlyEnds: left.earlyEnds - 1 },
        opened: told(bounds, opened, index, { ...completion(), agent: by }, now),
      }),
    ),
    ...(left.closely ? [moved('gus reviews all that has ended', { opened: looked(bounds, opened, now) })] : []),
    ...(vouched || !isOverdue ? [] : [moved('gus vouches', { vouched: true })]),
    ...instantsOf(node).map((at) =>
      moved(`it is ${minutesOf(at)}`, { now: at, ...(left.closely ? {} : { opened: looked(bounds, opened, at) }) }),
    ),
    ...(left.clockGoesBack && now > submittedAt
      ? [moved('the clock goes back an hour', { now: now - hour, left: { ...left, clockGoesBack: false } })]
      : []),
  ]
}

/** The openings after a command to one of them; a refusal changes nothing. */
function told(
  { decide, evolve }: Bounds,
  opened: readonly Opened[],
  index: number,
  command: Parameters<Bounds['decide']>[1],
  now: number,
): readonly Opened[] {
  const one = opened[index] as Opened
  const { events, refusal } = decide(one.state, command, now)
  return refusal ? opened : opened.with(index, { ...one, state: events.reduce<ApprovalRequest>(evolve, one.state) })
}

const looked = (bounds: Bounds, opened: readonly Opened[], now: number) =>
  opened.reduce((all, _, index) => told(bounds, all, index, reviewing('gus'), now), opened)

/** The next time at which an answer could differ, for any of the openings. */
function instantsOf({ now, left, opened }: World): readonly number[] {
  const all = opened.flatMap((each) => {
    const end = endOf(each)
    const close = left.closely ? [end - 1, end + coolDown - 1, each.at + reviewWithin] : []
    return [...close, end, end + coolDown, each.at + budgetWindow]
  })
  const ahead = all.filter((at) => at > now)
  return ahead.length === 0 ? [] : [Math.min(...ahead)]
}

const minutesOf = (at: number) => `+${Math.floor((at - submittedAt) / 60)} min ${(at - submittedAt) % 60} s`

const keyOf = ({ now, left, vouched, opened }: World) =>
  `${now}|${left.openings}${left.earlyEnds}${left.clockGoesBack}|${vouched}|${opened
    .map(
      ({ by, at, state }) =>
        `${by},${at},${endOf({ by, at, state })},${state.status},${state.review?.done !== undefined}`,
    )
    .join(';')}`
