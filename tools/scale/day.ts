/**
 * Requests of each minute of a day, as shares of the mean: a night, two peaks of office hours, and jobs on the hour.
 */
export const minutes: readonly number[] = Array.from({ length: 1440 }, (_, minute) => {
  const hill = (at: number) => Math.exp(-(((minute - at) / 120) ** 2))
  const jobs = minute % 60 === 0 ? 1.5 : 1
  return (0.4 + 1.6 * hill(10 * 60) + 1.4 * hill(15 * 60)) * jobs
})
const mean = minutes.reduce((sum, each) => sum + each, 0) / minutes.length
/** The ratio of the busiest minute to the mean. */
export const peak = Math.max(...minutes) / mean

/** Pseudo-random numbers from 0 to 1, the same in each run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const agents = 50_000

/** Agents by rank of their load, by a power law. The first one is drawn apart. */
export function drawRanks(count: number, random: () => number): readonly number[] {
  const sums: number[] = []
  for (let rank = 1; rank < agents; rank++) sums.push((sums.at(-1) ?? 0) + 1 / rank)
  const all = sums.at(-1) ?? 1
  return Array.from({ length: count }, () => {
    const at = random() * all
    return 1 + sums.findIndex((sum) => sum >= at)
  })
}
