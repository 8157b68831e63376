// Rules: test/adapters/kms/state-key.test.ts
import { GenerateMacCommand, type KMSClient } from '@aws-sdk/client-kms'
import { KeyUnavailable } from '../../operations/faults.ts'
import type { StateKey } from '../../operations/previews/sources.ts'
import { connect, orUnavailable } from './kms-key-set.ts'

/** A secret derived by an HMAC key that never leaves KMS. A process fetches it once. */
export class KmsStateKey implements StateKey {
  readonly #keyId: string
  readonly #client: KMSClient
  #found: Promise<string> | undefined

  constructor(keyId: string, client: KMSClient = connect()) {
    this.#keyId = keyId
    this.#client = client
  }

  read(): Promise<string> {
    this.#found ??= this.#make().catch((fault: unknown) => {
      // Caches no failure: the next call fetches again.
      this.#found = undefined
      throw fault
    })
    return this.#found
  }

  async #make(): Promise<string> {
    const Message = Buffer.from('hotwork.state.v1')
    const command = new GenerateMacCommand({ KeyId: this.#keyId, MacAlgorithm: 'HMAC_SHA_256', Message })
    const { Mac } = await this.#client.send(command).catch(orUnavailable('make a key of states'))
    if (!Mac) throw new KeyUnavailable('KMS answered without a code')
    return Buffer.from(Mac).toString('base64url')
  }
}
