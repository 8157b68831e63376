import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { checkLogins, type LoginTrust } from '../../functions/adapters/jose/login-checks.ts'
import type { Entry } from '../../functions/domain/ledger/ledger.ts'
import { withTextsBeside } from '../../functions/domain/ledger/texts.ts'
import { type DecisionNonce, writeNonce } from '../../functions/domain/people/login.ts'
import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import type { Digest } from '../../functions/domain/values.ts'
import { textsBeside } from '../../functions/operations/ledger/texts.ts'
import { type EntriesPage, readLedger } from '../../functions/operations/requests/read-requests.ts'
import { type Key, makeKey, signed } from '../adapters/jose/tokens.ts'
import { withoutDates } from '../support/bundles.ts'
import { person, start, type What, World } from '../support/world.ts'

/** The recorded logins, verified again by an auditor who has only the entries. */

const sample = withoutDates()
const idp = 'https://id.example.org'
const clientId = 'hotwork-browser'
const stopWorker: What = {
  action: 'lambda:PutFunctionConcurrency',
  arguments: { FunctionName: 'checkout-worker', ReservedConcurrentExecutions: 0 },
  resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:checkout-worker' },
}

let key: Key
let other: Key
let world: World
let request: ApprovalRequest
beforeAll(async () => {
  ;[key, other] = [await makeKey(), await makeKey()]
})
async function begin() {
  world = new World(sample)
  request = await world.submitted(stopWorker)
  await world.decide(request, 'ana')
}
beforeEach(begin)

const narrow = { minutes: 5 }
const trust = (changes: Partial<LoginTrust> = {}): LoginTrust => ({
  alias: 'people',
  issuer: { issuer: idp, audience: '{issuer}/people', algorithms: ['ES256'] },
  clientId,
  directory: sample.directory,
  keys: [key.jwk],
  ...changes,
})

type Changes = { claims?: object; nonce?: Partial<DecisionNonce>; evidenceKey?: object; narrow?: typeof narrow }
/** Approves as gus by such a login, in the form that the pages record. */
async function approved(changes: Changes = {}): Promise<readonly Entry[]> {
  const { digest } = request.ask
  const nonce = writeNonce({ verdict: 'approve', round: 1, digest, random: 'r'.repeat(43), ...changes.nonce })
  const claims = {
    iss: idp,
    sub: 'person-gus',
    aud: clientId,
    iat: start,
    exp: start + 300,
    nonce,
    acr: 'strong',
    auth_time: start,
  }
  const idToken = signed(key, { alg: 'ES256', kid: key.kid }, { ...claims, ...changes.claims })
  const evidence = { idToken, key: (changes.evidenceKey ?? key.jwk) as never }
  const done = await world.decide(request, 'gus', 'approve', {
    through: 'page',
    login: { acr: 'strong', at: start, evidence },
    ...(changes.narrow && { narrow }),
  })
  if (!done.ok) throw new Error(done.code)
  return whole()
}

/** The entries with their ID tokens, as an auditor sees them once the tokens have expired. */
async function whole(): Promise<readonly Entry[]> {
  const entries = await world.ledger.entries(request.ask.id)
  return withTextsBeside(entries, await textsBeside(entries, start + 1_000, world.ledger.texts))
}
const broken = async (entries: readonly Entry[], by: LoginTrust | undefined = trust()) =>
  (await checkLogins(entries, by)).map((each) => each.broken)

test('a login made for the decision holds, with and without the provider', async () => {
  const entries = await approved()
  expect(await checkLogins(entries, trust())).toEqual([
    { entry: entries.at(-1)?.id, person: 'person:gus', key: 'known' },
  ])
  expect(await checkLogins(entries)).toMatchObject([{ person: 'person:gus', key: 'not_asked' }])
})

test('a key that the provider no longer publishes is reported, and breaks nothing', async () =>
  expect(await checkLogins(await approved(), trust({ keys: [other.jwk] }))).toEqual([
    expect.objectContaining({ key: 'not_published' }),
  ]))

test('an expired token still proves its login', async () => {
  const entries = await approved()
  world.clock.advance(10 * 365 * 86_400)
  expect(await broken(entries)).toEqual([undefined])
})

