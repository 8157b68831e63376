import { createHash } from 'node:crypto'
import { type Call, endpoint } from '../../functions/adapters/http/endpoint.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import type { AskerId } from '../../functions/domain/values.ts'
import { Callers, mustBeTheirs } from '../../functions/handlers/callers.ts'
import { type KeyServer, startKeyServer } from '../adapters/jose/key-server.ts'
import { type Key, makeKey, signed } from '../adapters/jose/tokens.ts'
import { apiEvent } from '../support/api-event.ts'
import { withPerson } from '../support/bundles.ts'
import { MemoryClock } from '../support/memory-clock.ts'
import { MemoryLog } from '../support/memory-log.ts'
import { issuer, person, sampleBundle, start } from '../support/world.ts'

/** Callers by the tokens of a real issuer: agents, tools and people, each only in their own place. */

const idp = 'https://id.example.org'
const clock = new MemoryClock(start)
const sample = sampleBundle()
let key: Key
let stranger: Key
let server: KeyServer
let bundle: Bundle
let callers: Callers

beforeAll(async () => {
  ;[key, stranger] = [await makeKey(), await makeKey()]
})
beforeEach(async () => {
  server = await startKeyServer(key)
  const issuers = Object.fromEntries(
    Object.entries(sample.deployment.issuers).map(([alias, each]) => [alias, { ...each, jwksUri: server.url }]),
  )
  bundle = { ...sample, deployment: { ...sample.deployment, issuers } }
  callers = new Callers({ bundle }, issuer, clock)
})
afterEach(() => server.close())

const token = (aud: string, sub: string, rest: object = {}, by = key) =>
  signed(by, { alg: 'ES256', kid: by.kid }, { iss: idp, aud, sub, iat: start, exp: start + 300, ...rest })
const workload = (sub: string, rest: object = {}) => token(issuer, sub, rest)
const ofPerson = (sub: string, rest: object = {}) => token(`${issuer}/people`, sub, rest)
const bearer = (text: string) => ({ authorization: `Bearer ${text}` })

/** Sends a call through a door, and returns its answer. */
async function knock(headers: { [name: string]: string }, door: (call: Call) => Promise<unknown>) {
  const run = endpoint({ issuer, log: new MemoryLog(), clock }, async (call) => ({
    status: 200,
    body: await door(call),
  }))
  const { statusCode, body = '', ...answer } = await run(apiEvent('POST /token', start, { headers }))
  const challenge = (answer.headers as { [name: string]: string })['www-authenticate']
  return { status: statusCode, challenge, body: body === '' ? undefined : JSON.parse(body) }
}
const doors = {
  agent: (call: Call) => callers.agent(call).then(({ agent, ref }) => ({ id: agent.id, ref })),
  'agent or tool': (call: Call) => callers.agentOrTool(call),
  tool: (call: Call) => callers.tool(call).then(({ id }) => ({ id })),
  person: (call: Call) => callers.person(call).then(({ person, login }) => ({ id: person.id, login })),
}
type Door = keyof typeof doors
const subjectOf = (id: string) =>
  [...bundle.agents, ...bundle.tools, ...bundle.directory.people].find((each) => each.id === id)?.identities[0]
    ?.subject as string

test.each<[who: string, id: string, opens: Door[]]>([
  ['an agent', 'agent:remediator', ['agent', 'agent or tool']],
  ['a tool', 'tool:flag-service', ['tool', 'agent or tool']],
  ['a person', 'person:ana', ['person']],
])('%s enters by their own doors alone', async (_who, id, opens) => {
  const subject = subjectOf(id)
  const proper = id.startsWith('person:') ? ofPerson(subject) : workload(subject)
  // The right subject, in the kind of token of other callers.
  const improper = id.startsWith('person:') ? workload(subject) : ofPerson(subject)
  for (const [name, door] of Object.entries(doors)) {
    const { status, body } = await knock(bearer(proper), door)
    expect([name, status]).toEqual([name, opens.includes(name as Door) ? 200 : 401])
    if (status === 200) expect(body.id).toBe(id)
    expect([name, (await knock(bearer(improper), door)).status]).toEqual([name, 401])
  }
})

