import type { KMSClient } from '@aws-sdk/client-kms'
import type { JsonObject } from '../../domain/values.ts'
import type { KeySet } from '../../operations/credentials/ports.ts'
import { KeyUnavailable } from '../../operations/faults.ts'
import { connect } from './client.ts'
import { KmsPublicKey, type PublicJwk } from './public-key.ts'

/** What KMS says of a key that is no more, is about to be, or was put out of use: asking again will not help. */
const gone = new Set(['NotFoundException', 'KMSInvalidStateException', 'DisabledException'])

/**
 * The keys that tokens of ours may be signed with: the one that signs, beside it the next one before it does, and the one
 * before it until the last token that it signed has died.
 */
export class KmsKeySet implements KeySet {
  readonly #keys: readonly KmsPublicKey[]

  constructor(keyIds: readonly string[], client: KMSClient = connect()) {
    this.#keys = keyIds.map((keyId) => new KmsPublicKey(keyId, client))
  }

  /**
   * A key that is gone vouches for nothing and is left out, since the others are as good as before. One that cannot be had
   * just now is a fault: a set without it would have good tokens refused.
   *
   * @throws KeyUnavailable
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
