// Rules: test/domain/credentials/reconcile.test.ts
import { type Deny, deniesOf, stillNeeded } from '../../domain/credentials/denies.ts'
import { type ApprovalRequest, grantOf } from '../../domain/record/request.ts'
import { asOf } from '../../domain/requests/due.ts'
import { type NumericDate, RequestId } from '../../domain/values.ts'

/** Without an end, which IAM does not keep. */
export type DenyInForce = { tag: Deny['tag']; value: string; issuedBefore?: NumericDate | undefined }

/** `unreadable`: Hotwork's policy has a foreign form. */
export type InForce = {
  denies: readonly DenyInForce[] | 'unreadable'
  /** The names of foreign inline policies. */
  others: readonly string[]
}

export type SessionOnRecord = {
  /** CloudTrail's event id. */
  eventId: string
  name: string
  /** The session's tags. If the record lacks them, only the session's name shows the request. */
  tags: { readonly [tag: string]: string }
  at: NumericDate
  endsAt: NumericDate
}

/**
 * `session_unknown`: a session without a request. `session_not_denied`: a session still works after its right ended.
 * `policy_unknown`: the role has a foreign inline policy.
 */
export type Finding = {
  kind:
    | 'session_unknown'
    | 'session_not_denied'
    | 'deny_missing'
    | 'deny_unknown'
    | 'deny_unreadable'
    | 'policy_unknown'
  what: string
}

/** Compares denies. Only the delay of writing is tolerated. */
export function compareDenies(
  inForce: InForce,
  { table, now }: { table: readonly Deny[]; now: NumericDate },
): readonly Finding[] {
  const others = inForce.others.map((what) => ({ kind: 'policy_unknown' as const, what }))
  if (inForce.denies === 'unreadable') return [...others, { kind: 'deny_unreadable', what: 'HotworkDeny' }]
  const [there, said] = [new Set(inForce.denies.map(keyOf)), new Set(table.map(keyOf))]
  const missing = stillNeeded(table, now).filter((deny) => !there.has(keyOf(deny)))
  const unknown = inForce.denies.filter((deny) => !said.has(keyOf(deny)))
  return [
    ...others,
    ...missing.map(({ value }) => ({ kind: 'deny_missing' as const, what: value })),
    ...unknown.map(({ value }) => ({ kind: 'deny_unknown' as const, what: value })),
  ]
}

const keyOf = ({ tag, value, issuedBefore }: DenyInForce) => JSON.stringify([tag, value, issuedBefore ?? null])

/** The tolerated delay of a deny. Seconds. */
const onItsWay = 300

/** @param intended every credential intended in the request's record */
export function judgeSession(
  session: SessionOnRecord,
  { state, intended }: { state: ApprovalRequest | undefined; intended: readonly string[] },
  { role, inForce, now }: { role: string; inForce: InForce; now: NumericDate },
): Finding | undefined {
  const credential = session.tags['hotwork:credential']
  if (!state || !(credential === undefined ? intended.length > 0 : intended.includes(credential)))
    return { kind: 'session_unknown', what: session.name }
  if (session.endsAt <= now || inForce.denies === 'unreadable') return undefined
  const current = asOf(state, now)
  // The deny may be on its way to IAM: through the stream, a queue, or a sweep.
  if (now - current.updatedAt < onItsWay) return undefined
  const ended = deniesOf(current, now).get(role) ?? []
  const isDenied = (denies: readonly DenyInForce[]) => denies.some((deny) => isNamed(deny, session))
  return isDenied(ended) && !isDenied(inForce.denies) ? { kind: 'session_not_denied', what: session.name } : undefined
}

const isNamed = ({ tag, value, issuedBefore }: DenyInForce, { tags, at }: SessionOnRecord): boolean =>
  (tag === '*' || tags[tag] === value) && (issuedBefore === undefined || at < issuedBefore)

export const requestOf = ({ name }: Pick<SessionOnRecord, 'name'>): RequestId | undefined =>
  RequestId.safeParse(name).data

/** The live sessions of the state; ended ones are only in the record. */
export const rememberedIn = (state: ApprovalRequest): readonly string[] =>
  (grantOf(state)?.sessions ?? []).map(({ credential }) => credential)
