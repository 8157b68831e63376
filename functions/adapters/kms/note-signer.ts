// Rules: test/adapters/jose/notary-key.test.ts
import { createPublicKey, hash, verify } from 'node:crypto'
import { GetPublicKeyCommand, type KMSClient, SignCommand } from '@aws-sdk/client-kms'
import type { VerifyEcdsa } from '../../domain/anchor/checkpoint.ts'
import type { NoteSigner } from '../../operations/anchor/ports.ts'
import { KeyUnavailable } from '../../operations/faults.ts'
import { connect, orUnavailable } from './kms-key-set.ts'

type Keys = Awaited<ReturnType<NoteSigner['keys']>>

/** Signs notes with the first of its keys in KMS, which gets only the digest. */
export class KmsNoteSigner implements NoteSigner {
  readonly #client: KMSClient
  readonly #keyIds: readonly string[]
  #keys: Promise<Keys> | undefined

  constructor(keyIds: readonly string[], client: KMSClient = connect()) {
    this.#client = client
    this.#keyIds = keyIds
  }

  keys(): Promise<Keys> {
    this.#keys ??= Promise.all(this.#keyIds.map((keyId) => this.#fetchKey(keyId)))
      .then(([first, ...others]): Keys => {
        if (!first) throw new KeyUnavailable('there is no key of the notary')
        return [first, ...others]
      })
      .catch((fault: unknown) => {
        this.#keys = undefined
        throw fault
      })
    return this.#keys
  }

  async sign(message: Uint8Array): Promise<Uint8Array> {
    const command = new SignCommand({
      KeyId: this.#keyIds[0],
      Message: hash('sha256', message, 'buffer'),
      MessageType: 'DIGEST',
      SigningAlgorithm: 'ECDSA_SHA_256',
    })
    const { Signature } = await this.#client.send(command).catch(orUnavailable('sign'))
    if (!Signature) throw new KeyUnavailable('KMS answered without a signature')
    return new Uint8Array(Signature)
  }

  async #fetchKey(KeyId: string): Promise<Uint8Array> {
    const command = new GetPublicKeyCommand({ KeyId })
    const { PublicKey } = await this.#client.send(command).catch(orUnavailable('give the public key'))
    if (!PublicKey) throw new KeyUnavailable('KMS answered without a public key')
    return new Uint8Array(PublicKey)
  }
}

/** Verifies signatures in DER. A key or signature of another form is invalid. */
export const verifyEcdsa: VerifyEcdsa = (spki, message, signature) => {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
    return key.asymmetricKeyType === 'ec' && verify('sha256', message, key, signature)
  } catch {
    return false
  }
}
