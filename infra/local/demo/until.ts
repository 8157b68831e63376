import { setTimeout as delay } from 'node:timers/promises'

/**
 * Looks again and again until there is something, for what cannot be waited for in any other way.
 * @throws When there is still nothing after `withinMilliseconds`, with the last answer of `describe`.
 */
export async function until<T>(
  look: () => Promise<T | undefined>,
  {
    withinMilliseconds,
    everyMilliseconds = 100,
    what,
  }: { withinMilliseconds: number; everyMilliseconds?: number; what: string },
): Promise<T> {
  const end = Date.now() + withinMilliseconds
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() >= end) throw new Error(`after ${withinMilliseconds / 1000} s still not: ${what}`)
    await delay(everyMilliseconds)
  }
}
