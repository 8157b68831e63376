import * as z from 'zod'
import { whatIsWrong } from '../../domain/what-is-wrong.ts'
import type { Call } from './endpoint.ts'
import { badRequest } from './problem.ts'

const place = /^\d{10}#[a-z]{3}_[0-9a-z]{26}$/

/** A place in a list as a caller has it: one word without a meaning, which needs no escaping in an address. */
export const cursorOf = (place: string): string => Buffer.from(place).toString('base64url')

const placeOf = (cursor: string): string => Buffer.from(cursor, 'base64url').toString()

const asItIs = 'send the `next` of the answer before, as it is'

/** `after`: the `next` of the answer before, as a place in the list. */
export const After = z
  .string()
  .refine((text) => place.test(placeOf(text)) && cursorOf(placeOf(text)) === text, asItIs)
  .transform(placeOf)

/** `after` of a record: the sequence of the last entry of the answer before. */
export const AfterEntry = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, asItIs)
  .transform(Number)

/** The parameters of a list. One that the list does not know is refused, since it would change nothing. @throws BadRequest */
export function readQuery<S extends z.ZodRawShape>(call: Pick<Call, 'queries'>, shape: S): z.infer<z.ZodObject<S>> {
  const wrong = (detail: string) => badRequest('invalid_request', 'The query is not what this endpoint takes', detail)
  const known = Object.keys(shape)
  const unknown = Object.keys(call.queries).filter((name) => !known.includes(name))
  if (unknown.includes('next')) throw wrong('`next` is what the answer says: send it as `after`')
  if (unknown.length > 0)
    throw wrong(
      `${unknown.map((name) => `\`${name}\``).join(', ')} should not be there: known are ${known.map((name) => `\`${name}\``).join(', ')}`,
    )
  const parsed = z.object(shape).safeParse(call.queries)
  if (parsed.success) return parsed.data
  throw wrong(whatIsWrong(parsed.error, 'query'))
}
