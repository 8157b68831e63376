// Rules: test/operations/ledger/check-chains.test.ts
const goldenRatio = (Math.sqrt(5) - 1) / 2

/** All items, starting at another one each round: an agent must not choose which ones a round has no time for. */
export function fromElsewhere<T>(all: readonly T[], round: number): readonly T[] {
  const start = Math.floor(((round * goldenRatio) % 1) * all.length)
  return [...all.slice(start), ...all.slice(0, start)]
}