test('a token that verifies and belongs to no one is noted at the doors of agents, and refused as ever', async () => {
  const noted: string[] = []
  const note = ({ alias, subject }: { alias: string; subject: string }) =>
    Promise.resolve(void noted.push(`${alias} ${subject}`))
  const refused = async (text: string, door: (call: Call) => Promise<unknown>) =>
    (await knock(bearer(text), door)).body.detail
  const before = await refused(workload('stranger-1'), doors.agent)
  callers = new Callers({ bundle }, issuer, clock, { note })
  expect(await refused(workload('stranger-1'), doors.agent)).toBe(before)
  await refused(workload('stranger-1'), doors['agent or tool'])
  expect(noted).toEqual(['workloads stranger-1', 'workloads stranger-1'])
})

test('a token that does not verify, and one that belongs to a tool or a person, is not noted', async () => {
  const noted: string[] = []
  callers = new Callers({ bundle }, issuer, clock, { note: ({ subject }) => Promise.resolve(void noted.push(subject)) })
  const tokens = [
    workload('stranger-1', { exp: start - 3600 }),
    token('https://elsewhere.example', 'stranger-1'),
    signed(
      stranger,
      { alg: 'ES256', kid: key.kid },
      { iss: idp, aud: issuer, sub: 'stranger-1', iat: start, exp: start + 300 },
    ),
    workload('stranger-1', { iss: 'https://elsewhere.example' }),
    workload(subjectOf('tool:flag-service')),
    ofPerson(subjectOf('person:ana')),
    'no token',
  ]
  for (const each of tokens) expect((await knock(bearer(each), doors.agent)).status).toBe(401)
  expect(noted).toEqual([])
})

test('an agent is known by the identity that it proved', async () => {
  const { body } = await knock(bearer(workload(subjectOf('agent:remediator'))), doors.agent)
  expect(body.ref).toEqual({ id: 'agent:remediator', issuer: idp, subject: subjectOf('agent:remediator') })
})

test('a person’s login comes with the strength and time in the token', async () => {
  const login = async (rest: object) =>
    (await knock(bearer(ofPerson(subjectOf('person:ana'), rest)), doors.person)).body.login
  expect(await login({ acr: 'strong', auth_time: start - 60 })).toEqual({ acr: 'strong', at: start - 60 })
  expect(await login({})).toEqual({})
  expect(await login({ acr: ['strong'], auth_time: '1799999999' })).toEqual({})
})

test('an ID token is refused as a person’s token, with any audience', async () => {
  const subject = subjectOf('person:ana')
  for (const nonce of ['n-0S6_WzA2Mj', '', null]) {
    const { status, body } = await knock(bearer(ofPerson(subject, { nonce })), doors.person)
    expect([status, body.detail]).toEqual([401, 'it has a `nonce`, so it is an ID token: send an access token'])
    expect((await knock(bearer(ofPerson(subject, { nonce })), (call) => callers.holder(call))).status).toBe(401)
  }
  expect((await knock(bearer(ofPerson(subject)), (call) => callers.holder(call))).status).toBe(200)
})

test('a subject is matched to the letter', async () => {
  const subject = subjectOf('agent:remediator')
  for (const near of [
    subject.toUpperCase(),
    `${subject} `,
    `${subject}x`,
    subject.slice(0, -1),
    '',
    '__proto__',
    'agent:remediator',
  ])
    expect([near, (await knock(bearer(workload(near)), doors.agent)).status]).toEqual([near, 401])
})

const changed = (change: Partial<Bundle>) => {
  callers = new Callers({ bundle: { ...bundle, ...change } }, issuer, clock)
}

test.each(['suspended', 'retired'] as const)(
  'an agent that is %s is still known, because policy judges its acts, and reading and ending are safe',
  async (status) => {
    changed({ agents: bundle.agents.map((each) => ({ ...each, status })) })
    const { status: answered, body } = await knock(bearer(workload(subjectOf('agent:remediator'))), doors.agent)
    expect([answered, body.id]).toEqual([200, 'agent:remediator'])
  },
)

