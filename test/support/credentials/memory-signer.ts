import { generateKeyPairSync, sign } from 'node:crypto'
import { calculateJwkThumbprint, type JWK } from 'jose'
import type { JsonObject } from '../../../functions/domain/values.ts'
import type { KeySet, Signer } from '../../../functions/operations/credentials/ports.ts'
import { KeyUnavailable } from '../../../functions/operations/faults.ts'

/** A P-256 key in memory, a new one for each signer, that signs and publishes as the real one does. */
export class MemorySigner implements Signer, KeySet {
  readonly #pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  #disabled = false

  /** Stops signing. Earlier signatures still verify. */
  disable(): void {
    this.#disabled = true
  }

  async sign(typ: string, claims: JsonObject): Promise<string> {
    if (this.#disabled) throw new KeyUnavailable('the key is disabled')
    const header = { alg: 'ES256', typ, kid: (await this.#jwk()).kid as string }
    const input = `${encode(header)}.${encode(claims)}`
    const signature = sign('sha256', Buffer.from(input), { key: this.#pair.privateKey, dsaEncoding: 'ieee-p1363' })
    return `${input}.${signature.toString('base64url')}`
  }

  async jwks(): Promise<{ keys: readonly JsonObject[] }> {
    return { keys: [(await this.#jwk()) as JsonObject] }
  }

  async #jwk(): Promise<JWK> {
    const jwk = this.#pair.publicKey.export({ format: 'jwk' }) as JWK
    return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'ES256', use: 'sig' }
  }
}

const encode = (part: JsonObject) => Buffer.from(JSON.stringify(part)).toString('base64url')
