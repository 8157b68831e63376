// Rules: test/policies/changes/diff-files.test.ts
import type * as z from 'zod'
import type { PolicyCase } from '../../functions/domain/policy/policy-case.ts'

/** In the form of cases/*.json: pasted there, the case holds under NEW. */
export type CaseExample = z.input<typeof PolicyCase>

/** One difference between two policy folders. `from` and `to` are short texts for people. */
export type Change = {
  /** Such as `newly_permitted` or `quorum`. */
  kind: string
  /** The path in the folder, in NEW or else in OLD. */
  file: string
  policy?: string
  agent?: string
  person?: string
  action?: string
  from: string
  to: string
  example?: CaseExample
}

export type Direction = 'widened' | 'narrowed' | 'other'

export type Changes = { readonly [direction in Direction]: readonly Change[] }

export const together = (all: readonly Changes[]): Changes => ({
  widened: all.flatMap(({ widened }) => widened),
  narrowed: all.flatMap(({ narrowed }) => narrowed),
  other: all.flatMap(({ other }) => other),
})

export type Directed = { direction: Direction; change: Change }

/** Node 20 has no Map.groupBy. */
export function groupsBy<T>(all: readonly T[], keyOf: (each: T) => unknown): readonly (readonly T[])[] {
  const alike = new Map<string, T[]>()
  for (const each of all) {
    const key = JSON.stringify(keyOf(each))
    alike.set(key, [...(alike.get(key) ?? []), each])
  }
  return [...alike.values()]
}

/** Merges changes with the same key, and drops duplicates. */
export function changesOf<F>(
  found: readonly F[],
  keyOf: (each: F) => unknown,
  tell: (alike: readonly F[]) => readonly Directed[],
): Changes {
  const told = new Map<string, Directed>()
  for (const { direction, change } of groupsBy(found, keyOf).flatMap(tell)) {
    const { example: _, ...what } = change
    const key = JSON.stringify([direction, what])
    if (!told.has(key)) told.set(key, { direction, change })
  }
  const of = (wanted: Direction) =>
    [...told.values()].filter(({ direction }) => direction === wanted).map(({ change }) => change)
  return { widened: of('widened'), narrowed: of('narrowed'), other: of('other') }
}

/** Drops duplicates, and keeps the first of each. */
export const eachOnce = <T>(all: readonly T[]): readonly T[] => [
  ...new Map(all.map((each) => [JSON.stringify(each), each])).values(),
]

/** Compares the JSON text, in which the order of members counts. */
export const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)
