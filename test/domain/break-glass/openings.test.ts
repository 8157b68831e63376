import { type Bounds, type Broken, type Budgets, budgetsOf, searchOpenings } from '../model/openings.ts'
import { production } from '../model/production.ts'

/** The bounds of break-glass over many openings, searched in every order; and with mistakes, each to be found. */

const real: Bounds = { ...production, budgetsOf }
const caught: { fault: string; broken: Broken }[] = []
let states = 0

test('in no order do two people have an opening for longer, oftener or sooner than the budgets let them', () => {
  const found = searchOpenings(real)
  states = found.states
  expect(found.broken).toBeUndefined()
  expect([...found.refused].sort()).toEqual(['already_open', 'budget_spent', 'cool_down', 'enough', 'review_overdue'])
  expect(found.opened).toBeGreaterThan(100)
})

/** The budgets, as a mistake would have them. */
const withBudgets = (change: (budgets: Budgets, now: number) => Budgets): Bounds => ({
  ...real,
  budgetsOf: (opened, by, now) => change(budgetsOf(opened, by, now), now),
})
const [twice, cool, person, together, overdue] = [
  'nobody has it open twice at once',
  'nobody opens again before they have cooled down',
  'in no seven days has one person more than there is for one',
  'in no seven days have all together more than there is for the profile',
  'while a look at it is overdue nobody opens it alone',
]

describe('every mistake is caught', () => {
  test.each<[fault: string, rule: string | undefined, bounds: Bounds]>([
    [
      'what is open does not keep anybody from opening another',
      twice,
      withBudgets((budgets) => budgets.map(({ budget, limits: { alone: _, ...limits } }) => ({ budget, limits }))),
    ],
    [
      'the cool-down is ignored',
      cool,
      withBudgets((budgets) =>
        budgets.map(({ budget, limits }) => ({
          budget,
          limits: limits.alone ? { ...limits, alone: { coolDown: 0 } } : limits,
        })),
      ),
    ],
    [
      'the cool-down runs from the opening, and not from the end',
      cool,
      withBudgets((budgets, now) =>
        budgets.map(({ budget, limits }) => ({
          budget: budget.map((each) => (limits.alone && each.until <= now ? { ...each, until: each.at } : each)),
          limits,
        })),
      ),
    ],
    [
      'what was ended early is forgotten',
      cool,
      withBudgets((budgets, now) =>
        budgets.map(({ budget, limits }) => ({
          budget: budget.filter(({ at, until }) => until - at === 1800 || until > now),
          limits,
        })),
      ),
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
      withBudgets((budgets, now) =>
        budgets.map(({ budget, limits }) => ({
          budget: budget
            .filter(({ until, review }) => until > now - 86_400 || review !== undefined)
            .map((each) => (each.until > now - 86_400 ? each : { ...each, at: each.until })),
          limits,
        })),
      ),
    ],
    [
      'a review that is overdue keeps nobody from opening',
      overdue,
      withBudgets((budgets) =>
        budgets.map(({ budget, limits }) => ({ budget: budget.map(({ review: _, ...each }) => each), limits })),
      ),
    ],
    [
      'a clock that went back finds nothing opened yet',
      twice,
      withBudgets((budgets, now) =>
        budgets.map(({ budget, limits }) => ({ budget: budget.filter(({ at }) => at <= now), limits })),
      ),
    ],
    [
      'whoever is vouched for is excused from everything',
      twice,
      {
        ...real,
        decide: (state, command, now) =>
          real.decide(
            state,
            command.type === 'open_break_glass' && command.ask.breakGlass?.secondedBy
              ? { ...command, budgets: [] }
              : command,
            now,
          ),
      },
    ],
  ])('%s', (fault, rule, bounds) => {
    const { broken } = searchOpenings(bounds)
    expect(broken?.rule).toBe(rule)
    if (broken) caught.push({ fault, broken })
  })
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
