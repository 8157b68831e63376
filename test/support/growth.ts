/**
 * How many times more of the processor it takes to do eight times as much. What others do meanwhile on a busy machine does not
 * count, and since some machines tell processor time by ticks of milliseconds, both are done until that is exact enough.
 *
 * @param prepare what is done for one size, ready to run
 * @param size the larger of the two
 */
export function growth(prepare: (size: number) => () => unknown, size: number): number {
  const [large, small] = [prepare(size), prepare(size / 8)]
  const spent = { large: 0, small: 0 }
  // The first round, in which code is compiled, does not count.
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

/** Milliseconds, of the larger. */
const enough = 200
const mostRounds = 1000
const tick = 10

function milliseconds(run: () => unknown): number {
  const before = process.threadCpuUsage()
  run()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
