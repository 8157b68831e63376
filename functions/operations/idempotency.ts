import { digestOf } from '../domain/digest.ts'
import { asOf } from '../domain/requests/due.ts'
import {
  type AskerId,
  type Digest,
  type Json,
  ok,
  RequestId,
  type Result,
  refuse,
  type Thumbprint,
} from '../domain/values.ts'
import type { DecidingPorts, Stored } from './ports.ts'

/** Under which once-only key an idempotency key of this asker is kept. */
export const idempotencyItem = (asker: AskerId, key: string): string =>
  `IDEM#${asker}#${digestOf('hotwork.idempotency-key.v1', key)}`

/** What tells a repeat from another ask under the same key. */
export const bodyDigest = (body: Json): Digest => digestOf('hotwork.idempotency.v1', body)

/**
 * What was made under the same idempotency key before, as it is now: nothing yet, the same again, or a refusal where the
 * body or the key that asked is another.
 */
export async function findRepeat(
  item: string,
  body: Digest,
  jkt: Thumbprint | undefined,
  { requests, clock }: Pick<DecidingPorts, 'requests' | 'clock'>,
): Promise<Result<Stored, 'duplicate_request' | 'key_mismatch'> | undefined> {
  const before = await requests.recall(item)
  if (before === undefined) return undefined
  const [sameBody, id] = before.split(' ')
  if (sameBody !== body) return refuse('duplicate_request')
  const stored = await requests.load(RequestId.parse(id))
  if (!stored) return undefined
  // Another key could never claim what this one asked for.
  if (stored.state.ask.jkt !== jkt) return refuse('key_mismatch')
  return ok({ ...stored, state: asOf(stored.state, clock.now()) })
}
