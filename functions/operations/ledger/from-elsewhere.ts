// Rules: test/operations/ledger/check-chains.test.ts
const goldenRatio = (Math.sqrt(5) - 1) / 2

/**
 * All items, starting at a different one each round: otherwise agents could choose the items that a round never
 * reaches.
 */
export function fromElsewhere<T>(all: readonly T[], round: number): readonly T[] {
  const start = Math.floor(((round * goldenRatio) % 1) * all.length)
  return [...all.slice(start), ...all.slice(0, start)]
}
