import { type Bounds, type Broken, type Budgets, budgetsOf, searchOpenings } from '../model/openings.ts'
import { production } from '../model/production.ts'

/**
 * The bounds of break-glass over many openings, searched in every order; and with seeded mistakes, each of which is
 * found.
 */

const real: Bounds = { ...production, budgetsOf }
const caught: { fault: string; broken: Broken }[] = []
let states = 0

test('the budgets hold in every order of openings by two people', () => {
  const found = searchOpenings(real)
  states = found.states
  expect(found.broken).toBeUndefined()
  expect([...found.refused].sort()).toEqual(['already_open', 'budget_spent', 'cool_down', 'enough', 'review_overdue'])
  expect(found.opened).toBeGreaterThan(100)
})

/** The bounds with mistaken budgets. */
const withBudgets = (change: (budgets: Budgets, now: number) => Budgets): Bounds => ({
  ...real,
  budgetsOf: (opened, by, now) => change(budgetsOf(opened, by, now), now),
})
/** The bounds with a mistake in each budget. */
const withEach = (change: (each: Budgets[number], now: number) => Partial<Budgets[number]>): Bounds =>
  withBudgets((budgets, now) => budgets.map((each) => ({ ...each, ...change(each, now) })))
const [twice, cool, person, together, overdue] = [
  'a person has one opening at a time',
  'a person opens again only after the cool-down',
  'a person stays within the budget of one in any seven days',
  'all together stay within the budget of the profile in any seven days',
  'a person opens alone only while no review is overdue',
]

test.each<[fault: string, rule: string | undefined, bounds: Bounds]>([
  ['an open one does not prevent another', twice, withEach(({ limits: { alone: _, ...limits } }) => ({ limits }))],
  [
    'the cool-down is ignored',
    cool,
    withEach(({ limits }) => ({ limits: limits.alone ? { ...limits, alone: { coolDown: 0 } } : limits })),
  ],
  [
    'the cool-down runs from the opening, and not from the end',
    cool,
    withEach(({ budget, limits }, now) => ({
      budget: budget.map((each) => (limits.alone && each.until <= now ? { ...each, until: each.at } : each)),
    })),
  ],
  [
    'an opening that was ended early is forgotten',
    cool,
    withEach(({ budget }, now) => ({ budget: budget.filter(({ at, until }) => until - at === 1800 || until > now) })),
  ],
  [
    'the person’s own minutes are not counted',
    person,
    withBudgets(([own, all]) => [{ ...own, limits: { ...own?.limits, budget: 1e9 } }, all] as Budgets),
  ],
  [
    'a colleague’s turn is another budget',
    together,
    withBudgets(([own, all]) => [own, { ...all, limits: { ...all?.limits, budget: 1e9 } }] as Budgets),
  ],
  [
    'minutes are counted by the day',
    person,
    withEach(({ budget }, now) => ({
      budget: budget
        .filter(({ until, review }) => until > now - 86_400 || review !== undefined)
        .map((each) => (each.until > now - 86_400 ? each : { ...each, at: each.until })),
    })),
  ],
  [
    'an overdue review prevents no opening',
    overdue,
    withEach(({ budget }) => ({ budget: budget.map(({ review: _, ...each }) => each) })),
  ],
  [
    'a clock that went back finds no opening',
    twice,
    withEach(({ budget }, now) => ({ budget: budget.filter(({ at }) => at <= now) })),
  ],
  [
    'a person who is vouched for is excused from everything',
    twice,
    {
      ...real,
      decide: (state, command, now) => {
        const isVouched = command.type === 'open_break_glass' && command.ask.breakGlass?.secondedBy
        return real.decide(state, isVouched ? { ...command, budgets: [] } : command, now)
      },
    },
  ],
])('the search finds the mistake: %s', (fault, rule, bounds) => {
  const { broken } = searchOpenings(bounds)
  expect(broken?.rule).toBe(rule)
  if (broken) caught.push({ fault, broken })
})

afterAll(() => {
  const traces = caught.map(({ fault, broken: { rule, trace } }) => `  ${fault}\n    ${rule}\n    ${trace.join('; ')}`)
  process.stdout.write(
    [
      '\nmistakes in the budgets of break-glass, each with a shortest way to see it:',
      ...traces,
      `openings: ${states} states, ${caught.length} seeded faults caught\n\n`,
    ].join('\n'),
  )
})
