// Rules: test/policies/plan.test.ts
import type { Readable } from 'node:stream'
import { formatProblem, type Problem } from '../../functions/adapters/policy-folder/json-document.ts'
import type { NumericDate } from '../../functions/domain/values.ts'

/**
 * The input and output of a verb for policy authors. `out` is for results, `err` for all else; both print the text
 * unchanged.
 */
export type Io = {
  out(text: string): void
  err(text: string): void
  now(): NumericDate
  stdin: Readable
  /** The folder of catalogue entries that ship beside the program. */
  library: string
}

export const exits = { done: 0, problems: 1, usage: 2, widens: 6 } as const
export type Exit = (typeof exits)[keyof typeof exits]

/** Invalid usage, found before anything was done. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage'
  readonly detail: string | undefined
  constructor(title: string, detail?: string, options?: ErrorOptions) {
    super(title, options)
    this.detail = detail
  }
}

export const jsonText = (body: unknown): string => `${JSON.stringify(body, null, 2)}\n`

export const problemText = (problems: readonly Problem[]): string =>
  problems.map((problem) => `${formatProblem(problem)}\n`).join('')

/** Rows in columns, each as wide as its widest cell. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length))) ?? []
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}
