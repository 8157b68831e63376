import { type KMSClient, SignCommand } from '@aws-sdk/client-kms'
import type { JsonObject } from '../../domain/values.ts'
import type { Signer } from '../../operations/credentials/ports.ts'
import { KeyUnavailable } from '../../operations/faults.ts'
import { connect, orUnavailable } from './client.ts'
import { joseFromDer } from './ecdsa-signature.ts'
import { KmsPublicKey } from './public-key.ts'

/**
 * Signs with a KMS key (ECC_NIST_P256) that never leaves KMS. jose has no hook for a signer outside, so the JWS is built
 * here: KMS gets only the digest of what is signed.
 */
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
    const { kid } = await this.#publicKey.get()
    const signingInput = `${encode({ alg: 'ES256', typ, kid })}.${encode(claims)}`
    const digest = await crypto.subtle.digest('SHA-256', Buffer.from(signingInput, 'ascii'))
    const signature = joseFromDer(await this.#signDigest(new Uint8Array(digest)))
    return `${signingInput}.${Buffer.from(signature).toString('base64url')}`
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
}

const encode = (part: JsonObject): string => Buffer.from(JSON.stringify(part)).toString('base64url')
