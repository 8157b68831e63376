/** Credentials with less time left are renewed, since their use takes time. Milliseconds. */
export const worthUsing = 60_000
/** Two ends closer than this count as equal. Milliseconds. */
const sameEnd = 5000

/**
 * Shares credentials among all callers until shortly before their end, since new ones end the earlier ones. If new ones
 * would end no later, the grant ends then, and the present ones are kept to their end.
 *
 * @param endOf milliseconds
 */
export function renewing<T>(make: () => Promise<T>, endOf: (made: T) => number): () => Promise<T> {
  let held: { made: T; end: number; last: boolean } | undefined
  let making: Promise<T> | undefined
  const isGood = () => held !== undefined && held.end - Date.now() > (held.last ? 0 : worthUsing)
  const renew = async () => {
    const made = await make()
    const end = endOf(made)
    const last = end - Date.now() < worthUsing || (held !== undefined && end - held.end < sameEnd)
    held = { made, end, last }
    return made
  }
  return () => {
    if (held && isGood()) return Promise.resolve(held.made)
    making ??= renew().finally(() => {
      making = undefined
    })
    return making
  }
}
