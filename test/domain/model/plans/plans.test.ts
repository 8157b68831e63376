import { chainEntries, noEntries, verify } from '../../../../functions/domain/ledger/ledger.ts'
import type { Event } from '../../../../functions/domain/record/events.ts'
import { StepOutcome } from '../../../../functions/domain/record/plan-step.ts'
import { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { production } from '../production.ts'
import { faultsOfPlans } from './faults-of-plans.ts'
import { planRules } from './rules.ts'
import { type PlanFound, type PlanNode, searchPlan } from './search.ts'
import { planScenarios } from './world.ts'

/**
 * Every order in which people, agents, halts, clocks and advances that crash, are slow or run twice can act on one plan
 * and the requests of its steps, over the reducer that runs in production; and over reducers with a seeded mistake.
 */
jest.setTimeout(180_000)

const found: PlanFound[] = []
const caught: string[] = []
const sum = (what: 'states' | 'transitions') => found.reduce((total, each) => total + each[what], 0)
const reached = (what: 'events' | 'outcomes') => new Set(found.flatMap((each) => [...each[what]]))

test.each(planScenarios)('no order breaks a rule of plans in the scenario: $name', (scenario) => {
  const result = searchPlan(scenario, production)
  found.push(result)
  expect(result.violation).toBeUndefined()
})

test('the search sees at least 60,000 distinct states', () => {
  expect(sum('states')).toBeGreaterThanOrEqual(60_000)
})

test('a step ends with every outcome', () => {
  expect([...reached('outcomes')].sort()).toEqual([...StepOutcome.options].sort())
})

test('the search reaches every type of event of a plan or a step', () => {
  expect([...reached('events')]).toEqual(
    expect.arrayContaining([
      ...['Submitted', 'StageOpened', 'Decided', 'Narrowed', 'StateChanged', 'Approved', 'Denied', 'Withdrawn'],
      ...['StepOpened', 'StepEnded', 'CredentialIntended', 'CredentialIssued', 'KeyBound', 'UseBegun'],
      ...['Completed', 'Revoked', 'Expired'],
    ]),
  )
})

test('the ledgers of a plan and of its steps verify, and replay to those very states', () => {
  const sample = found.flatMap((each) => each.sample)
  expect(sample.length).toBeGreaterThan(100)
  for (const node of sample)
    for (const [n, state] of node.requests.entries()) {
      if (!state) continue
      const { entries } = chainEntries(state.ask.id, noEntries, eventsOf(node, n), undefined)
      expect(verify(state.ask.id, entries)).toEqual({ state })
      expect(ApprovalRequest.parse(state)).toEqual(state)
    }
})

test.each(faultsOfPlans)('the rule of its id finds the seeded fault: $fault', ({ fault, breaks, where, reducer }) => {
  const { violation } = searchPlan(
    where,
    reducer,
    planRules.filter(({ id }) => id === breaks),
  )
  expect(violation?.rule.id).toBe(breaks)
  if (violation) caught.push(`  ${fault}\n    ${breaks}: ${violation.why}\n    ${violation.trace.join('; ')}`)
})

test('each rule finds a fault', () => {
  expect(planRules.map(({ id }) => id).filter((id) => !faultsOfPlans.some(({ breaks }) => breaks === id))).toEqual([])
})

/** The events of one request on the way to a node. */
function eventsOf(node: PlanNode, n: number): Event[] {
  const events: Event[] = []
  for (let at: PlanNode | undefined = node; at; at = at.from) if (at.to === n) events.unshift(...at.events)
  return events
}

afterAll(() => {
  process.stdout.write(
    [
      '\nmistakes in how plans go on, each with a shortest way to see it:',
      ...caught,
      `plans: ${sum('states')} states, ${sum('transitions')} transitions, ` +
        `${caught.length} of ${faultsOfPlans.length} seeded faults caught\n\n`,
    ].join('\n'),
  )
})
