// Rules: test/operations/requests/story.test.ts
import { StaleRequest } from '../faults.ts'

/** Enough for fifty writers, each of which can lose to all others. */
export const manyWriters = 60

/** Runs an attempt to load, decide and commit. Repeats it while the result is undefined: another writer came first. */
export async function runAggregate<T>(id: string, attempts: number, attempt: () => Promise<T | undefined>): Promise<T> {
  for (let tried = 0; tried < attempts; tried++) {
    const done = await attempt()
    if (done !== undefined) return done
  }
  throw new StaleRequest(`other writers kept coming first on \`${id}\``)
}
