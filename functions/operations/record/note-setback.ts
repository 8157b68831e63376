// Rules: test/operations/permits/shapes.test.ts
import { setbackIn, setbackKept } from '../../domain/permits/setback.ts'
import type { Event } from '../../domain/record/events.ts'
import type { Ask } from '../../domain/record/request.ts'
import { defined } from '../../domain/values.ts'
import type { OnceOnly } from '../ports.ts'
import type { RequestReader } from './ports.ts'

/**
 * The rows of the setback among these events, for their transaction, so that a concurrent draw is retried and sees it.
 */
export async function rowsOfSetback(
  events: readonly Event[],
  ask: Ask,
  { requests }: { requests: Pick<RequestReader, 'recall'> },
): Promise<readonly OnceOnly[]> {
  const found = setbackIn(events, ask)
  if (!found) return []
  const value = JSON.stringify(found.setback)
  return Promise.all(
    found.keys.map(async (key) => {
      const replaces = await requests.recall(key)
      return { key, value, ...defined({ replaces }), expiresAt: found.setback.at + setbackKept }
    }),
  )
}
