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
 * and the requests of its steps, over the reducer that runs in production; and over reducers with a mistake in them.
 */
jest.setTimeout(180_000)

const found: PlanFound[] = []
const caught: string[] = []
const sum = (what: 'states' | 'transitions') => found.reduce((total, each) => total + each[what], 0)
const reached = (what: 'events' | 'outcomes') => new Set(found.flatMap((each) => [...each[what]]))

describe('in every order no rule of plans is broken', () => {
  test.each(planScenarios.map((scenario) => [scenario.name, scenario] as const))('%s', (_, scenario) => {
    const result = searchPlan(scenario, production)
    found.push(result)
    expect(result.violation).toBeUndefined()
  })

  test('at least 60,000 distinct states are seen', () => {
    expect(sum('states')).toBeGreaterThanOrEqual(60_000)
  })

  test('a step ends in every way', () => {
    expect([...reached('outcomes')].sort()).toEqual([...StepOutcome.options].sort())
  })

  test('every type of event that a plan or a step may have is reached', () => {
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
})

describe('every mistake is caught by the rule that it breaks', () => {
  test.each(faultsOfPlans.map((each) => [each.fault, each] as const))('%s', (fault, { breaks, where, reducer }) => {
    const { violation } = searchPlan(
      where,
      reducer,
      planRules.filter(({ id }) => id === breaks),
    )
    expect(violation?.rule.id).toBe(breaks)
    if (violation) caught.push(`  ${fault}\n    ${breaks}: ${violation.why}\n    ${violation.trace.join('; ')}`)
  })

  test('each rule catches one', () => {
    expect(planRules.map(({ id }) => id).filter((id) => !faultsOfPlans.some(({ breaks }) => breaks === id))).toEqual([])
  })
})

/** What was told to one of the requests on the way to a node. */
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
