import { readFileSync } from 'node:fs'

/** A row of the table in examples/requests/README.md. */
export interface ExampleRow {
  /** The file's name, without `.json`. */
  name: string
  agent: string
  /** The tier, or the reason of a refusal that no approval can change. */
  outcome: number | string
}

/** Reads the table that people read, so that it cannot say one thing and the demo hold another. */
export function readExampleTable(path: string): ExampleRow[] {
  const rows = readFileSync(path, 'utf8').matchAll(/^\| `([\w-]+)\.json` *\| `([\w:-]+)` *\| (?:(\d)|`(\w+)`) *\|/gm)
  return [...rows].map(([, name = '', agent = '', tier, reason = '']) => ({
    name,
    agent,
    outcome: tier === undefined ? reason : Number(tier),
  }))
}