test('a person is refused past their date, and known again once recertified, while the same Lambda lives', async () => {
  const isActive = { ana: true }
  const policy = {
    get bundle() {
      return withPerson(person('ana'), { status: isActive.ana ? 'active' : 'inactive' }, bundle)
    },
  }
  callers = new Callers(policy, issuer, clock)
  const answered: unknown[] = []
  for (const now of [true, false, true]) {
    isActive.ana = now
    answered.push((await knock(bearer(await ofPerson('person-ana')), doors.person)).status)
  }
  expect(answered).toEqual([200, 401, 200])
})

test('a person who has left is unknown', async () => {
  const people = bundle.directory.people.map((each) => ({ ...each, status: 'inactive' as const }))
  changed({ directory: { ...bundle.directory, people } })
  expect((await knock(bearer(ofPerson(subjectOf('person:ana'))), doors.person)).status).toBe(401)
})

test('an agent outside the registry is unknown', async () => {
  changed({ agents: bundle.agents.filter(({ id }) => id !== 'agent:remediator') })
  expect((await knock(bearer(workload(subjectOf('agent:remediator'))), doors.agent)).status).toBe(401)
})

test('a token comes by a scheme in any case', async () => {
  const text = workload(subjectOf('agent:remediator'))
  for (const scheme of ['Bearer', 'bearer', 'BEARER'])
    expect((await knock({ authorization: `${scheme} ${text}` }, doors.agent)).status).toBe(200)
})

test.each<[how: string, headers: (text: string) => { [name: string]: string }]>([
  ['is absent', () => ({})],
  ['is empty', () => ({ authorization: '' })],
  ['is a scheme alone', () => ({ authorization: 'Bearer' })],
  ['has two spaces', (text) => ({ authorization: `Bearer  ${text}` })],
  ['has something after the token', (text) => ({ authorization: `Bearer ${text} x` })],
  ['has two tokens', (text) => ({ authorization: `Bearer ${text}, Bearer ${text}` })],
  ['has the scheme of DPoP', (text) => ({ authorization: `DPoP ${text}` })],
  ['has a password', (text) => ({ authorization: `Basic ${text}` })],
  ['lacks a scheme', (text) => ({ authorization: text })],
  ['has another name', (text) => ({ 'x-authorization': `Bearer ${text}` })],
])('a call whose header %s is 401 without an error code, because no token was sent', async (_how, headers) => {
  const { status, challenge, body } = await knock(headers(workload(subjectOf('agent:remediator'))), doors.agent)
  expect([status, body.type]).toEqual([401, `${issuer}/problems/missing_token`])
  expect(challenge).toBe(`Bearer resource_metadata="${issuer}/.well-known/oauth-protected-resource"`)
})

test.each<[what: string, make: () => string]>([
  ['no JWT', () => 'x'],
  ['signed by a stranger', () => token(issuer, subjectOf('agent:remediator'), {}, stranger)],
  ['of another issuer', () => workload(subjectOf('agent:remediator'), { iss: 'https://evil.example' })],
  ['expired', () => workload(subjectOf('agent:remediator'), { exp: start - 31 })],
  ['of an unknown subject', () => workload('unknown-subject')],
  ['too long', () => workload('x'.repeat(9_000))],
])('a token that is %s is 401 `invalid_token`, without its content in the answer', async (_what, make) => {
  const { status, challenge, body } = await knock(bearer(make()), doors.agent)
  expect([status, body.type]).toEqual([401, `${issuer}/problems/invalid_token`])
  expect(challenge).toMatch(/^Bearer resource_metadata="[^"]+", error="invalid_token"$/)
  expect(JSON.stringify(body)).not.toMatch(/unknown-subject|remediator|evil/)
})

test('a token whose issuer’s keys cannot be had is 503, which does not blame the caller', async () => {
  server.mood = 'broken'
  expect((await knock(bearer(workload(subjectOf('agent:remediator'))), doors.agent)).status).toBe(503)
})

