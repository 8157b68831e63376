// Rules: test/client/openapi.test.ts
import * as z from 'zod'
import { JsonObject, PersonId, Resource } from '../../../domain/values.ts'

const said = {
  reason: z.string().max(2000),
  incident: z.string().max(128),
  minutes: z.int().min(1).max(60),
  drill: z.boolean().default(false),
}
export const OpenBody = z.union([
  z.strictObject({ profile: z.string().min(1).max(64), ...said }),
  z.strictObject({ action: z.string().min(1).max(128), arguments: JsonObject, resource: Resource.optional(), ...said }),
])

export const EmptyBody = z.strictObject({})

export const ReviewBody = z.strictObject({
  outcome: z.enum(['justified', 'not_justified']),
  note: z.string().trim().min(1, 'should name the evidence that you looked at, and your conclusion').max(4000),
})
export const VoucherBody = z.union([
  z.strictObject({ person: PersonId, profile: z.string().min(1).max(64) }),
  z.strictObject({
    person: PersonId,
    action: z.string().min(1).max(128),
    arguments: JsonObject,
    resource: Resource.optional(),
  }),
])
