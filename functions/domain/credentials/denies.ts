import * as z from 'zod'
import type { Halt } from '../halts/halt.ts'
import { type ApprovalRequest, grantOf } from '../requests/request.ts'
import { NumericDate } from '../values.ts'

const tagged = z.strictObject({
  tag: z.enum(['hotwork:request', 'hotwork:credential', 'hotwork:agent', 'hotwork:owner']),
  value: z.string().min(1),
  until: NumericDate,
  issuedBefore: NumericDate.optional(),
})

/**
 * `until`: no session that it names lives longer. `*` is all sessions of the role.
 *
 * `issuedBefore` leaves out later sessions: what an agent asks after a lifted halt works. A deny without it is for
 * good, and is never one of `*`.
 */
export const Deny = z.discriminatedUnion('tag', [
  tagged,
  tagged.extend({ tag: z.literal('*'), value: z.literal('*'), issuedBefore: NumericDate }),
])
export type Deny = z.infer<typeof Deny>

/** For a session that was being made at that time. Seconds. */
const margin = 5
/** The `MaxSessionDuration` of target roles. Seconds. */
const longestSession = 3600

/**
 * By role ARN: every session of a request that has ended, and of a live one those that a newer credential replaced or
 * that were never answered.
 */
export function deniesOf(state: ApprovalRequest, now: NumericDate): ReadonlyMap<string, readonly Deny[]> {
  const grant = grantOf(state)
  const denies = new Map<string, Deny[]>()
  const add = (role: string, deny: Deny) => denies.set(role, [...(denies.get(role) ?? []), deny])
  const alive = new Set([grant?.credentials.aws?.id, grant?.intents.aws?.id])
  for (const [role, sessions] of Map.groupBy(grant?.sessions ?? [], (session) => session.role)) {
    const live = sessions.filter(({ endsAt }) => endsAt > now)
    if (state.status !== 'approved') {
      const until = Math.max(...live.map(({ endsAt }) => endsAt))
      if (live.length > 0) add(role, { tag: 'hotwork:request', value: state.ask.id, until })
    } else {
      for (const { credential, endsAt } of live)
        if (!alive.has(credential)) add(role, { tag: 'hotwork:credential', value: credential, until: endsAt })
    }
  }
  return denies
}

/** No session names its approver, its action or its environment: those halts end grants one by one. */
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
