import * as z from 'zod'
import { digestOf } from './digest.ts'
import { JsonObject, NumericDate, PersonId, Resource } from './values.ts'

/** How long what was prepared can be opened: it is for an emergency that is going on now. Seconds. */
export const preparedFor = 600

/** What a person has said they would open in an emergency, at a door that cannot prove who they are well enough. */
export const PreparedOpening = z.strictObject({
  person: PersonId,
  what: z.union([
    z.strictObject({ profile: z.string() }),
    z.strictObject({ action: z.string(), arguments: JsonObject, resource: Resource.optional() }),
  ]),
  reason: z.string(),
  incident: z.string(),
  minutes: z.int().positive(),
  drill: z.boolean(),
  until: NumericDate,
})
export type PreparedOpening = z.infer<typeof PreparedOpening>

/** Under which key it waits: made of the code that only the person was shown, and no way back to that. */
export const preparedKey = (code: string): string => `PREPARED#${digestOf('hotwork.prepared.v1', code)}`
