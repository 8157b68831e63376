// Rules: test/http/permit-view.test.ts
import * as z from 'zod'
import type { PermitCoverage, StandingPermit as StandingPermitAnswer } from '../../domain/cards/wire/people.ts'
import type { Said } from '../../domain/cards/wire/word.ts'
import { mostUses, mostUsesByShape } from '../../domain/permits/permit.ts'
import { shapeWritten } from '../../domain/permits/shape.ts'
import { JsonObject, type NumericDate, rfc3339 } from '../../domain/values.ts'
import { type Coverage, type ShownPermit, statusOfPermit } from '../../operations/permits/read-permits.ts'

export const PermitBody = z
  .strictObject({
    uses: z.int().min(1).max(mostUses),
    until: z.iso.datetime({ offset: true }).transform((at) => Math.floor(Date.parse(at) / 1000)),
    shape: JsonObject.optional(),
  })
  .refine(({ uses, shape }) => shape === undefined || uses <= mostUsesByShape, {
    path: ['uses'],
    message: `should be at most ${mostUsesByShape} with a \`shape\``,
  })

export const permitView = (permit: ShownPermit, now: NumericDate): Said<typeof StandingPermitAnswer> => {
  const { id, from, agent, owner, action, arguments: args, resource, environment, purpose, by, at, revoked } = permit
  const { shape, ended, halted } = permit
  return {
    id,
    status: statusOfPermit(permit, now),
    request: from,
    ...{ agent, owner, action, arguments: args, resource, environment, purpose, tier: permit.tier },
    by,
    at: rfc3339(at),
    uses: permit.uses,
    until: rfc3339(permit.until),
    drawn: permit.drawn,
    ...(revoked ? { revoked: { by: revoked.by, at: rfc3339(revoked.at), reason: revoked.reason } } : {}),
    ...(shape ? { shape: shapeWritten(shape.arguments), classification: shape.classification } : {}),
    ...(halted ? { halted: { halt: halted.id, at: rfc3339(halted.at) } } : {}),
    ...(ended ? { ended: { request: ended.request, at: rfc3339(ended.at), because: ended.by } } : {}),
  }
}

export const coverageView = ({ since, asked, covered, sameKey, isAll }: Coverage): Said<typeof PermitCoverage> => ({
  since: rfc3339(since),
  asked,
  covered: covered.length,
  same_key: sameKey,
  complete: isAll,
  requests: covered.map(({ ask }) => ask.id),
})
