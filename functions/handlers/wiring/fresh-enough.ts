import type { NumericDate } from '../../domain/values.ts'

/** How long a caller waits for a new value when there is an old one. Milliseconds. */
const worthWaiting = 200

/** An old value is good for this long after it was last read. Seconds. */
const maxAgeSeconds = 600

/**
 * A value that is read again and again, for callers in a hurry: the new one where it comes soon, and otherwise the last
 * one, for ten minutes at most, while the new one is on its way. Without any it waits, or throws what reading throws.
 */
export function freshEnough<T>(read: () => Promise<T>, now: () => NumericDate): () => Promise<T> {
  let last: { value: T; at: NumericDate } | undefined
  return async () => {
    const next = read().then((value) => {
      last = { value, at: now() }
      return value
    })
    if (!last || now() - last.at >= maxAgeSeconds) return next
    const { value } = last
    let timer: ReturnType<typeof setTimeout> | undefined
    const enough = new Promise<T>((resolve) => {
      timer = setTimeout(() => resolve(value), worthWaiting)
    })
    try {
      return await Promise.race([next.catch(() => value), enough])
    } finally {
      clearTimeout(timer)
    }
  }
}
