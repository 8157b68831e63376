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
 * What is to be denied on a role, `until` no session that it names can be alive: those that carry a value of a session
 * tag, or, with `*`, all of the role.
 *
 * `issuedBefore` leaves out sessions that were made later. A halt stops what was there: whoever asks anew once it is
 * lifted gets a session that works. Without it a deny is for good, and that is never one of everybody.
 */
export const Deny = z.discriminatedUnion('tag', [
  tagged,
  tagged.extend({ tag: z.literal('*'), value: z.literal('*'), issuedBefore: NumericDate }),
])
export type Deny = z.infer<typeof Deny>

/** A session that was being made when everything was stopped may carry a time somewhat later. Seconds. */
const margin = 5
/** No session of a target role can live longer: its `MaxSessionDuration`, which the target stack sets. Seconds. */
const longestSession = 3600

/**
 * What must be denied on which role, by what the table says: every session of a request whose grant has ended, and of a
 * live one those that a newer credential replaced, or that were intended and never answered.
 *
 * @returns for each role ARN its denies; roles with none are left out
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

/**
 * What a halt denies on a role: the sessions from before it. No session names who approved it, its action or its
 * environment, so those halts deny none by themselves: the grants that they cover are ended one by one.
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

/** Ends every session that a role has by now: a halt's deny, or what is left when a role cannot hold a deny for each. */
export const everyoneBefore = (at: NumericDate): Deny => ({ ...fromBefore(at), tag: '*', value: '*' })

const fromBefore = (at: NumericDate) => ({ issuedBefore: at + margin, until: at + margin + longestSession })

/** The denies that are still needed: neither is their time over, nor does one of all sessions name theirs too. */
export function stillNeeded(denies: readonly Deny[], now: NumericDate): readonly Deny[] {
  const live = denies.filter(({ until }) => until > now)
  const everyone = Math.max(...live.map(({ tag, issuedBefore = 0 }) => (tag === '*' ? issuedBefore : 0)))
  return live.filter(
    ({ tag, issuedBefore }) =>
      issuedBefore === undefined || issuedBefore > everyone || (tag === '*' && issuedBefore === everyone),
  )
}
