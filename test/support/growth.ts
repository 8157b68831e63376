/**
 * The factor by which processor time grows when the work grows eightfold. The load of the machine does not count. Some
 * machines count processor time in ticks of milliseconds, so both sizes are repeated until the result is exact enough.
 *
 * @param prepare returns the work of one size, ready to run
 * @param size the larger of the two
 */
export function growth(prepare: (size: number) => () => unknown, size: number): number {
  const [large, small] = [prepare(size), prepare(size / 8)]
  const spent = { large: 0, small: 0 }
  // The first round compiles the code, and does not count.
  for (let round = 0; spent.large < enough && round < mostRounds; round += 1) {
    const one = {
      small: milliseconds(() => {
        for (let n = 0; n < 8; n += 1) small()
      }),
      large: milliseconds(large),
    }
    if (round === 0) continue
    spent.small += one.small
    spent.large += one.large
  }
  return (8 * spent.large) / Math.max(spent.small, tick)
}

/** Milliseconds of the larger size. */
const enough = 200
const mostRounds = 1000
const tick = 10

function milliseconds(run: () => unknown): number {
  const before = process.threadCpuUsage()
  run()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
