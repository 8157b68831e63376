import { budgetWindow, reviewWithin } from '../../../functions/domain/break-glass/break-glass.ts'
import type { OpenBreakGlass } from '../../../functions/domain/record/commands.ts'
import type { Budget, Limits } from '../../../functions/domain/record/opening.ts'
import { type ApprovalRequest, type Ask, grantOf } from '../../../functions/domain/record/request.ts'
import { asOf } from '../../../functions/domain/requests/due.ts'
import type { Digest, PersonId, RequestId } from '../../../functions/domain/values.ts'
import { completion, minutes, opening, openingAsk, person, reviewing, submittedAt } from '../../support/ask.ts'
import type { Reducer } from './search.ts'

/**
 * Every order in which two people may use the same break-glass profile, end it, have it looked at and try again, by the reducer that
 * runs in production and the budgets that bound them; and the clock once goes back. What each was told is held against what
 * was open, counted from the openings alone.
 */

/** Half an hour at a time; an hour for one person in seven days, an hour and a half for all of them together. */
export const window = minutes(30)
const coolDown = minutes(15)
const budgetOfPerson = 2 * window
const budgetOfProfile = 3 * window
const people = ['jade', 'kofi'].map(person)
const hour = 3600
/**
 * How far a search goes. Two openings are enough to see what one does to the next, to the second, on whatever clock and
 * whether or not somebody looks at it; three, to see whom a word for somebody helps; four, each looked at when it has ended, to see what they come to together.
 */
type Reach = { openings: number; earlyEnds: number; closely: boolean; clockGoesBack: boolean }
const reaches: readonly Reach[] = [
  { openings: 2, earlyEnds: 2, closely: true, clockGoesBack: true },
  { openings: 3, earlyEnds: 0, closely: true, clockGoesBack: false },
  { openings: 4, earlyEnds: 1, closely: false, clockGoesBack: false },
]

/** What is checked: production's, or with a mistake; `budgetsOf` is how the operation makes budgets of openings. */
export type Bounds = Pick<Reducer, 'decide' | 'evolve'> & { budgetsOf: typeof budgetsOf }
export type Budgets = OpenBreakGlass['budgets']

/** One that was opened: whose, and from when to when it was open indeed, by the record. */
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

/** The person's and the profile's, as `open-break-glass.ts` asks them. */
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

/** What one holds all openings against, without asking the reducer: the last of them has just been opened. */
const rules: readonly { rule: string; broken: (opened: readonly Opened[], latest: Opened, world: World) => boolean }[] =
  [
    {
      rule: 'nobody has it open twice at once',
      broken: (opened, { by, at }) => opened.some((each) => each.by === by && at < endOf(each)),
    },
    {
      rule: 'nobody opens again before they have cooled down',
      broken: (opened, { by, at }) => opened.some((each) => each.by === by && at < endOf(each) + coolDown),
    },
    {
      rule: 'in no seven days has one person more than there is for one',
      broken: (opened, latest) =>
        openedIn(
          [...opened, latest].filter(({ by }) => by === latest.by),
          endOf(latest),
        ) > budgetOfPerson,
    },
    {
      rule: 'in no seven days have all together more than there is for the profile',
      broken: (opened, latest) => openedIn([...opened, latest], endOf(latest)) > budgetOfProfile,
    },
    {
      rule: 'while a look at it is overdue nobody opens it alone',
      broken: (opened, { at }, { vouched }) =>
        !vouched && opened.some(({ state }) => !state.review?.done && (state.review?.dueAt ?? at + 1) <= at),
    },
  ]

/** Seconds that lie in the seven days up to `until`. */
const openedIn = (opened: readonly Opened[], until: number) =>
  opened.reduce((sum, each) => sum + Math.max(0, endOf(each) - Math.max(each.at, until - budgetWindow)), 0)

/** Breadth first, so that what is found broken is found in the fewest steps. */
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

/** Somebody ends theirs early, somebody looks at what has ended, somebody vouches, time passes, or the clock goes back. */
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
    ...(left.closely ? [moved('gus looks at all that has ended', { opened: looked(bounds, opened, now) })] : []),
    ...(vouched || !isOverdue ? [] : [moved('somebody vouches', { vouched: true })]),
    ...instantsOf(node).map((at) =>
      moved(`it is ${minutesOf(at)}`, { now: at, ...(left.closely ? {} : { opened: looked(bounds, opened, at) }) }),
    ),
    ...(left.clockGoesBack && now > submittedAt
      ? [moved('the clock goes back an hour', { now: now - hour, left: { ...left, clockGoesBack: false } })]
      : []),
  ]
}

/** The openings once one of them was told something; a refusal changes nothing. */
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

/** The next moment at which anything could be otherwise, for any of the openings. */
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
