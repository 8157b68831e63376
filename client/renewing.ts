/** With less time left they are renewed: using them takes a while too. Milliseconds. */
export const worthUsing = 60_000
/** Two ends that lie no further apart are the same end. Milliseconds. */
const sameEnd = 5000

/**
 * The same credentials for all callers until they are nearly over, since new ones end those before. If new ones would
 * end no later, their grant ends then, and the current ones are kept to their end.
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
