/**
 * How many times longer it takes to do eight times as much: the least of some rounds by the least of some rounds, taken in turns,
 * so a slow or busy machine tells nothing.
 *
 * @param prepare what is done for one size, ready to run
 * @param size the larger of the two
 */
export function growth(prepare: (size: number) => () => unknown, size: number): number {
  const [large, small] = [prepare(size), prepare(size / 8)]
  const least = { large: Number.POSITIVE_INFINITY, small: Number.POSITIVE_INFINITY }
  for (let round = 0; round < 20; round += 1) {
    least.small = Math.min(least.small, milliseconds(small))
    least.large = Math.min(least.large, milliseconds(large))
  }
  return least.large / Math.max(least.small, tooShortToCompare)
}

/** Milliseconds. What takes less counts as this. */
const tooShortToCompare = 0.1

function milliseconds(run: () => unknown): number {
  const before = performance.now()
  run()
  return performance.now() - before
}
