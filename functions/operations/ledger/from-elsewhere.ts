const goldenRatio = (Math.sqrt(5) - 1) / 2

/** All of them, from another place each round: an agent cannot choose what a round has no time for. */
export function fromElsewhere<T>(all: readonly T[], round: number): readonly T[] {
  const start = Math.floor(((round * goldenRatio) % 1) * all.length)
  return [...all.slice(start), ...all.slice(0, start)]
}
