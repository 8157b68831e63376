import { setTimeout as pause } from 'node:timers/promises'

export type Arrival<T> = { value: T } | { fault: Error }

/**
 * Starts one piece of work after another by the clock, whether or not those before have ended: so many a second, as callers
 * who know nothing of one another do. Ends when all have ended.
 */
export async function openLoop<T>(
  { perSecond, seconds }: { perSecond: number; seconds: number },
  start: (n: number) => Promise<T>,
): Promise<Arrival<T>[]> {
  const count = Math.round(perSecond * seconds)
  const began = performance.now()
  const works: Promise<Arrival<T>>[] = []
  for (let n = 0; n < count; n++) {
    const early = began + (1000 * n) / perSecond - performance.now()
    if (early > 0) await pause(early)
    works.push(
      start(n).then(
        (value) => ({ value }),
        (fault: Error) => ({ fault }),
      ),
    )
  }
  return Promise.all(works)
}
