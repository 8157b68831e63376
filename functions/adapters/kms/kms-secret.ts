import { GenerateMacCommand, type KMSClient } from '@aws-sdk/client-kms'
import type { Secret } from '../../operations/credentials/ports.ts'
import { KeyUnavailable } from '../../operations/faults.ts'
import { connect, orUnavailable } from './kms-key-set.ts'

/** What a secret is for. One HMAC key makes another secret for each, and none tells of the other. */
type Purpose = 'state' | 'statement'

/** A secret made of an HMAC key that never leaves KMS. It is asked for once in the life of the process. */
export class KmsSecret implements Secret {
  readonly #keyId: string
  readonly #purpose: Purpose
  readonly #client: KMSClient
  #found: Promise<string> | undefined

  constructor(keyId: string, purpose: Purpose, client: KMSClient = connect()) {
    this.#keyId = keyId
    this.#purpose = purpose
    this.#client = client
  }

  read(): Promise<string> {
    this.#found ??= this.#make().catch((fault: unknown) => {
      // A failure is not remembered: the next call asks again.
      this.#found = undefined
      throw fault
    })
    return this.#found
  }

  async #make(): Promise<string> {
    const Message = Buffer.from(`hotwork.${this.#purpose}.v1`)
    const command = new GenerateMacCommand({ KeyId: this.#keyId, MacAlgorithm: 'HMAC_SHA_256', Message })
    const { Mac } = await this.#client.send(command).catch(orUnavailable(`make a secret for each ${this.#purpose}`))
    if (!Mac) throw new KeyUnavailable('KMS answered without a code')
    return Buffer.from(Mac).toString('base64url')
  }
}
