// Rules: test/client/verify/receipt.test.ts
import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import * as z from 'zod'
import { readBase64url } from '../../functions/domain/anchor/bytes.ts'
import type { NotaryKey, VerifyEcdsa } from '../../functions/domain/anchor/checkpoint.ts'
import { wrongUsage } from '../outcome.ts'
import { readStrict } from './strict-json.ts'

const Jwks = z.object({
  keys: z.array(z.looseObject({ kid: z.string().optional(), hotwork_use: z.unknown().optional() })),
})

export type PublicKey = { kid: string; isNotary: boolean; key: KeyObject; spki: Uint8Array }

/**
 * The keys of a JWKS, as `/.well-known/jwks.json` has them. Only the notary's keys count, and keys that sign tokens
 * are left out. If no key is marked as the notary's, the file was made by hand for this program, and all its EC keys
 * count.
 *
 * @throws Refusal
 */
export function readKeys(text: string, file: string): readonly PublicKey[] {
  const strict = readStrict(text)
  const no = (why: string) =>
    wrongUsage(`${file}: it is not a JWKS${why}`, 'save the answer of `/.well-known/jwks.json` as it is')
  if ('why' in strict) throw no(` (${strict.why})`)
  const parsed = Jwks.safeParse(strict.value)
  if (!parsed.success) throw no('')
  const kids = parsed.data.keys.flatMap(({ kid }) => kid ?? [])
  if (new Set(kids).size < kids.length) throw no(' (two of its keys have one `kid`)')
  const isMarked = parsed.data.keys.some(isOfNotary)
  return parsed.data.keys.flatMap((jwk) => {
    const { kid, kty, crv, x, y } = jwk
    const isNotary = !isMarked || isOfNotary(jwk)
    if (kid === undefined || kty !== 'EC' || crv !== 'P-256' || ![x, y].every(isCoordinate)) return []
    try {
      const key = createPublicKey({ key: { kty, crv, x, y } as JsonWebKey, format: 'jwk' })
      return [{ kid, isNotary, key, spki: new Uint8Array(key.export({ type: 'spki', format: 'der' })) }]
    } catch {
      return []
    }
  })
}

const isCoordinate = (text: unknown): boolean => typeof text === 'string' && readBase64url(text)?.length === 32

const isOfNotary = ({ hotwork_use }: { hotwork_use?: unknown }): boolean => hotwork_use === 'notary'

export const notaryKeys = (keys: readonly PublicKey[], name: string): readonly NotaryKey[] =>
  keys.filter(({ isNotary }) => isNotary).map(({ spki }) => ({ name, spki }))

export const verifyEcdsa: VerifyEcdsa = (spki, message, signature) =>
  verify('sha256', message, createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }), signature)

export const verifyEs256 = ({ key }: PublicKey, input: string, signature: Uint8Array): boolean =>
  signature.length === 64 && verify('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }, signature)
