// Rules: test/adapters/kms/key-rotation.test.ts
import { createPublicKey, hash } from 'node:crypto'
import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import type { JsonObject } from '../../domain/values.ts'
import type { KeySet } from '../../operations/credentials/ports.ts'
import { faultName, KeyUnavailable } from '../../operations/faults.ts'
import { asItself, bounded } from '../aws-client.ts'

/** A client of KMS. A key that does not answer within seconds cannot be used. */
export const connect = (): KMSClient => asItself(new KMSClient(bounded(3, 2000)))

export const orUnavailable =
  (trying: string) =>
  (cause: unknown): never => {
    throw new KeyUnavailable(`KMS failed to ${trying}: \`${faultName(cause)}\``, { cause })
  }

type PublicJwk = { kid: string; use: 'sig' } & (
  | { kty: 'EC'; crv: 'P-256'; x: string; y: string; alg: 'ES256' }
  | { kty: 'RSA'; n: string; e: string; alg: 'RS256' }
)

/** The public half of a KMS key. A process fetches it once, since the material of a KMS key never changes. */
export class KmsPublicKey {
  readonly #client: KMSClient
  readonly #keyId: string
  #found: Promise<PublicJwk> | undefined

  constructor(keyId: string, client: KMSClient) {
    this.#client = client
    this.#keyId = keyId
  }

  /** @throws KeyUnavailable */
  get(): Promise<PublicJwk> {
    this.#found ??= this.#fetch().catch((fault: unknown) => {
      // Caches no failure: the next call fetches again.
      this.#found = undefined
      throw fault
    })
    return this.#found
  }

  async #fetch(): Promise<PublicJwk> {
    const command = new GetPublicKeyCommand({ KeyId: this.#keyId })
    const { PublicKey } = await this.#client.send(command).catch(orUnavailable('give the public key'))
    if (!PublicKey) throw new KeyUnavailable('KMS answered without a public key')
    const key = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' })
    const { kty, crv, x, y, n, e } = key.export({ format: 'jwk' })
    if (kty === 'RSA' && n !== undefined && e !== undefined)
      return { kty, n, e, kid: thumbprint({ e, kty, n }), alg: 'RS256', use: 'sig' }
    if (kty !== 'EC' || crv !== 'P-256' || x === undefined || y === undefined)
      throw new KeyUnavailable('the signing key is not on P-256: make it with key spec `ECC_NIST_P256`')
    return { kty, crv, x, y, kid: thumbprint({ crv, kty, x, y }), alg: 'ES256', use: 'sig' }
  }
}

/** RFC 7638: SHA-256 over the required members in alphabetical order, without white space. */
const thumbprint = (members: object): string => hash('sha256', JSON.stringify(members), 'base64url')

/** Faults of a KMS key that is deleted, scheduled for deletion, or disabled: a retry does not help. */
const gone = new Set(['NotFoundException', 'KMSInvalidStateException', 'DisabledException'])

/**
 * The keys: the one that signs, the next one before it signs, and the previous one until the last token that it signed
 * has expired.
 */
export class KmsKeySet implements KeySet {
  readonly #keys: readonly KmsPublicKey[]

  constructor(keyIds: readonly string[], client: KMSClient = connect()) {
    this.#keys = keyIds.map((keyId) => new KmsPublicKey(keyId, client))
  }

  /**
   * The published keys. A key that is gone is left out.
   * @throws KeyUnavailable if a key cannot be fetched now: without it valid tokens would be refused
   */
  async jwks(): Promise<{ keys: readonly JsonObject[] }> {
    const found = await Promise.all(this.#keys.map((key) => key.get().catch(ifGone)))
    const keys = found.filter((key): key is PublicJwk => !(key instanceof KeyUnavailable))
    const [first] = found
    if (keys.length === 0) throw first instanceof KeyUnavailable ? first : new KeyUnavailable('no key is published')
    return { keys }
  }
}

function ifGone(fault: unknown): KeyUnavailable {
  if (fault instanceof KeyUnavailable && fault.cause instanceof Error && gone.has(fault.cause.name)) return fault
  throw fault
}
