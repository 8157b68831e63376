// Rules: test/adapters/kms/signer.test.ts, test/adapters/jose/ecdsa-signature.test.ts
import { type KMSClient, SignCommand } from '@aws-sdk/client-kms'
import type { JsonObject } from '../../domain/values.ts'
import type { Signer } from '../../operations/credentials/ports.ts'
import { KeyUnavailable } from '../../operations/faults.ts'
import { connect, KmsPublicKey, orUnavailable } from './kms-key-set.ts'

const algorithms = { ES256: 'ECDSA_SHA_256', RS256: 'RSASSA_PKCS1_V1_5_SHA_256' } as const

const half = 32

/**
 * R and S, 32 bytes each (RFC 7518 section 3.4), from KMS's DER: a SEQUENCE of two INTEGERs, each as short as possible,
 * with a leading zero if the first bit is set.
 * @throws TypeError unless it is the DER of a P-256 signature
 */
export function joseFromDer(der: Uint8Array): Uint8Array {
  const sequence = element(der, 0, 0x30)
  const r = element(der, sequence.from, 0x02)
  const s = element(der, r.to, 0x02)
  if (sequence.to !== der.length || s.to !== sequence.to) throw malformed()
  const signature = new Uint8Array(2 * half)
  place(der.subarray(r.from, r.to), signature.subarray(0, half))
  place(der.subarray(s.from, s.to), signature.subarray(half))
  return signature
}

/** The bounds of an element's content. Every length is under 128, which DER writes in one byte. */
function element(der: Uint8Array, at: number, tag: number): { from: number; to: number } {
  const [found, length] = [der[at], der[at + 1]]
  if (found !== tag || length === undefined || length === 0 || length > 127) throw malformed()
  const from = at + 2
  if (from + length > der.length) throw malformed()
  return { from, to: from + length }
}

function place(integer: Uint8Array, into: Uint8Array): void {
  const first = integer.findIndex((byte) => byte !== 0)
  const digits = first < 0 ? new Uint8Array() : integer.subarray(first)
  if (digits.length > half || (integer[0] ?? 0) > 127) throw malformed()
  into.set(digits, half - digits.length)
}

const malformed = () => new TypeError('not the DER of a P-256 signature')

/** Builds the JWS itself, since jose has no hook for an external signer: KMS gets only the digest. */
export class KmsSigner implements Signer {
  readonly #client: KMSClient
  readonly #keyId: string
  readonly #publicKey: KmsPublicKey

  constructor(keyId: string, client: KMSClient = connect()) {
    this.#client = client
    this.#keyId = keyId
    this.#publicKey = new KmsPublicKey(keyId, client)
  }

  /** @throws KeyUnavailable */
  async sign(typ: string, claims: JsonObject): Promise<string> {
    const { alg, kid } = await this.#publicKey.get()
    const signingInput = `${encode({ alg, typ, kid })}.${encode(claims)}`
    const digest = await crypto.subtle.digest('SHA-256', Buffer.from(signingInput, 'ascii'))
    const signed = await this.#signDigest(new Uint8Array(digest), alg)
    const signature = alg === 'ES256' ? joseFromDer(signed) : signed
    return `${signingInput}.${Buffer.from(signature).toString('base64url')}`
  }

  async #signDigest(digest: Uint8Array, alg: keyof typeof algorithms): Promise<Uint8Array> {
    const command = new SignCommand({
      KeyId: this.#keyId,
      Message: digest,
      MessageType: 'DIGEST',
      SigningAlgorithm: algorithms[alg],
    })
    const { Signature } = await this.#client.send(command).catch(orUnavailable('sign'))
    if (!Signature) throw new KeyUnavailable('KMS answered without a signature')
    return Signature
  }
}

const encode = (part: JsonObject): string => Buffer.from(JSON.stringify(part)).toString('base64url')
