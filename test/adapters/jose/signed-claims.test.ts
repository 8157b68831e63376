import { sign } from 'node:crypto'
import fc from 'fast-check'
import { calculateJwkThumbprint, EmbeddedJWK, type JWK, jwtVerify } from 'jose'
import { AccessTokenVerifier } from '../../../functions/adapters/jose/access-token.ts'
import { isCompact } from '../../../functions/adapters/jose/compact.ts'
import { verifyDpop } from '../../../functions/adapters/jose/dpop.ts'
import { signedClaims } from '../../../functions/adapters/jose/signed-claims.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import { submittedAt as now } from '../../support/ask.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { accessClaims, audience, issuer, type Key, makeKey, part, signed, twin } from './tokens.ts'

/** The fast path under a header that jose has accepted is compared with jose, over tokens with faults in every part. */

const url = `${issuer}/aws/credentials`
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const access = accessClaims()
const proof = { jti: 'proof-1', htm: 'POST', htu: url, iat: now, exp: now + 60, nbf: now - 60 }

let key: Key
let stranger: Key
beforeAll(async () => {
  ;[key, stranger] = [await makeKey(), await makeKey()]
})

const publish = (...keys: Key[]) => ({
  jwks: async () => ({ keys: keys.map(({ jwk, kid }) => ({ ...jwk, kid, alg: 'ES256', use: 'sig' }) as JsonObject) }),
})

/** A JSON text of an object, whose members may stand twice, and may have anything in them. */
const oddValue = fc.oneof(
  fc.constantFrom<unknown>(
    now,
    now + 61,
    now - 61,
    now + 900,
    Number.POSITIVE_INFINITY,
    -1,
    0.5,
    '',
    null,
    true,
    [],
    {},
    [audience],
  ),
  fc.constantFrom('ES256', 'none', 'HS256', 'RS256', 'at+jwt', 'dpop+jwt', 'JWT', issuer, audience, url, 'GET', '1'),
  fc.jsonValue(),
)
/** Changes to an object: members put, put twice, or taken away. */
const changes = (names: readonly string[]) =>
  fc.array(
    fc.record({
      name: fc.constantFrom(...names),
      how: fc.constantFrom('put', 'before', 'after', 'drop'),
      value: oddValue,
    }),
    { maxLength: 2 },
  )
type Change = { name: string; how: string; value: unknown }
function textOf(object: object, all: readonly Change[]): string {
  let members = Object.entries(object).map(([name, value]) => [name, JSON.stringify(value)] as const)
  for (const { name, how, value } of all) {
    const member = [name, value === Number.POSITIVE_INFINITY ? '1e400' : JSON.stringify(value)] as const
    if (how === 'before') members = [member, ...members]
    else if (how === 'after') members = [...members, member]
    else {
      members = members.filter(([each]) => each !== name)
      if (how === 'put') members.push(member)
    }
  }
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
}

/** Damage to the text of a signed token. */
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const damage = fc.oneof(
  { weight: 4, arbitrary: fc.constant((token: string) => token) },
  fc.constant(twin),
  // The last letter of a part has unused bits: the same bytes, spelled differently.
  fc.constantFrom(0, 1, 2).map((at) => (token: string) => inPart(token, at, otherwise)),
  fc
    .constantFrom('=', '==', ' ', '\n', '.', '.A', '+', '/', 'é', '\0')
    .chain((text) => fc.constantFrom(0, 1, 2).map((at) => (token: string) => inPart(token, at, (each) => each + text))),
  fc.tuple(fc.nat(), fc.constantFrom(...letters, '.', ' ', '\t')).map(([where, letter]) => (token: string) => {
    const at = where % token.length
    return token.slice(0, at) + letter + token.slice(at + 1)
  }),
  fc.nat().map((where) => (token: string) => token.slice(0, where % token.length)),
  fc
    .nat()
    .map((where) => (token: string) => token.slice(0, where % token.length) + token.slice((where % token.length) + 1)),
  fc
    .oneof(
      fc.constantFrom('0'.repeat(128), `${'0'.repeat(63)}1${'0'.repeat(63)}1`, 'f'.repeat(128)),
      fc.constantFrom(order.toString(16).repeat(2), `${'0'.repeat(64)}${order.toString(16)}`, '', '00'),
      fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    )
    .map((hex) => (token: string) => inPart(token, 2, () => Buffer.from(hex, 'hex').toString('base64url'))),
  // A right signature in DER, or with an extra byte before r or after s.
  fc.constantFrom('der', 'before', 'after').map((how) => (token: string) => {
    if (how === 'der') return inPart(token, 2, () => derSignature(token))
    return inPart(token, 2, (text) => {
      const bytes = Buffer.from(text, 'base64url')
      return Buffer.concat(how === 'before' ? [Buffer.of(0), bytes] : [bytes, Buffer.of(0)]).toString('base64url')
    })
  }),
  fc.constant((token: string) => ` ${token}`),
)
const inPart = (token: string, at: number, change: (text: string) => string) =>
  token
    .split('.')
    .map((text, n) => (n === at ? change(text) : text))
    .join('.')
