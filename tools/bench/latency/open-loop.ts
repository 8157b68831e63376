import { setTimeout as pause } from 'node:timers/promises'

export type Arrival<T> = { value: T } | { fault: Error }

/**
 * Starts work by the clock at a fixed rate, whether or not earlier work has ended, as independent callers do. Ends when
 * all work has ended.
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
