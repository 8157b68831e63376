import * as z from 'zod'
import type { Halt } from '../halts/halt.ts'
import { type ApprovalRequest, grantOf } from '../record/request.ts'
import { NumericDate } from '../values.ts'

const tagged = z.strictObject({
  tag: z.enum(['hotwork:request', 'hotwork:credential', 'hotwork:agent', 'hotwork:owner']),
  value: z.string().min(1),
  until: NumericDate,
  issuedBefore: NumericDate.optional(),
})

/**
 * `until`: every session that it names has ended by then. `*` is all sessions of the role.
 *
 * `issuedBefore` leaves out later sessions: requests made after a lifted halt work. A deny without it is permanent, and
 * never one of `*`.
 */
export const Deny = z.discriminatedUnion('tag', [
  tagged,
  tagged.extend({ tag: z.literal('*'), value: z.literal('*'), issuedBefore: NumericDate }),
])
export type Deny = z.infer<typeof Deny>

/** Seconds allowed for a session that STS was making at that time. */
const margin = 5
/** The `MaxSessionDuration` of target roles. Seconds. */
const longestSession = 3600

/**
 * The denies by place: every session of an ended request, and of a live one the sessions that a newer credential
 * replaced or that were never answered.
 */
export function deniesOf(state: ApprovalRequest, now: NumericDate): ReadonlyMap<string, readonly Deny[]> {
  const { sessions = [], credentials, intents } = grantOf(state) ?? {}
  const held = state.status === 'approved' ? [credentials, intents] : []
  const alive = held.flatMap((each) => Object.values(each ?? {}).map(({ id }) => id))
  const dead = sessions.filter(({ endsAt, credential }) => endsAt > now && !alive.includes(credential))
  const ofRole = (of: typeof dead): readonly Deny[] =>
    state.status === 'approved'
      ? of.map(({ credential, endsAt }) => ({ tag: 'hotwork:credential', value: credential, until: endsAt }))
      : [{ tag: 'hotwork:request', value: state.ask.id, until: Math.max(...of.map(({ endsAt }) => endsAt)) }]
  return new Map([...Map.groupBy(dead, ({ role }) => role)].map(([role, of]) => [role, ofRole(of)]))
}

/**
 * Undefined for other halts: sessions do not name approver, action or environment, so those halts end grants one by
 * one.
 */
export function denyOfHalt({ target, at }: Pick<Halt, 'target' | 'at'>, role: string): Deny | undefined {
  switch (target.kind) {
    case 'agent':
      return { ...fromBefore(at), tag: 'hotwork:agent', value: target.value }
    case 'owner':
      return { ...fromBefore(at), tag: 'hotwork:owner', value: target.value }
    case 'role':
      return target.value === role ? everyoneBefore(at) : undefined
    case 'all':
      return everyoneBefore(at)
    case 'person':
    case 'environment':
    case 'action':
      return undefined
    default:
      return target satisfies never
  }
}

export const everyoneBefore = (at: NumericDate): Deny => ({ ...fromBefore(at), tag: '*', value: '*' })

const fromBefore = (at: NumericDate) => ({ issuedBefore: at + margin, until: at + margin + longestSession })

export function stillNeeded(denies: readonly Deny[], now: NumericDate): readonly Deny[] {
  const live = denies.filter(({ until }) => until > now)
  const everyone = Math.max(...live.map(({ tag, issuedBefore = 0 }) => (tag === '*' ? issuedBefore : 0)))
  return live.filter(
    ({ tag, issuedBefore }) =>
      issuedBefore === undefined || issuedBefore > everyone || (tag === '*' && issuedBefore === everyone),
  )
}
