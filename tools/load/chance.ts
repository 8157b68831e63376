import { createHash } from 'node:crypto'

/** A number from 0 up to 1 that depends on its names alone, so that a plan is the same in any order of calls. */
export function chance(...names: readonly (string | number)[]): number {
  return createHash('sha256').update(names.join(' ')).digest().readUInt32BE() / 2 ** 32
}

/** A name, drawn by the weights. */
export function pick<T extends string>(weights: { readonly [name in T]?: number }, at: number): T {
  const entries = Object.entries(weights) as [T, number][]
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0)
  let left = at * total
  for (const [name, weight] of entries) {
    left -= weight
    if (left < 0) return name
  }
  return (entries.at(-1) as [T, number])[0]
}
