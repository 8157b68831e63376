// Rules: test/local/demo-chain.test.ts
import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'

export type Chained = { id: string; previous: string | null; hash: string }

/**
 * Verifies a chain from the published rule alone (docs/digests.md), with no code of Hotwork's: ids count from 1, each
 * entry names the hash before it, and its own hash is over `hotwork.entry.v1`, a newline and its RFC 8785 form.
 * @returns the fault of the first wrong entry, or `undefined`
 */
export function findBreak(aggregate: string, entries: readonly Chained[]): string | undefined {
  let previous: string | null = null
  for (const [index, entry] of entries.entries()) {
    if (entry.id !== `${aggregate}/${index + 1}`) return `entry ${index + 1} is called ${entry.id}`
    if (entry.previous !== previous) return `${entry.id} does not name the hash before it`
    const { hash, ...content } = entry
    const text = `hotwork.entry.v1\n${canonicalize(content)}`
    const digest = createHash('sha256').update(text).digest('base64url')
    if (hash !== `sha-256:${digest}`) return `${entry.id} has a hash that does not match its content`
    previous = hash
  }
  return undefined
}
