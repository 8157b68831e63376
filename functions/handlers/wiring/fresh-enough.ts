/** How long a caller waits for a new value when there is an old one. Milliseconds. */
const worthWaiting = 200

/**
 * A value that is read again and again, for callers in a hurry: the new one where it comes soon, and otherwise the last
 * one there was, while the new one is on its way. Without any it waits, or throws what reading throws.
 */
export function freshEnough<T>(read: () => Promise<T>): () => Promise<T> {
  let last: { value: T } | undefined
  return async () => {
    const next = read().then((value) => {
      last = { value }
      return value
    })
    if (!last) return next
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
