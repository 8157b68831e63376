import { readFileSync } from 'node:fs'
import { type Entry, verify } from '../domain/ledger.ts'

/**
 * A program, not a Lambda: one request's entries on stdin, as `{ "aggregate", "entries" }`, and on stdout what comes of
 * replaying them through the production reducer: `{ "state" }`, the whole state that they make, or `{ "broken" }`, the
 * first entry that is not as it should be and in what. Exit 0, 1 for a broken chain.
 */
const { aggregate, entries } = JSON.parse(readFileSync(0, 'utf8')) as { aggregate: string; entries: Entry[] }
const { state, broken } = verify(aggregate, entries)
process.stdout.write(JSON.stringify(broken ? { broken } : { state }))
process.exitCode = broken ? 1 : 0
