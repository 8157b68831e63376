export interface TimedCall {
  /** The function's name as far as an SDK sends it (50 characters), or `unknown`. */
  caller: string
  service: string
  operation: string
  /** The Lambda that it invoked. */
  invoked?: string
  /** Milliseconds of a monotonic clock. */
  begin: number
  end: number
}

/**
 * The number of sequential calls of one invocation of `caller`: the longest chain of its calls in which each begins after
 * the end of the one before. A call of another Lambda counts as one, plus that Lambda's own chain.
 */
export function callsInSequence(calls: readonly TimedCall[], caller: string): number {
  return longestChain(calls, caller).length
}

/** The calls of the longest chain, in their order. */
export function longestChain(calls: readonly TimedCall[], caller: string): readonly TimedCall[] {
  const own = calls.filter((call) => call.caller === caller).toSorted((one, other) => one.begin - other.begin)
  const chains: (readonly TimedCall[])[] = []
  for (const call of own) {
    const before = chains.filter((chain) => (chain.findLast((each) => each.caller === caller)?.end ?? 0) <= call.begin)
    chains.push([...longest(before), call, ...whileInvoked(call, calls)])
  }
  return longest(chains)
}

function whileInvoked({ invoked, begin, end }: TimedCall, calls: readonly TimedCall[]): readonly TimedCall[] {
  if (invoked === undefined) return []
  return longestChain(
    calls.filter((call) => call.caller === invoked && begin <= call.begin && call.end <= end),
    invoked,
  )
}

const longest = (chains: readonly (readonly TimedCall[])[]): readonly TimedCall[] =>
  chains.reduce((found, chain) => (chain.length > found.length ? chain : found), [])
