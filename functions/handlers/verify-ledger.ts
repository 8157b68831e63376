import { readFileSync } from 'node:fs'
import { type Entry, verify, verifyPermit } from '../domain/ledger.ts'
import { StandingPermitId } from '../domain/values.ts'

/**
 * A program, not a Lambda: the entries of one request, or of one standing permit, on stdin, as `{ "aggregate", "entries" }`, and on stdout what comes of
 * replaying them through the production reducer: `{ "state" }`, the whole state that they make, or `{ "broken" }`, the
 * first entry that is not as it should be and in what. Exit 0, 1 for a broken chain.
 */
const { aggregate, entries } = JSON.parse(readFileSync(0, 'utf8')) as { aggregate: string; entries: Entry[] }
const permit = StandingPermitId.safeParse(aggregate)
const { state, broken } = permit.success ? verifyPermit(permit.data, entries) : verify(aggregate, entries)
process.stdout.write(JSON.stringify(broken ? { broken } : { state }))
process.exitCode = broken ? 1 : 0
