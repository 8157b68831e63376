import { createHash } from 'node:crypto'

/** An entry of the ledger as the API gives it: JSON with an id, the hash before and its own. */
export interface Chained {
  id: string
  previous: string | null
  hash: string
}

/**
 * Verifies a chain from the published rule alone (interfaces.md, section 3), with no code of Hotwork's: ids count from 1,
 * each entry names the hash before it, and its own hash is over `hotwork.entry.v1`, a newline and its RFC 8785 form.
 * @returns what is wrong with the first entry that is wrong, or `undefined`
 */
export function findBreak(aggregate: string, entries: readonly Chained[]): string | undefined {
  let previous: string | null = null
  for (const [index, entry] of entries.entries()) {
    if (entry.id !== `${aggregate}/${index + 1}`) return `entry ${index + 1} is called ${entry.id}`
    if (entry.previous !== previous) return `${entry.id} does not follow the hash before it`
    if (entry.hash !== hashOf(entry)) return `${entry.id} has a hash that its content does not give`
    previous = entry.hash
  }
  return undefined
}

function hashOf({ hash: _, ...rest }: Chained): string {
  return `sha-256:${createHash('sha256')
    .update(`hotwork.entry.v1\n${canonicalForm(rest)}`)
    .digest('base64url')}`
}

/**
 * RFC 8785: members in the order of their UTF-16 code units, no white space, and numbers and strings as ECMAScript
 * writes them.
 */
export function canonicalForm(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalForm).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalForm(member)}`).join(',')}}`
}
