/**
 * Slack waits 3 s, and a person hears the truth before that. Milliseconds from the arrival of the request: until when to
 * look for what is only good to know, until when a decision may still start its transaction, when to stop waiting for it
 * and say so, and when to have answered.
 */
export const patience = { beside: 300, start: 1_500, tell: 1_850, answer: 2_100 } as const

/** One request's time. */
export type Deadline = {
  mayStart(): boolean
  /** Waits for work until so many milliseconds after arrival. The work itself goes on: what it commits stays true. */
  within<T>(work: Promise<T>, until: number): Promise<{ done: true; value: T } | { done: false }>
}

/** @param now a clock that only goes forward, in milliseconds */
export function startDeadline(now: () => number = () => performance.now()): Deadline {
  const arrivedAt = now()
  return {
    mayStart: () => now() - arrivedAt < patience.start,
    async within(work, until) {
      let timer: ReturnType<typeof setTimeout> | undefined
      const late = new Promise<{ done: false }>((resolve) => {
        timer = setTimeout(() => resolve({ done: false }), Math.max(0, arrivedAt + until - now()))
      })
      try {
        return await Promise.race([work.then((value) => ({ done: true as const, value })), late])
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
