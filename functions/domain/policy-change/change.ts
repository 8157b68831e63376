import type * as z from 'zod'
import type { PolicyCase } from '../policy/policy-case.ts'

/** As it stands in cases/*.json: pasted there, it holds under NEW. */
export type CaseExample = z.input<typeof PolicyCase>

/** One difference between two policy folders. `from` and `to` are short texts for people. */
export type Change = {
  /** `newly_permitted`, `quorum`, ... */
  kind: string
  /** Its path in the folder: where it stands in NEW, or stood in OLD. */
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
