import { type BinaryLike, constants, generateKeyPair, type KeyObject, type SignKeyObjectInput, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { part } from './tokens.ts'

export type Algorithm = 'RS256' | 'RS512' | 'PS256' | 'ES256' | 'ES384' | 'ES512'

const curves: { readonly [algorithm: string]: string } = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }
const generate = promisify(generateKeyPair)

/** A key of an issuer, of any algorithm that one may sign with (RFC 7518 section 3.1). */
export class SigningKey {
  readonly algorithm: Algorithm
  readonly publicKey: KeyObject
  /** The public half in the published form. */
  readonly jwk: JWK & { kid: string }
  readonly #privateKey: KeyObject

  private constructor(algorithm: Algorithm, privateKey: KeyObject, publicKey: KeyObject, jwk: JWK & { kid: string }) {
    this.algorithm = algorithm
    this.#privateKey = privateKey
    this.publicKey = publicKey
    this.jwk = jwk
  }

  static async make(algorithm: Algorithm): Promise<SigningKey> {
    const namedCurve = curves[algorithm]
    const { privateKey, publicKey } = namedCurve
      ? await generate('ec', { namedCurve })
      : await generate('rsa', { modulusLength: 2048 })
    const jwk = publicKey.export({ format: 'jwk' }) as JWK
    return new SigningKey(algorithm, privateKey, publicKey, { ...jwk, kid: await calculateJwkThumbprint(jwk) })
  }

  /** A JWT of any header and claims, signed by this key's algorithm even if the header names another. */
  token(claims: object, header: object = {}): string {
    const input = `${part({ alg: this.algorithm, kid: this.jwk.kid, ...header })}.${part(claims)}`
    return `${input}.${this.#sign(input).toString('base64url')}`
  }

  #sign(input: BinaryLike): Buffer {
    const key: SignKeyObjectInput = { key: this.#privateKey, dsaEncoding: 'ieee-p1363' }
    if (this.algorithm.startsWith('PS'))
      Object.assign(key, { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST })
    return sign(`sha${this.algorithm.slice(2)}`, Buffer.from(String(input)), key)
  }
}