const otherwise = (text: string) => {
  const last = letters.indexOf(text.at(-1) ?? 'A')
  return text.slice(0, -1) + letters[last ^ 1]
}
const derSignature = (token: string) =>
  sign('sha256', Buffer.from(token.split('.').slice(0, 2).join('.')), key.privateKey).toString('base64url')

/** Payloads beside JSON objects: invalid UTF-8, a byte order mark, and other JSON. */
const payloadOf = (claims: object, names: readonly string[]) =>
  fc.oneof(
    { weight: 8, arbitrary: changes(names).map((all) => part(textOf(claims, all))) },
    fc.constant(part(`\uFEFF${JSON.stringify(claims)}`)),
    fc.constant(part(` ${JSON.stringify(claims)}\n`)),
    fc.constant(Buffer.from([...Buffer.from('{"jti":"'), 0xff, ...Buffer.from('"}')]).toString('base64url')),
    fc.jsonValue().map((value) => part(JSON.stringify(value))),
  )

/** Signs two parts as they are. */
const signParts = (by: Key, header: string, payload: string) => {
  const input = `${header}.${payload}`
  const signature = sign('sha256', Buffer.from(input), { key: by.privateKey, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

const options = { algorithms: ['ES256'], clockTolerance: 60, currentDate: new Date(now * 1000) }

test('the fast path under a known header accepts only tokens that jose accepts, with equal claims', async () => {
  const header = part({ typ: 'dpop+jwt', alg: 'ES256', jwk: key.jwk })
  const names = [...Object.keys(proof), 'x', '__proto__', 'constructor']
  let both = 0
  await fc.assert(
    fc.asyncProperty(payloadOf(proof, names), damage, fc.boolean(), async (payload, harm, foreign) => {
      const token = harm(signParts(foreign ? stranger : key, header, payload))
      // The fast path never sees another header.
      fc.pre(token.startsWith(`${header}.`))
      const lean = isCompact(token) ? signedClaims(token, key.publicKey, { now, toleranceSeconds: 60 }) : undefined
      const judged = await jwtVerify(token, EmbeddedJWK, options).catch(() => undefined)
      if (lean) expect(lean).toEqual(judged?.payload)
      if (lean) both += 1
    }),
    { numRuns: 1500 },
  )
  // A property of refused tokens alone would prove nothing.
  expect(both).toBeGreaterThan(150)
}, 120_000)

test('a proof is accepted exactly if jose accepts it and it proves this call, with a known header or not', async () => {
  const names = ['typ', 'alg', 'jwk', 'crit', 'b64', 'kid', 'x5c', 'zip']
  const jwkNames = ['kty', 'crv', 'x', 'y', 'd', 'p', 'k', 'use', 'alg', 'key_ops', 'ext', 'kid']
  const claimNames = ['jti', 'htm', 'htu', 'iat', 'exp', 'nbf', 'x']
  const jwk = fc.oneof(
    { weight: 3, arbitrary: fc.constant<readonly Change[]>([]) },
    changes(jwkNames),
    fc.constantFrom('use', 'alg', 'key_ops', 'ext', 'crv', 'd', 'k').map((name) => [
      {
        name,
        how: 'put',
        value: { use: 'enc', alg: 'ES384', key_ops: ['sign'], ext: false, crv: 'P-384', d: key.jwk.x, k: 'AA' }[name],
      },
    ]),
  )
  const outcomes = { accepted: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(jwk, changes(names), payloadOf(proof, claimNames), damage, async (ofKey, ofHeader, body, harm) => {
      const header = textOf({ typ: 'dpop+jwt', alg: 'ES256' }, ofHeader).replace(
        /\}$/,
        `,"jwk":${textOf(key.jwk, ofKey)}}`,
      )
      const token = harm(signParts(key, part(header), body))
      const ask = { proof: token, method: 'POST', url, now }
      const expected = await byJose(token)
      // Twice: the second time its header is known.
      for (const _ of [1, 2]) {
        const verified = await verifyDpop(ask)
        expect(verified.ok ? verified.value.jkt : 'refused').toBe(expected)
      }
      outcomes[expected === 'refused' ? 'refused' : 'accepted'] += 1
    }),
    { numRuns: 1000 },
  )
  expect(Math.min(outcomes.accepted, outcomes.refused)).toBeGreaterThan(60)
}, 120_000)

/** The verdict on a proof by jose alone. */
async function byJose(token: string): Promise<string> {
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) || token.length > 8192) return 'refused'
  try {
    const { payload, protectedHeader } = await jwtVerify(token, EmbeddedJWK, { ...options, typ: 'dpop+jwt' })
    const jwk = protectedHeader.jwk as JWK
    if (['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].some((name) => Object.hasOwn(jwk, name))) return 'refused'
    const { jti, htm, htu, iat } = payload as { [name: string]: unknown }
    const text = typeof jti === 'string' && jti.length > 0 && jti.length <= 256
    const timed = typeof iat === 'number' && iat >= 0 && Math.abs(now - iat) <= 60
    return text && timed && htm === 'POST' && htu === url ? await calculateJwkThumbprint(jwk) : 'refused'
  } catch {
    return 'refused'
  }
}

test('a verifier with known headers judges an access token like a fresh one', async () => {
  const clock = new MemoryClock(now)
  const warm = new AccessTokenVerifier(issuer, publish(key), clock)
  await warm.verify(signed(key, { alg: 'ES256', typ: 'at+jwt', kid: key.kid }, access), audience)
  const names = ['alg', 'typ', 'kid', 'crit', 'b64', 'jwk', 'jku']
  const times = fc.constantFrom(-60, -30, 0, 31, 870, 899, 900, 931)
  const outcomes = { accepted: 0, refused: 0 }
  const header = fc.oneof(
    { weight: 3, arbitrary: fc.constant<readonly Change[]>([]) },
    changes(names),
    fc.constantFrom<readonly Change[]>(
      [{ name: 'crit', how: 'put', value: ['b64'] }],
      [
        { name: 'crit', how: 'put', value: ['b64'] },
        { name: 'b64', how: 'put', value: false },
      ],
      [
        { name: 'crit', how: 'put', value: ['b64'] },
        { name: 'b64', how: 'put', value: true },
      ],
    ),
  )
  await fc.assert(
    fc.asyncProperty(
      header,
      payloadOf(access, [...Object.keys(access), 'act', '__proto__']),
      damage,
      times,
      fc.boolean(),
      async (ofHeader, body, harm, later, foreign) => {
        const base = { alg: 'ES256', typ: 'at+jwt', kid: key.kid }
        const token = harm(signParts(foreign ? stranger : key, part(textOf(base, ofHeader)), body))
        clock.advance(later)
        for (const target of [audience, url]) {
          const fresh = await new AccessTokenVerifier(issuer, publish(key), clock).verify(token, target)
          expect(await warm.verify(token, target)).toEqual(fresh)
          expect(await warm.verify(token, target)).toEqual(fresh)
          outcomes[fresh.ok ? 'accepted' : 'refused'] += 1
        }
        clock.advance(-later)
      },
    ),
    { numRuns: 800 },
  )
  expect(Math.min(outcomes.accepted, outcomes.refused)).toBeGreaterThan(10)
}, 120_000)

const header = () => ({ alg: 'ES256', typ: 'at+jwt', kid: key.kid })

test('a known header is refused once its key is no longer published', async () => {
  const [clock, published] = [new MemoryClock(now), { keys: [key] }]
  const keySet = { jwks: async () => ({ keys: published.keys.map(({ jwk, kid }) => ({ ...jwk, kid }) as JsonObject) }) }
  const verifier = new AccessTokenVerifier(issuer, keySet, clock)
  const token = signed(key, header(), access)
  expect((await verifier.verify(token, audience)).ok).toBe(true)
  published.keys = [stranger]
  clock.advance(601)
  expect(await verifier.verify(token, audience)).toEqual({ ok: false, code: 'token_invalid' })
})

test('a known header does not outlast the time for which our keys may be believed', async () => {
  const clock = new MemoryClock(now)
  let reachable = true
  const keySet = {
    jwks: async () => {
      if (!reachable) throw new Error('KMS is away')
      return { keys: [{ ...key.jwk, kid: key.kid } as JsonObject] }
    },
  }
  const verifier = new AccessTokenVerifier(issuer, keySet, clock)
  const token = signed(key, header(), { ...access, exp: now + 9000 })
  expect((await verifier.verify(token, audience)).ok).toBe(true)
  reachable = false
  clock.advance(3601)
  await expect(verifier.verify(token, audience)).rejects.toThrow('KMS is away')
})
