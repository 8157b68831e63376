// Rules: test/http/check-logins.test.ts
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
 * Reads the entries of one chain (a request, halt, standing permit, stand-in or actor) on stdin, as `{ "aggregate",
 * "entries", "personal" }`, and replays them through the production reducer. It prints `{ "state" }`, the resulting
 * state, or `{ "broken" }`, the first invalid entry with the reason. Exit 0, 1 for a broken chain. `--at TIME` (seconds
 * since 1970) prints the request as a read would see it at that time without further acts. Each login behind a decision
 * is verified again by its ID token in `personal`, and reported in `logins`: as `not_shown` if the token was erased, or
 * is withheld because it is still valid. With `--bundle FILE`, a compiled bundle, it must also be that person's login
 * at that provider; the provider's keys are fetched and compared if it answers.
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

/** The provider and people of the bundle. Without the provider's keys, the result says that they were not compared. */
async function trustOf(file: string | undefined): Promise<LoginTrust | undefined> {
  if (file === undefined) return undefined
  const bundle = Bundle.parse(JSON.parse(readFileSync(file, 'utf8')))
  const login = loginIssuerOf(bundle)
  if (!login) return undefined
  const found = await keysOf(login.issuer, new SystemClock())().catch(() => undefined)
  return { ...login, directory: bundle.directory, keys: found?.keys }
}
