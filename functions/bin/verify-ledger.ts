import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import * as z from 'zod'
import { keysOf } from '../adapters/jose/fetch-jwks.ts'
import { checkLogins, type LoginTrust } from '../adapters/jose/login-checks.ts'
import { SystemClock } from '../adapters/system/system.ts'
import {
  type Entry,
  verify,
  verifyActor,
  verifyHalt,
  verifyPermit,
  verifyPerson,
  verifyStandIn,
  withheldUntil,
} from '../domain/ledger/ledger.ts'
import { Bundle } from '../domain/policy/bundle.ts'
import { asOf } from '../domain/requests/due.ts'
import { AgentId, HaltId, NumericDate, PersonId, StandInId, StandingPermitId, ToolId } from '../domain/values.ts'
import { loginIssuerOf } from '../handlers/wiring/login.ts'

/**
 * A program, not a Lambda: the entries of one chain (a request, halt, standing permit, stand-in or actor) on stdin, as
 * `{ "aggregate", "entries" }`, and on stdout what comes of replaying them through the production reducer: `{ "state" }`,
 * the whole state that they make, or `{ "broken" }`, the first entry that is not as it should be and in what. Exit 0, 1 for
 * a broken chain.
 * `--at TIME` (seconds since 1970) is the request as it is then if nobody does anything more: what each read sees.
 *
 * Entries from an answer may lack an ID token that is still good. Then `why` is `withheld`, and `until` says when an answer
 * has it: read the entries again then.
 *
 * Each login that a decision rests on is verified again too, and told in `logins`. With `--bundle FILE`, a compiled bundle,
 * it must also be that person's at that provider, whose keys are asked for and compared where they can be had.
 */
const { values: options } = parseArgs({ options: { at: { type: 'string' }, bundle: { type: 'string' } } })
const { aggregate, entries } = JSON.parse(readFileSync(0, 'utf8')) as { aggregate: string; entries: Entry[] }
const { state, broken } = replayed()
const logins = broken ? [] : await checkLogins(entries, await trustOf(options.bundle))
const bad = logins.find((each) => each.broken)
const held = broken?.why === 'withheld' ? entries.find(({ id }) => id === broken.at) : undefined
const all = broken
  ? { ...broken, ...(held && { until: withheldUntil(held) }) }
  : bad && { at: bad.entry, why: 'login', detail: bad.broken }
process.stdout.write(JSON.stringify(all ? { broken: all } : { state, ...(logins.length > 0 ? { logins } : {}) }))
process.exitCode = all ? 1 : 0

function replayed() {
  const permit = StandingPermitId.safeParse(aggregate)
  if (permit.success) return verifyPermit(permit.data, entries)
  const standIn = StandInId.safeParse(aggregate)
  if (standIn.success) return verifyStandIn(standIn.data, entries)
  const person = PersonId.safeParse(aggregate)
  if (person.success) return verifyPerson(person.data, entries)
  const halt = HaltId.safeParse(aggregate)
  if (halt.success) return verifyHalt(halt.data, entries)
  const actor = z.union([AgentId, ToolId]).safeParse(aggregate)
  if (actor.success) return verifyActor(actor.data, entries)
  const request = verify(aggregate, entries)
  return request.state && options.at !== undefined
    ? { state: asOf(request.state, NumericDate.parse(Number(options.at))), broken: undefined }
    : request
}

/** Whom to believe, as the bundle has them. Keys that cannot be had are none: then it is said that nobody was asked. */
async function trustOf(file: string | undefined): Promise<LoginTrust | undefined> {
  if (file === undefined) return undefined
  const bundle = Bundle.parse(JSON.parse(readFileSync(file, 'utf8')))
  const login = loginIssuerOf(bundle)
  if (!login) return undefined
  const found = await keysOf(login.issuer, new SystemClock())().catch(() => undefined)
  return { ...login, directory: bundle.directory, keys: found?.keys }
}
