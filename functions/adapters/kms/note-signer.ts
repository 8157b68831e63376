import { createPublicKey, hash, verify } from 'node:crypto'
import { GetPublicKeyCommand, type KMSClient, SignCommand } from '@aws-sdk/client-kms'
import type { VerifyEcdsa } from '../../domain/anchor/checkpoint.ts'
import type { NoteSigner } from '../../operations/anchor/ports.ts'
import { KeyUnavailable } from '../../operations/faults.ts'
import { connect, orUnavailable } from './kms-key-set.ts'

/** Signs notes with a key in KMS, which is told their digest alone. */
export class KmsNoteSigner implements NoteSigner {
  readonly #client: KMSClient
  readonly #keyId: string
  #key: Promise<Uint8Array> | undefined

  constructor(keyId: string, client: KMSClient = connect()) {
    this.#client = client
    this.#keyId = keyId
  }

  key(): Promise<Uint8Array> {
    this.#key ??= this.#fetchKey().catch((fault: unknown) => {
      this.#key = undefined
      throw fault
    })
    return this.#key
  }

  async sign(message: Uint8Array): Promise<Uint8Array> {
    const command = new SignCommand({
      KeyId: this.#keyId,
      Message: hash('sha256', message, 'buffer'),
      MessageType: 'DIGEST',
      SigningAlgorithm: 'ECDSA_SHA_256',
    })
    const { Signature } = await this.#client.send(command).catch(orUnavailable('sign'))
    if (!Signature) throw new KeyUnavailable('KMS answered without a signature')
    return new Uint8Array(Signature)
  }

  async #fetchKey(): Promise<Uint8Array> {
    const command = new GetPublicKeyCommand({ KeyId: this.#keyId })
    const { PublicKey } = await this.#client.send(command).catch(orUnavailable('give the public key'))
    if (!PublicKey) throw new KeyUnavailable('KMS answered without a public key')
    return new Uint8Array(PublicKey)
  }
}

/** For signatures in DER. A key or signature of another form is no valid one. */
export const verifyEcdsa: VerifyEcdsa = (spki, message, signature) => {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
    return key.asymmetricKeyType === 'ec' && verify('sha256', message, key, signature)
  } catch {
    return false
  }
}
