import { ok, RequestId, type Result, refuse } from '../domain/values.ts'
import type { RequestStore } from './ports.ts'

/** Four characters after the kind: enough that a slip of the pen is no other request. */
const Beginning = /^(?:(?:req|bgl)_)?[0-9a-z]{4,26}$/
const lookedAt = 100

/** `too_many`: there are more open requests than were looked at, so nobody can say that a beginning is of one alone. */
export type NotFound = 'unknown_request' | 'ambiguous' | 'too_many'

/**
 * The request that somebody means by its id or by the beginning of one, with or without `req_`. A beginning is looked up
 * among all that is open and the newest of the rest, and must be of one alone. Whether there is such a request, and what
 * may be done to it, is for whoever acts on the id to ask.
 */
export async function findRequest(
  given: string,
  { requests }: { requests: Pick<RequestStore, 'list'> },
): Promise<Result<RequestId, NotFound>> {
  const whole = RequestId.safeParse(given)
  if (whole.success) return ok(whole.data)
  if (!Beginning.test(given)) return refuse('unknown_request')
  const [pending, approved, newest] = await Promise.all([
    requests.list({ status: 'pending' }, { limit: lookedAt }),
    requests.list({ status: 'approved' }, { limit: lookedAt }),
    requests.list({}, { limit: lookedAt }),
  ])
  const ids = new Set([...pending.items, ...approved.items, ...newest.items].map(({ state }) => state.ask.id))
  const found = [...ids].filter((id) => id.startsWith(given) || id.slice('req_'.length).startsWith(given))
  if (found.length > 1) return refuse('ambiguous')
  if (pending.next !== undefined || approved.next !== undefined) return refuse('too_many')
  const [id] = found
  return id === undefined ? refuse('unknown_request') : ok(id)
}
