// Rules: test/http/permit-view.test.ts
import * as z from 'zod'
import type { StandingPermit as StandingPermitAnswer } from '../../domain/cards/wire/people.ts'
import type { Said } from '../../domain/cards/wire/word.ts'
import { isLive, mostUses, type StandingPermit } from '../../domain/permits/permit.ts'
import { type NumericDate, rfc3339 } from '../../domain/values.ts'

export const PermitBody = z.strictObject({
  uses: z.int().min(1).max(mostUses),
  until: z.iso.datetime({ offset: true }).transform((at) => Math.floor(Date.parse(at) / 1000)),
})

export const permitView = (permit: StandingPermit, now: NumericDate): Said<typeof StandingPermitAnswer> => {
  const { id, from, agent, owner, action, arguments: args, resource, environment, purpose, by, at, revoked } = permit
  return {
    id,
    status: statusOf(permit, now),
    request: from,
    ...{ agent, owner, action, arguments: args, resource, environment, purpose, tier: permit.tier },
    by,
    at: rfc3339(at),
    uses: permit.uses,
    until: rfc3339(permit.until),
    drawn: permit.drawn,
    ...(revoked ? { revoked: { by: revoked.by, at: rfc3339(revoked.at), reason: revoked.reason } } : {}),
  }
}

/** `used_up` keeps drawn requests live; the others end them too. */
function statusOf(permit: StandingPermit, now: NumericDate): 'live' | 'used_up' | 'expired' | 'revoked' {
  if (permit.revoked) return 'revoked'
  if (!isLive(permit, now)) return 'expired'
  return permit.drawn.length < permit.uses ? 'live' : 'used_up'
}
