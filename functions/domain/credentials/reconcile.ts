import { asOf } from '../requests/due.ts'
import { type ApprovalRequest, grantOf } from '../requests/request.ts'
import { type NumericDate, RequestId } from '../values.ts'
import { type Deny, deniesOf, stillNeeded } from './denies.ts'

/** A deny as IAM has it on a role, which says of no end. */
export type DenyInForce = { tag: Deny['tag']; value: string; issuedBefore?: NumericDate | undefined }

/** What IAM has on a role beside its rights. `unreadable`: our policy is there, and is not as we write it. */
export type InForce = {
  denies: readonly DenyInForce[] | 'unreadable'
  /** Names of inline policies that are not ours. Nobody but the revoker has any business with those of a target role. */
  others: readonly string[]
}

/** A session of a target role, as AWS has it on record. */
export type SessionOnRecord = {
  /** Of the event in CloudTrail. */
  eventId: string
  name: string
  /** By its name alone a session is known to be of a request, where the record tells no tags: none is made without. */
  tags: { readonly [tag: string]: string }
  at: NumericDate
  /** When it ends at the latest. */
  endsAt: NumericDate
}

/**
 * What was found that the table does not say, or says otherwise. `session_unknown`: made by nobody here. `session_not_denied`:
 * of something that has ended, and works on. `deny_missing`, `deny_unknown`, `deny_unreadable`: the role's deny is not what it
 * should be. `policy_unknown`: somebody has given the role another policy.
 */
export type Finding = {
  kind:
    | 'session_unknown'
    | 'session_not_denied'
    | 'deny_missing'
    | 'deny_unknown'
    | 'deny_unreadable'
    | 'policy_unknown'
  /** The session's name, the value that is denied, or the policy's name. */
  what: string
}

/** Holds what IAM has on a role against what the table says that it must have. Nothing but the order of writing is forgiven. */
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

/** How long a deny may take after what it follows from, before that is found. Seconds. */
const onItsWay = 300

/**
 * Holds a session against the request that it says it is of.
 *
 * @param state    the request, if there is one of that name
 * @param intended the credentials that its record has ever intended
 */
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
  // What changed a moment ago is still on its way to IAM: through the stream, a queue, and for what time ends a sweep.
  if (now - current.updatedAt < onItsWay) return undefined
  const ended = deniesOf(current, now).get(role) ?? []
  const isDenied = (denies: readonly DenyInForce[]) => denies.some((deny) => isNamed(deny, session))
  return isDenied(ended) && !isDenied(inForce.denies) ? { kind: 'session_not_denied', what: session.name } : undefined
}

/** Whether a deny names this session: by a tag of it, or everybody's, and by when it was made. */
const isNamed = ({ tag, value, issuedBefore }: DenyInForce, { tags, at }: SessionOnRecord): boolean =>
  (tag === '*' || tags[tag] === value) && (issuedBefore === undefined || at < issuedBefore)

/** The request that a session says it is of, by its name. */
export const requestOf = ({ name }: Pick<SessionOnRecord, 'name'>): RequestId | undefined =>
  RequestId.safeParse(name).data

/** The credentials of sessions that a request still remembers; of those that have ended its record alone knows. */
export const rememberedIn = (state: ApprovalRequest): readonly string[] =>
  (grantOf(state)?.sessions ?? []).map(({ credential }) => credential)