test.each<[rule: string, string, Parameters<typeof approved>[0]]>([
  ['signed by a key outside the entry', 'signature', { evidenceKey: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } }],
  ['made for another request', 'nonce', { nonce: { digest: `sha-256:${'x'.repeat(43)}` as Digest } }],
  ['made for the other verdict', 'nonce', { nonce: { verdict: 'deny' } }],
  ['made for another round', 'nonce', { nonce: { round: 2 } }],
  ['made for a look at a page', 'nonce', { claims: { nonce: 'r'.repeat(43) } }],
  ['of another strength than is recorded', 'login', { claims: { acr: 'plain' } }],
  ['at another time than is recorded', 'login', { claims: { auth_time: start - 3600 } }],
  ['that had expired before the decision', 'time', { claims: { exp: start - 31 } }],
  ['that was made after the decision', 'time', { claims: { iat: start + 31 } }],
  ['of another person', 'identity', { claims: { sub: 'person-hana' } }],
  ['for another application', 'issuer', { claims: { aud: 'another' } }],
  ['of another provider', 'issuer', { claims: { iss: 'https://evil.example' } }],
])('a login %s is broken, with the reason', async (_rule, what, changes) =>
  expect(await broken(await approved(changes))).toEqual([what]),
)

test('a narrowed approval holds only with a login made for the narrowed request', async () => {
  const entries = await approved({ narrow })
  const left = (await world.state(request.ask.id)).ask.digest
  expect(left).not.toBe(request.ask.digest)
  expect(await broken(entries)).toEqual(['nonce'])

  await begin()
  const less = `sha-256:${'x'.repeat(43)}` as Digest
  expect(await broken(await approved({ narrow, nonce: { less } }))).toEqual(['narrowed'])

  await begin()
  expect(await broken(await approved({ narrow, nonce: { less: left } }))).toEqual([undefined])
})

/** A reader's answer. */
async function shown(): Promise<EntriesPage> {
  const read = await readLedger({ id: request.ask.id, person: person('ana'), after: 0 }, world.ports)
  if (!read.ok) throw new Error(read.code)
  return read.value
}
const pointer = '/facts/login/evidence/idToken'
const besideLast = ({ entries, personal }: EntriesPage) => personal[entries.at(-1)?.id ?? '']?.[pointer]

test('an ID token is withheld while another service would accept it, with the time of its release', async () => {
  await approved()
  const entries = await world.ledger.entries(request.ask.id)
  world.clock.advance(359)
  expect(JSON.stringify(await shown())).not.toContain('eyJ')
  expect(besideLast(await shown())).toEqual({ withheld_until: '2027-01-15T08:06:00Z' })
  world.clock.advance(1)
  expect(besideLast(await shown())).toEqual({ text: expect.stringMatching(/^eyJ/), salt: expect.any(String) })
  expect((await shown()).entries).toEqual(entries)
})

test.each([['not-a-token'], ['a.!.c'], [`a.${Buffer.from('{"exp":"soon"}').toString('base64url')}.c`]])(
  'an ID token without a readable end is never shown: %s',
  async (idToken) => {
    const login = { acr: 'strong', at: start, evidence: { idToken, key: {} } }
    await world.decide(request, 'gus', 'approve', { through: 'page', login })
    world.clock.advance(100 * 365 * 86_400)
    expect(JSON.stringify(await shown())).not.toContain(idToken)
  },
)

const program = join(__dirname, '../../functions/bin/verify-ledger.ts')
const node = join(__dirname, '../../node_modules/.bin/node')
const verify = ({ entries, personal }: Pick<EntriesPage, 'entries' | 'personal'>) => {
  const input = JSON.stringify({ aggregate: request.ask.id, entries, personal })
  const { status, stdout } = spawnSync(node, [program], { input, encoding: 'utf8' })
  return [status, JSON.parse(stdout)]
}

test('the program verifies a record with a withheld or erased ID token, and reports the login as not shown', async () => {
  await approved()
  const notShown = [0, expect.objectContaining({ logins: [expect.objectContaining({ key: 'not_shown' })] })]
  expect(verify(await shown())).toEqual(notShown)
  world.clock.advance(360)
  const [status, said] = verify(await shown())
  expect([status, said.state.status, said.logins]).toEqual([
    0,
    'pending',
    [expect.objectContaining({ person: 'person:gus', key: 'not_asked' })],
  ])
  for (const { commitment } of world.ledger.texts.all()) await world.ledger.texts.erase([commitment])
  expect(verify(await shown())).toEqual(notShown)
})
test('the program calls a record broken if its login is for something else, and names the entry', async () => {
  await approved({ nonce: { round: 2 } })
  world.clock.advance(360)
  const page = await shown()
  expect(verify(page)).toEqual([1, { broken: { at: page.entries.at(-1)?.id, why: 'login', detail: 'nonce' } }])
})
