/**
 * The factor by which processor time grows when the work grows eightfold. The load of the machine does not count. One
 * collection of garbage makes a factor larger, so the least of a few counts: work that is quadratic is so each time.
 *
 * @param prepare returns the work of one size, ready to run
 * @param size the larger of the two
 * @param plain a factor at which no further measurement is needed
 */
export function growth(prepare: (size: number) => () => unknown, size: number, plain = 12): number {
  const [large, small] = [prepare(size), prepare(size / 8)]
  // These runs also compile the code.
  let runs = 1
  while (milliseconds(large, runs) < enough) runs *= 2
  let least = Number.POSITIVE_INFINITY
  for (let n = 0; n < 4 && least > plain; n += 1) {
    least = Math.min(least, (8 * milliseconds(large, runs)) / milliseconds(small, 8 * runs))
  }
  return least
}

/** Milliseconds: some machines count processor time in ticks of ten. */
const enough = 40

function milliseconds(run: () => unknown, times: number): number {
  const before = process.threadCpuUsage()
  for (let n = 0; n < times; n += 1) run()
  const { user, system } = process.threadCpuUsage(before)
  return Math.max(user + system, 1) / 1000
}
