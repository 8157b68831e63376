import { createHash } from 'node:crypto'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { type Call, endpoint } from '../../functions/adapters/http/endpoint.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import type { AskerId } from '../../functions/domain/values.ts'
import { Callers, mustBeTheirs } from '../../functions/handlers/callers.ts'
import { type KeyServer, startKeyServer } from '../adapters/jose/key-server.ts'
import { type Key, makeKey, signed } from '../adapters/jose/tokens.ts'
import { MemoryClock } from '../support/memory-clock.ts'
import { MemoryLog } from '../support/memory-log.ts'
import { issuer, sampleBundle, start } from '../support/world.ts'

/** Who calls, by the tokens of a real issuer: agents, tools and people, and none of them in another's place. */

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

/** Sends a call through a door, and answers what it came to. */
async function knock(headers: { [name: string]: string }, door: (call: Call) => Promise<unknown>) {
  const run = endpoint({ issuer, log: new MemoryLog(), clock }, async (call) => ({
    status: 200,
    body: await door(call),
  }))
  const {
    statusCode,
    headers: answered,
    body = '',
  } = await run({
    ...{ version: '2.0', routeKey: 'POST /token', rawPath: '/token', rawQueryString: '', isBase64Encoded: false },
    ...{
      headers,
      requestContext: { requestId: 'r', timeEpoch: start * 1000 } as APIGatewayProxyEventV2['requestContext'],
    },
  })
  const challenge = (answered as { [name: string]: string })['www-authenticate']
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

describe('each door takes its own callers, and no others', () => {
  test.each<[who: string, id: string, opens: Door[]]>([
    ['an agent', 'agent:remediator', ['agent', 'agent or tool']],
    ['a tool', 'tool:flag-service', ['tool', 'agent or tool']],
    ['a person', 'person:ana', ['person']],
  ])('%s', async (_who, id, opens) => {
    const subject = subjectOf(id)
    const proper = id.startsWith('person:') ? ofPerson(subject) : workload(subject)
    // The right subject, with the token that others use.
    const improper = id.startsWith('person:') ? workload(subject) : ofPerson(subject)
    for (const [name, door] of Object.entries(doors)) {
      const { status, body } = await knock(bearer(proper), door)
      expect([name, status]).toEqual([name, opens.includes(name as Door) ? 200 : 401])
      if (status === 200) expect(body.id).toBe(id)
      expect([name, (await knock(bearer(improper), door)).status]).toEqual([name, 401])
    }
  })

  test('an agent is known by the identity that it proved', async () => {
    const { body } = await knock(bearer(workload(subjectOf('agent:remediator'))), doors.agent)
    expect(body.ref).toEqual({ id: 'agent:remediator', issuer: idp, subject: subjectOf('agent:remediator') })
  })

  test('a person’s login comes with its strength and its time, where the token has them', async () => {
    const login = async (rest: object) =>
      (await knock(bearer(ofPerson(subjectOf('person:ana'), rest)), doors.person)).body.login
    expect(await login({ acr: 'strong', auth_time: start - 60 })).toEqual({ acr: 'strong', at: start - 60 })
    expect(await login({})).toEqual({})
    expect(await login({ acr: ['strong'], auth_time: '1799999999' })).toEqual({})
  })

  test('an ID token is no person’s token, whatever its audience', async () => {
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
})

describe('a caller that is not active', () => {
  const changed = (change: Partial<Bundle>) => {
    callers = new Callers({ bundle: { ...bundle, ...change } }, issuer, clock)
  }

  test.each(['suspended', 'retired'] as const)(
    'an agent that is %s is still known: what it may do is asked of policy, and reading and ending are safe',
    async (status) => {
      changed({ agents: bundle.agents.map((each) => ({ ...each, status })) })
      const { status: answered, body } = await knock(bearer(workload(subjectOf('agent:remediator'))), doors.agent)
      expect([answered, body.id]).toEqual([200, 'agent:remediator'])
    },
  )

  test('a person past their date, and one who was recertified, while the same Lambda lives', async () => {
    const isActive = { ana: true }
    const people = () =>
      bundle.directory.people.map((each) => ({
        ...each,
        status: each.id !== 'person:ana' || isActive.ana ? ('active' as const) : ('inactive' as const),
      }))
    callers = new Callers(
      {
        get bundle() {
          return { ...bundle, directory: { ...bundle.directory, people: people() } }
        },
      },
      issuer,
      clock,
    )
    const answered: unknown[] = []
    for (const now of [true, false, true]) {
      isActive.ana = now
      answered.push((await knock(bearer(await ofPerson('person-ana')), doors.person)).status)
    }
    expect(answered).toEqual([200, 401, 200])
  })

  test('a person who has left is not known any more', async () => {
    const people = bundle.directory.people.map((each) => ({ ...each, status: 'inactive' as const }))
    changed({ directory: { ...bundle.directory, people } })
    expect((await knock(bearer(ofPerson(subjectOf('person:ana'))), doors.person)).status).toBe(401)
  })

  test('nor is an agent that was taken out of the registry', async () => {
    changed({ agents: bundle.agents.filter(({ id }) => id !== 'agent:remediator') })
    expect((await knock(bearer(workload(subjectOf('agent:remediator'))), doors.agent)).status).toBe(401)
  })
})

describe('the token comes', () => {
  test('by a scheme in any case', async () => {
    const text = workload(subjectOf('agent:remediator'))
    for (const scheme of ['Bearer', 'bearer', 'BEARER'])
      expect((await knock({ authorization: `${scheme} ${text}` }, doors.agent)).status).toBe(200)
  })

  test.each<[how: string, headers: (text: string) => { [name: string]: string }]>([
    ['not at all', () => ({})],
    ['as nothing', () => ({ authorization: '' })],
    ['as a scheme alone', () => ({ authorization: 'Bearer' })],
    ['with two spaces', (text) => ({ authorization: `Bearer  ${text}` })],
    ['with something after it', (text) => ({ authorization: `Bearer ${text} x` })],
    ['twice', (text) => ({ authorization: `Bearer ${text}, Bearer ${text}` })],
    ['by another scheme', (text) => ({ authorization: `DPoP ${text}` })],
    ['as a password', (text) => ({ authorization: `Basic ${text}` })],
    ['without a scheme', (text) => ({ authorization: text })],
    ['in another header', (text) => ({ 'x-authorization': `Bearer ${text}` })],
  ])('%s: 401, and no error is named, since no token was sent', async (_how, headers) => {
    const { status, challenge, body } = await knock(headers(workload(subjectOf('agent:remediator'))), doors.agent)
    expect([status, body.type]).toEqual([401, `${issuer}/problems/missing_token`])
    expect(challenge).toBe(`Bearer resource_metadata="${issuer}/.well-known/oauth-protected-resource"`)
  })

  test.each<[what: string, make: () => string]>([
    ['no token', () => 'x'],
    ['signed by somebody else', () => token(issuer, subjectOf('agent:remediator'), {}, stranger)],
    ['from somewhere else', () => workload(subjectOf('agent:remediator'), { iss: 'https://evil.example' })],
    ['over', () => workload(subjectOf('agent:remediator'), { exp: start - 31 })],
    ['of nobody here', () => workload('nobody')],
    ['too long', () => workload('x'.repeat(9_000))],
  ])('and is %s: 401 `invalid_token`, without a word of what is in it', async (_what, make) => {
    const text = make()
    const { status, challenge, body } = await knock(bearer(text), doors.agent)
    expect([status, body.type]).toEqual([401, `${issuer}/problems/invalid_token`])
    expect(challenge).toMatch(/^Bearer resource_metadata="[^"]+", error="invalid_token"$/)
    expect(JSON.stringify(body)).not.toMatch(/nobody"|remediator|evil/)
  })

  test('while its issuer’s keys cannot be had: nothing is decided, and it is not the caller’s fault', async () => {
    server.mood = 'broken'
    expect((await knock(bearer(workload(subjectOf('agent:remediator'))), doors.agent)).status).toBe(503)
  })
})

describe('the proof of a key', () => {
  const where = { method: 'POST', path: '/token' }
  const claims = { jti: 'proof-1', htm: 'POST', htu: `${issuer}/token`, iat: start }
  const proof = (rest: object = {}, by = key) =>
    signed(by, { typ: 'dpop+jwt', alg: 'ES256', jwk: by.jwk }, { ...claims, ...rest })
  const prove = (dpop: string | undefined, at: Parameters<Callers['proof']>[1] = where) =>
    knock(dpop === undefined ? {} : { DPoP: dpop }, (call) => callers.proof(call, at))

  test('is for this address, and has an id that is to be remembered while it could come again', async () => {
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
    ['names the port that it has anyway', 'https://hotwork.example:443/token'],
    ['is in capitals where those mean nothing', 'HTTPS://HOTWORK.example/token'],
    ['escapes what need not be', `${issuer}/%74oken`],
  ])('may be for the address written in another way: %s (RFC 9449 section 4.3)', async (_how, htu) => {
    expect((await prove(proof({ htu }))).status).toBe(200)
  })

  test.each<[what: string, dpop: () => string | undefined]>([
    ['missing', () => undefined],
    ['empty', () => ''],
    ['there twice', () => `${proof()}, ${proof({ jti: 'proof-2' })}`],
    ['there twice without a space', () => `${proof()},${proof()}`],
    ['a bearer token', () => workload('agent-remediator')],
    ['for another method', () => proof({ htm: 'GET' })],
    ['for a method in small letters', () => proof({ htm: 'post' })],
    ['for another path', () => proof({ htu: `${issuer}/aws/credentials` })],
    ['for a path with a slash more', () => proof({ htu: `${issuer}/token/` })],
    ['for a path in another case', () => proof({ htu: `${issuer}/Token` })],
    ['for another host', () => proof({ htu: 'https://hotwork.example.evil/token' })],
    ['for a host behind a name', () => proof({ htu: 'https://hotwork.example@evil.example/token' })],
    ['for another scheme', () => proof({ htu: 'http://hotwork.example/token' })],
    ['for another port', () => proof({ htu: 'https://hotwork.example:8443/token' })],
    ['for a path alone', () => proof({ htu: '/token' })],
    ['too old', () => proof({ iat: start - 61 })],
    ['too early', () => proof({ iat: start + 61 })],
  ])('that is %s is 401 with a challenge', async (_what, dpop) => {
    const { status, challenge, body } = await prove(dpop())
    expect([status, body.type]).toEqual([401, `${issuer}/problems/invalid_dpop_proof`])
    expect(challenge).toMatch(
      /^DPoP error="invalid_dpop_proof", error_description="[\x20\x21\x23-\x5b\x5d-\x7e]+", algs="ES256"$/,
    )
  })

  test('that comes with an access token is for that token', async () => {
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

  test('sends its token as Bearer, with or without its hash in the proof, or by the DPoP scheme with it', async () => {
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

  test('is refused by the DPoP scheme with a proof for no token, or for another (RFC 9449 section 7.1)', async () => {
    const text = workload(subjectOf('agent:remediator'))
    for (const rest of [{}, { ath: hashOf('another') }])
      expect(await ask(`DPoP ${text}`, proof(rest))).toMatchObject({
        status: 401,
        challenge: expect.stringContaining('DPoP error="invalid_dpop_proof"'),
      })
  })
})

describe('who asks about a token of ours, or gives it back', () => {
  const known = (agent: string) => ({ ok: true, value: { agent: agent as AskerId } }) as const
  const holding = (headers: { [name: string]: string }, token: Parameters<typeof mustBeTheirs>[2]) =>
    knock(headers, async (call) => {
      const holder = await callers.holder(call)
      mustBeTheirs(issuer, holder, token)
      return holder
    })

  test('is an agent or a tool, whatever token it is about', async () => {
    const agent = bearer(await workload('agent-builder'))
    expect(await holding(agent, known('agent:remediator'))).toMatchObject({ status: 200, body: { type: 'agent' } })
    expect(await holding(agent, { ok: false, code: 'unknown' })).toMatchObject({ status: 200 })
  })

  test('is a person about the token that they were given in an opening, and about no other', async () => {
    const jade = bearer(await ofPerson('person-jade'))
    expect(await holding(jade, known('person:jade'))).toMatchObject({
      status: 200,
      body: { type: 'person', id: 'person:jade' },
    })
    for (const other of [known('person:kofi'), known('agent:builder'), { ok: false, code: 'unknown' } as const])
      expect(await holding(jade, other)).toMatchObject({ status: 401 })
  })
})

describe('the groups that a token claims', () => {
  const sources = { sre: { source: { claim: 'eng-sre' }, tiers: 1, breakGlass: false } }
  const withClaims = () =>
    new Callers({ bundle: { ...bundle, directory: { ...bundle.directory, sources } } }, issuer, clock)
  const claimedBy = async (groups: unknown, times: object = {}) => {
    const { body } = await knock(bearer(await ofPerson('person-ana', { groups, ...times })), async (call) => ({
      claimed: (await withClaims().person(call)).claimed ?? null,
    }))
    return body.claimed
  }

  test('are those that the directory takes from there, until the token ends', async () => {
    expect(await claimedBy(['eng-sre', 'eng-all'])).toEqual({ groups: ['sre'], until: start + 300 })
  })

  test('are those of when the token was made, at most an hour later, however long it is good', async () => {
    const old = { iat: start - 3000, exp: start + 86_400 }
    expect(await claimedBy(['eng-sre'], old)).toEqual({ groups: ['sre'], until: start + 600 })
  })

  test.each([['eng-sre'], [{ 'eng-sre': true }], [[1, null]], [[]], [['sre']]])(
    'are none where it says %j',
    async (groups) => expect(await claimedBy(groups)).toBeNull(),
  )

  test('are unknown where it says nothing of groups, and known to be none where its list is empty', async () => {
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
})
