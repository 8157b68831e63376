import { StoreUnavailable } from '../../operations/faults.ts'

/**
 * A vendor's fault as ours. The message says what was tried and what kind of fault it was; what an item holds stays out
 * of it.
 */
export function unavailable(trying: string, cause: unknown): StoreUnavailable {
  if (cause instanceof StoreUnavailable) return cause
  return new StoreUnavailable(`the store did not ${trying}: \`${nameOf(cause)}\``, { cause: withoutItems(cause) })
}

/** For `.catch`: every way in which a call can fail means that nothing is known of what it did. */
export const orUnavailable =
  (trying: string) =>
  (cause: unknown): never => {
    throw unavailable(trying, cause)
  }

const nameOf = (cause: unknown): string => (cause instanceof Error ? cause.name : typeof cause)

/** The SDK hangs the items that failed a condition on the error itself, from where a logger would print them. */
function withoutItems(cause: unknown): unknown {
  if (cause instanceof Error) {
    if ('CancellationReasons' in cause) cause.CancellationReasons = undefined
    if ('Item' in cause) cause.Item = undefined
  }
  return cause
}