describe('the proof of a key', () => {
  const where = { method: 'POST', path: '/token' }
  const claims = { jti: 'proof-1', htm: 'POST', htu: `${issuer}/token`, iat: start }
  const proof = (rest: object = {}, by = key) =>
    signed(by, { typ: 'dpop+jwt', alg: 'ES256', jwk: by.jwk }, { ...claims, ...rest })
  const prove = (dpop: string | undefined, at: Parameters<Callers['proof']>[1] = where) =>
    knock(dpop === undefined ? {} : { DPoP: dpop }, (call) => callers.proof(call, at))

  test('a proof of a key is for this address, and its id is remembered while the proof could be replayed', async () => {
    const { status, body } = await prove(proof())
    expect(status).toBe(200)
    expect(body.proof).toEqual({ jkt: key.kid, jti: 'proof-1', issuedAt: start })
    expect(body.once).toMatchObject({ key: expect.stringMatching(/^SEEN#/), value: 'proof-1' })
    expect(body.once.expiresAt).toBeGreaterThanOrEqual(start + 120)
    expect((await prove(proof())).body.once.key).toBe(body.once.key)
    expect((await prove(proof({ jti: 'proof-2' }))).body.once.key).not.toBe(body.once.key)
    expect((await prove(proof({}, stranger))).body.once.key).not.toBe(body.once.key)
  })

  test.each([
    ['has a query', `${issuer}/token?a=1`],
    ['has a fragment', `${issuer}/token#a`],
    ['names the default port', 'https://hotwork.example:443/token'],
    ['has capitals in scheme and host', 'HTTPS://HOTWORK.example/token'],
    ['has a needless escape', `${issuer}/%74oken`],
  ])(
    'a proof of a key may be for the address with another spelling: it %s (RFC 9449 section 4.3)',
    async (_how, htu) => {
      expect((await prove(proof({ htu }))).status).toBe(200)
    },
  )

  test.each<[what: string, dpop: () => string | undefined]>([
    ['missing', () => undefined],
    ['empty', () => ''],
    ['given twice', () => `${proof()}, ${proof({ jti: 'proof-2' })}`],
    ['given twice without a space', () => `${proof()},${proof()}`],
    ['a bearer token', () => workload('agent-remediator')],
    ['for another method', () => proof({ htm: 'GET' })],
    ['for a method in small letters', () => proof({ htm: 'post' })],
    ['for another path', () => proof({ htu: `${issuer}/aws/credentials` })],
    ['for a path with an extra slash', () => proof({ htu: `${issuer}/token/` })],
    ['for a path in another case', () => proof({ htu: `${issuer}/Token` })],
    ['for another host', () => proof({ htu: 'https://hotwork.example.evil/token' })],
    ['for a host behind a name', () => proof({ htu: 'https://hotwork.example@evil.example/token' })],
    ['for another scheme', () => proof({ htu: 'http://hotwork.example/token' })],
    ['for another port', () => proof({ htu: 'https://hotwork.example:8443/token' })],
    ['for a path alone', () => proof({ htu: '/token' })],
    ['too old', () => proof({ iat: start - 61 })],
    ['too early', () => proof({ iat: start + 61 })],
  ])('a proof of a key that is %s is 401 with a challenge', async (_what, dpop) => {
    const { status, challenge, body } = await prove(dpop())
    expect([status, body.type]).toEqual([401, `${issuer}/problems/invalid_dpop_proof`])
    expect(challenge).toMatch(
      /^DPoP error="invalid_dpop_proof", error_description="[\x20\x21\x23-\x5b\x5d-\x7e]+", algs="ES256"$/,
    )
  })

  test('a proof of a key that comes with an access token is bound to that token', async () => {
    const accessToken = 'a.b.c'
    const hash = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(accessToken))).toString('base64url')
    const at = { ...where, accessToken }
    expect((await prove(proof({ ath: hash }), at)).status).toBe(200)
    expect((await prove(proof(), at)).status).toBe(401)
    expect((await prove(proof({ ath: accessToken }), at)).status).toBe(401)
    expect((await prove(proof({ ath: hash }), { ...at, accessToken: 'a.b.d' })).status).toBe(401)
  })
})

describe('an agent that asks, with its key', () => {
  const where = { method: 'POST', path: '/access/v1/requests' }
  const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url')
  const proof = (rest: object = {}) =>
    signed(
      key,
      { typ: 'dpop+jwt', alg: 'ES256', jwk: key.jwk },
      { jti: 'proof-1', htm: 'POST', htu: `${issuer}${where.path}`, iat: start, ...rest },
    )
  const ask = (authorization: string, dpop: string) =>
    knock({ authorization, dpop }, (call) => callers.provenAgent(call, where))

  test("an agent with a key sends its token as Bearer, or by the DPoP scheme with the token's hash in the proof", async () => {
    const text = workload(subjectOf('agent:remediator'))
    for (const [scheme, rest] of [
      ['Bearer', {}],
      ['Bearer', { ath: hashOf(text) }],
      ['DPoP', { ath: hashOf(text) }],
    ] as const)
      expect(await ask(`${scheme} ${text}`, proof(rest))).toMatchObject({
        status: 200,
        body: { ref: { id: 'agent:remediator' }, proof: { jkt: key.kid } },
      })
  })

  test("an agent with a key is refused by the DPoP scheme without its token's hash in the proof (RFC 9449 section 7.1)", async () => {
    const text = workload(subjectOf('agent:remediator'))
    for (const rest of [{}, { ath: hashOf('another') }])
      expect(await ask(`DPoP ${text}`, proof(rest))).toMatchObject({
        status: 401,
        challenge: expect.stringContaining('DPoP error="invalid_dpop_proof"'),
      })
  })
})

const known = (agent: string) => ({ ok: true, value: { agent: agent as AskerId } }) as const
const holding = (headers: { [name: string]: string }, token: Parameters<typeof mustBeTheirs>[2]) =>
  knock(headers, async (call) => {
    const holder = await callers.holder(call)
    mustBeTheirs(issuer, holder, token)
    return holder
  })

test('an agent or a tool may ask about any of our tokens', async () => {
  const agent = bearer(await workload('agent-builder'))
  expect(await holding(agent, known('agent:remediator'))).toMatchObject({ status: 200, body: { type: 'agent' } })
  expect(await holding(agent, { ok: false, code: 'unknown' })).toMatchObject({ status: 200 })
})

test('a person may ask only about the token of their own opening', async () => {
  const jade = bearer(await ofPerson('person-jade'))
  expect(await holding(jade, known('person:jade'))).toMatchObject({
    status: 200,
    body: { type: 'person', id: 'person:jade' },
  })
  for (const other of [known('person:kofi'), known('agent:builder'), { ok: false, code: 'unknown' } as const])
    expect(await holding(jade, other)).toMatchObject({ status: 401 })
})

const sources = { sre: { source: { claim: 'eng-sre' }, tiers: 1, breakGlass: false } }
const withClaims = () =>
  new Callers({ bundle: { ...bundle, directory: { ...bundle.directory, sources } } }, issuer, clock)
const claimedBy = async (groups: unknown, times: object = {}) => {
  const { body } = await knock(bearer(await ofPerson('person-ana', { groups, ...times })), async (call) => ({
    claimed: (await withClaims().person(call)).claimed ?? null,
  }))
  return body.claimed
}

test("the groups that a token claims are the directory's groups from that source, until the token ends", async () => {
  expect(await claimedBy(['eng-sre', 'eng-all'])).toEqual({ groups: ['sre'], until: start + 300 })
})

test('the groups that a token claims last at most an hour from its issue', async () => {
  const old = { iat: start - 3000, exp: start + 86_400 }
  expect(await claimedBy(['eng-sre'], old)).toEqual({ groups: ['sre'], until: start + 600 })
})

test.each([['eng-sre'], [{ 'eng-sre': true }], [[1, null]], [[]], [['sre']]])(
  'the groups that a token claims are absent for %j',
  async (groups) => expect(await claimedBy(groups)).toBeNull(),
)

test('the groups that a token claims are unknown without the claim, and known to be empty with an empty list', async () => {
  const saidUntil = async (claims: object) => {
    const { body } = await knock(bearer(await ofPerson('person-ana', claims)), async (call) => ({
      said: (await withClaims().person(call)).saidUntil ?? null,
    }))
    return body.said
  }
  expect(await saidUntil({})).toBeNull()
  expect(await saidUntil({ groups: 'eng-sre' })).toBeNull()
  expect(await saidUntil({ groups: [] })).toBe(start + 300)
  expect(await saidUntil({ groups: [], iat: start - 3000, exp: start + 86_400 })).toBe(start + 600)
})
