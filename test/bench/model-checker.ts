import { production } from '../domain/model/production.ts'
import { scenarios, tierZero } from '../domain/model/scenarios.ts'
import { search } from '../domain/model/search.ts'
import type { Finding } from './finding.ts'

/** P16: how fast the model checker of test/domain goes through the reducer that runs in production. */
export function measureModelChecker({ quick }: { quick: boolean }): Finding {
  const began = process.cpuUsage()
  const found = (quick ? [tierZero] : scenarios).map((scenario) => search(scenario, production))
  const { user } = process.cpuUsage(began)
  const states = found.reduce((sum, each) => sum + each.states, 0)
  const steps = found.reduce((sum, each) => sum + each.transitions, 0)
  const rate = (count: number) => `${((1000 * count) / user).toFixed(1)}k`
  return {
    id: 'P16',
    what: `model checker: states a second of one core (${states} states)`,
    target: '>= 100k/s',
    measured: `${rate(states)} states/s, ${rate(steps)} steps/s`,
    // Speed in itself hangs on the machine: it is said, and does not fail the run.
    verdict: states / user >= 0.1 ? 'met' : 'below target',
  }
}
