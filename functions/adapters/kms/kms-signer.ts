import { createPublicKey } from 'node:crypto'
import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms'
import type { JsonObject } from '../../domain/values.ts'
import { KeyUnavailable } from '../../operations/faults.ts'
import type { KeySet, Signer } from '../../operations/ports.ts'
import { joseFromDer } from './ecdsa-signature.ts'

/** A public key on P-256 with its RFC 7638 thumbprint as its id. */
type PublicJwk = { kty: 'EC'; crv: 'P-256'; x: string; y: string; kid: string; alg: 'ES256'; use: 'sig' }

/**
 * Signs with a KMS key (ECC_NIST_P256) that never leaves KMS. jose has no hook for a signer outside, so the JWS is built
 * here: KMS gets only the digest of what is signed. The public key is asked for once in the life of the process, since a
 * KMS key's material never changes.
 */
export class KmsSigner implements Signer, KeySet {
  readonly #client: KMSClient
  readonly #keyId: string
  #publicKey: Promise<PublicJwk> | undefined

  constructor(keyId: string, client: KMSClient = connect()) {
    this.#client = client
    this.#keyId = keyId
  }

  /** @throws KeyUnavailable */
  async sign(typ: string, claims: JsonObject): Promise<string> {
    const { kid } = await this.#getPublicKey()
    const signingInput = `${encode({ alg: 'ES256', typ, kid })}.${encode(claims)}`
    const digest = await crypto.subtle.digest('SHA-256', Buffer.from(signingInput, 'ascii'))
    const signature = joseFromDer(await this.#signDigest(new Uint8Array(digest)))
    return `${signingInput}.${Buffer.from(signature).toString('base64url')}`
  }

  /** @throws KeyUnavailable */
  async jwks(): Promise<{ keys: readonly JsonObject[] }> {
    return { keys: [await this.#getPublicKey()] }
  }

  async #signDigest(digest: Uint8Array): Promise<Uint8Array> {
    const command = new SignCommand({
      KeyId: this.#keyId,
      Message: digest,
      MessageType: 'DIGEST',
      SigningAlgorithm: 'ECDSA_SHA_256',
    })
    const { Signature } = await this.#client.send(command).catch(orUnavailable('sign'))
    if (!Signature) throw new KeyUnavailable('KMS answered without a signature')
    return Signature
  }

  #getPublicKey(): Promise<PublicJwk> {
    this.#publicKey ??= this.#fetchPublicKey().catch((fault: unknown) => {
      // A failure is not remembered: the next call asks again.
      this.#publicKey = undefined
      throw fault
    })
    return this.#publicKey
  }

  async #fetchPublicKey(): Promise<PublicJwk> {
    const command = new GetPublicKeyCommand({ KeyId: this.#keyId })
    const { PublicKey } = await this.#client.send(command).catch(orUnavailable('give the public key'))
    if (!PublicKey) throw new KeyUnavailable('KMS answered without a public key')
    const exported = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' }).export({
      format: 'jwk',
    })
    const { kty, crv, x, y } = exported
    if (kty !== 'EC' || crv !== 'P-256' || x === undefined || y === undefined)
      throw new KeyUnavailable('the signing key is not on P-256: make it with key spec `ECC_NIST_P256`')
    return { kty, crv, x, y, kid: await thumbprint({ crv, kty, x, y }), alg: 'ES256', use: 'sig' }
  }
}

const connect = () =>
  new KMSClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
  })

/** RFC 7638: SHA-256 over the required members in this very order, without white space. */
async function thumbprint({ crv, kty, x, y }: { crv: string; kty: string; x: string; y: string }): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', Buffer.from(JSON.stringify({ crv, kty, x, y })))
  return Buffer.from(digest).toString('base64url')
}

const encode = (part: JsonObject): string => Buffer.from(JSON.stringify(part)).toString('base64url')

const orUnavailable =
  (trying: string) =>
  (cause: unknown): never => {
    const name = cause instanceof Error ? cause.name : typeof cause
    throw new KeyUnavailable(`KMS did not ${trying}: \`${name}\``, { cause })
  }
