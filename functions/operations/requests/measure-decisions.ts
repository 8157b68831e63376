// Rules: test/http/measures-page.test.ts
import { mayRead } from '../../domain/deciding/questions.ts'
import { measureStages, type StageMeasures } from '../../domain/requests/decision-measures.ts'
import { defined, type NumericDate, ok, type PersonId, type Result, refuse } from '../../domain/values.ts'
import type { AskingPorts } from '../record/ports.ts'

/** The days that are measured, and the most requests that are read for it. */
export const measuredDays = 7
const most = { pages: 5, ofPage: 100 }

/** `since`: the earliest submission that was read, later than the days say where there are more requests. */
export type Measures = { stages: readonly StageMeasures[]; requests: number; since: NumericDate }

export async function measureDecisions(
  person: PersonId,
  { requests, policy, clock }: AskingPorts,
): Promise<Result<Measures, 'not_permitted'>> {
  const now = clock.now()
  if (!mayRead(policy, person, now)) return refuse('not_permitted')
  const since = now - measuredDays * 86_400
  const states = []
  let after: string | undefined
  for (let page = 0; page < most.pages; page++) {
    const { items, next } = await requests.list({ since }, { limit: most.ofPage, ...defined({ after }) })
    states.push(...items.map(({ state }) => state))
    after = next
    if (next === undefined) break
  }
  const earliest = after === undefined ? since : Math.max(since, Number.parseInt(after, 10))
  return ok({ stages: measureStages(states), requests: states.length, since: earliest })
}
