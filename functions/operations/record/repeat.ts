// Rules: test/operations/requests/story.test.ts
import { digestOf } from '../../domain/digest.ts'
import { asOf } from '../../domain/requests/due.ts'
import type { AskerId, Digest, Json, Result, Thumbprint } from '../../domain/values.ts'
import { ok, RequestId, refuse } from '../../domain/values.ts'
import type { AskingPorts, Stored } from './ports.ts'

export const idempotencyItem = (asker: AskerId, key: string): string =>
  `IDEM#${asker}#${digestOf('hotwork.idempotency-key.v1', key)}`

export const bodyDigest = (body: Json): Digest => digestOf('hotwork.idempotency.v1', body)

/** The request made under this key; undefined without one, a refusal if the body or the asker's key differs. */
export async function findRepeat(
  item: string,
  body: Digest,
  jkt: Thumbprint | undefined,
  { requests, clock }: Pick<AskingPorts, 'requests' | 'clock'>,
): Promise<Result<Stored, 'duplicate_request' | 'key_mismatch'> | undefined> {
  const before = await requests.recall(item)
  if (before === undefined) return undefined
  const [sameBody, id] = before.split(' ')
  if (sameBody !== body) return refuse('duplicate_request')
  const stored = await requests.load(RequestId.parse(id))
  if (!stored) return undefined
  // A different key can never claim this request.
  if (stored.state.ask.jkt !== jkt) return refuse('key_mismatch')
  return ok({ ...stored, state: asOf(stored.state, clock.now()) })
}
