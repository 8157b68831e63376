// Rules: test/http/measures-page.test.ts
import { mayRead } from '../../domain/deciding/questions.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { type Looks, lookKeys, measureStages, type StageMeasures } from '../../domain/requests/decision-measures.ts'
import { defined, type NumericDate, ok, type PersonId, type Result, refuse } from '../../domain/values.ts'
import type { AskingPorts, RequestReader } from '../record/ports.ts'

/** The days that are measured, and the most requests that are read for it. */
export const measuredDays = 7
const most = { pages: 5, ofPage: 100, readsAtOnce: 20 }

/** `since`: the earliest submission that was read, perhaps within these days. */
export type Measures = { stages: readonly StageMeasures[]; requests: number; since: NumericDate }

export async function measureDecisions(
  person: PersonId,
  { requests, policy, clock }: AskingPorts,
): Promise<Result<Measures, 'not_permitted'>> {
  const now = clock.now()
  if (!mayRead(policy, person, now)) return refuse('not_permitted')
  const since = now - measuredDays * 86_400
  const states: ApprovalRequest[] = []
  let after: string | undefined
  for (let page = 0; page < most.pages; page++) {
    const { items, next } = await requests.list({ since }, { limit: most.ofPage, ...defined({ after }) })
    states.push(...items.map(({ state }) => state))
    after = next
    if (next === undefined) break
  }
  const earliest = after === undefined ? since : Math.max(since, Number.parseInt(after, 10))
  return ok({
    stages: measureStages(states, await readLooks(lookKeys(states), requests)),
    requests: states.length,
    since: earliest,
  })
}

async function readLooks(keys: readonly string[], requests: Pick<RequestReader, 'recall'>): Promise<Looks> {
  const looks = new Map<string, NumericDate>()
  for (let at = 0; at < keys.length; at += most.readsAtOnce) {
    const some = keys.slice(at, at + most.readsAtOnce)
    const found = await Promise.all(some.map(async (key) => [key, await requests.recall(key)] as const))
    for (const [key, value] of found) if (value !== undefined) looks.set(key, Number(value))
  }
  return looks
}
