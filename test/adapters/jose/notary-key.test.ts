import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { AccessTokenVerifier } from '../../../functions/adapters/jose/access-token.ts'
import { StatementVerifier } from '../../../functions/adapters/jose/statement-verifier.ts'
import { verifyEcdsa } from '../../../functions/adapters/kms/note-signer.ts'
import { openCheckpoint, originOf, textOfCheckpoint, writeNote } from '../../../functions/domain/anchor/checkpoint.ts'
import { emptyRoot } from '../../../functions/domain/anchor/merkle.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import { remediator, requestId, submittedAt } from '../../support/ask.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { accessClaims, audience, issuer } from './tokens.ts'

/** The keys of tokens and of the notary are published together, and neither signs for the other's purpose. */

const clock = new MemoryClock(submittedAt)

class Key {
  readonly #private = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  readonly #public = createPublicKey(this.#private)
  readonly spki = new Uint8Array(this.#public.export({ type: 'spki', format: 'der' }))

  async jwks() {
    const jwk = this.#public.export({ format: 'jwk' }) as JWK
    return { keys: [{ ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'ES256', use: 'sig' } as JsonObject] }
  }

  async token(typ: string, claims: object): Promise<string> {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const [jwk] = (await this.jwks()).keys
    const input = `${part({ alg: 'ES256', typ, kid: jwk?.['kid'] })}.${part(claims)}`
    const key = { key: this.#private, dsaEncoding: 'ieee-p1363' } as const
    return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
  }

  checkpoint(): string {
    const text = textOfCheckpoint({ origin: originOf(issuer), size: 0, root: emptyRoot() })
    return writeNote(text, this.of(), new Uint8Array(sign('sha256', Buffer.from(text), this.#private)))
  }

  of = () => ({ name: originOf(issuer), spki: this.spki })
}
const [tokens, notary] = [new Key(), new Key()]
const times = { iat: submittedAt, exp: submittedAt + 900 }

test.each([
  ['the key of tokens', tokens, { ok: true }],
  ["the notary's key", notary, { ok: false, code: 'token_invalid' }],
])('an access token by %s is judged by the key of tokens', async (_whose, key, expected) => {
  const verifier = new AccessTokenVerifier(issuer, tokens, clock)
  expect(await verifier.verify(await key.token('at+jwt', accessClaims()), audience)).toMatchObject(expected)
})

test.each([
  ['the key of tokens', tokens, { ok: true }],
  ["the notary's key", notary, { ok: false, code: 'invalid' }],
])('a statement by %s is judged by the key of tokens', async (_whose, key, expected) => {
  const claims = { iss: issuer, aud: issuer, sub: remediator, jti: 'grt_00000000000000000000000001', ...times }
  const approval = { ...claims, txn: requestId(1), digest: `sha-256:${'x'.repeat(42)}A` }
  const verifier = new StatementVerifier(issuer, tokens, clock)
  expect(await verifier.verify('approval', await key.token('hotwork-approval+jwt', approval))).toMatchObject(expected)
})

test.each([
  ["the notary's key", notary, { checkpoint: { size: 0 } }],
  ['the key of tokens', tokens, { not: 'signed_by_this_key' }],
])("a checkpoint by %s is judged by the notary's key", (_whose, key, expected) =>
  expect(openCheckpoint(key.checkpoint(), [notary.of()], verifyEcdsa)).toMatchObject(expected),
)

test("a checkpoint that names the notary's key but is signed by the other does not open", () => {
  const lines = tokens.checkpoint().split(' ')
  const signature = Buffer.from(lines.at(-1) as string, 'base64').subarray(4)
  const text = textOfCheckpoint({ origin: originOf(issuer), size: 0, root: emptyRoot() })
  expect(openCheckpoint(writeNote(text, notary.of(), signature), [notary.of()], verifyEcdsa)).toEqual({ not: 'signed' })
})
