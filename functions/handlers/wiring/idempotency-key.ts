import type { Call } from '../../adapters/http/endpoint.ts'
import { badRequest } from '../../adapters/http/problem.ts'

/** The caller's `Idempotency-Key`: one for each thing that is asked for, and the same one when it is asked again. */
export function idempotencyKeyOf(call: Call): string {
  const key = call.header('idempotency-key')?.trim()
  if (key && key.length <= 255) return key
  throw badRequest(
    'invalid_request',
    'The `Idempotency-Key` header is missing or over 255 characters',
    'send one key for each thing you ask for, and the same one when you ask again',
  )
}
