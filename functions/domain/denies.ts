import { type ApprovalRequest, grantOf } from './request.ts'
import type { NumericDate } from './values.ts'

/** One value of one session tag, to be denied on a role until no session that carries it can be alive. */
export type Deny = { tag: 'hotwork:request' | 'hotwork:credential'; value: string; until: NumericDate }

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
