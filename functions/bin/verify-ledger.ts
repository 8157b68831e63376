import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { keysOf } from '../adapters/jose/fetch-jwks.ts'
import { checkLogins, type LoginTrust, loginIssuerOf } from '../adapters/jose/login-checks.ts'
import { SystemClock } from '../adapters/system/system.ts'
import { type Entry, verify, verifyOther } from '../domain/ledger/ledger.ts'
import { type TextsBeside, withTextsBeside } from '../domain/ledger/texts.ts'
import { Bundle } from '../domain/policy/bundle.ts'
import { asOf } from '../domain/requests/due.ts'
import { NumericDate } from '../domain/values.ts'

/**
 * A program: takes the entries of one chain (a request, halt, standing permit, stand-in or actor) on stdin, as
 * `{ "aggregate", "entries", "personal" }`, and replays them through the production reducer. It prints `{ "state" }`, the whole state
 * that they make, or `{ "broken" }`, the first entry that is wrong and how. Exit 0, 1 for a broken chain.
 * `--at TIME` (seconds since 1970) prints the request as a read sees it then, if no one acts on it before.
 *
 * Each login that a decision rests on is verified again by its ID token in `personal`, and told in `logins`: as `not_shown`
 * where the token was erased, or is still good and therefore withheld. With `--bundle FILE`, a compiled bundle, it
 * must also be that person's at that provider; its keys are fetched and compared where the provider answers.
 */
const { values: options } = parseArgs({ options: { at: { type: 'string' }, bundle: { type: 'string' } } })
const { aggregate, entries, personal = {} } = JSON.parse(readFileSync(0, 'utf8')) as Chain
const { state, broken } = replayed()
const logins = broken ? [] : await checkLogins(withTextsBeside(entries, personal), await trustOf(options.bundle))
const bad = logins.find((each) => each.broken)
const all = broken ?? (bad && { at: bad.entry, why: 'login', detail: bad.broken })
process.stdout.write(`${JSON.stringify(all ? { broken: all } : { state, ...(logins.length > 0 ? { logins } : {}) })}\n`)
process.exitCode = all ? 1 : 0

type Chain = { aggregate: string; entries: Entry[]; personal?: TextsBeside }

function replayed() {
  const other = verifyOther(aggregate, entries)
  if (other) return other
  const request = verify(aggregate, entries)
  return request.state && options.at !== undefined
    ? { state: asOf(request.state, NumericDate.parse(Number(options.at))), broken: undefined }
    : request
}

/** The provider and the people of the bundle. Without keys of the provider, the result says that it was not asked. */
async function trustOf(file: string | undefined): Promise<LoginTrust | undefined> {
  if (file === undefined) return undefined
  const bundle = Bundle.parse(JSON.parse(readFileSync(file, 'utf8')))
  const login = loginIssuerOf(bundle)
  if (!login) return undefined
  const found = await keysOf(login.issuer, new SystemClock())().catch(() => undefined)
  return { ...login, directory: bundle.directory, keys: found?.keys }
}
