// Rules: test/http/endpoint.test.ts
import * as z from 'zod'
import { whatIsWrong } from '../../domain/what-is-wrong.ts'
import type { Call } from './endpoint.ts'
import { badRequest } from './problem.ts'

/** Parameters that may be repeated, each for one more target (RFC 8693 section 2.1, RFC 8707 section 2). */
const repeatable = new Set(['audience', 'resource'])

/** A form. `get` returns the first value of a name, `all` every value. */
export class Form extends Map<string, string> {
  readonly #all = new Map<string, string[]>()

  constructor(parameters: Iterable<readonly [name: string, value: string]>) {
    super()
    for (const [name, value] of parameters) {
      const values = this.#all.get(name)
      if (values) values.push(value)
      else {
        this.#all.set(name, [value])
        this.set(name, value)
      }
    }
  }

  all(name: string): readonly string[] {
    return this.#all.get(name) ?? []
  }
}

/**
 * Reads an `application/x-www-form-urlencoded` body (RFC 6749 appendix B).
 * @throws BadRequest if a parameter is repeated that may not be
 */
export function readForm(text: string): Form {
  const names = new Set<string>()
  const parameters: [string, string][] = []
  for (const [name, value] of new URLSearchParams(text)) {
    // RFC 6749 section 3.2: parameters must not be repeated; without a value they count as absent.
    if (names.has(name) && !repeatable.has(name))
      throw badRequest('invalid_request', `\`${name.slice(0, 64).toWellFormed()}\` is given twice`)
    names.add(name)
    if (value !== '') parameters.push([name, value])
  }
  return new Form(parameters)
}

/** The limit of a body in bytes. */
export const bodyLimit = 64 * 1024

const place = /^\d{10}#[a-z]{3}_[0-9a-z]{26}$/

/** A cursor, safe in an address. */
export const cursorOf = (place: string): string => Buffer.from(place).toString('base64url')

const placeOf = (cursor: string): string => Buffer.from(cursor, 'base64url').toString()

const asItIs = 'send the `next` of the previous answer unchanged'

/** A cursor: the `next` of the previous answer. */
export const After = z
  .string()
  .refine((text) => place.test(placeOf(text)) && cursorOf(placeOf(text)) === text, asItIs)
  .transform(placeOf)

const placeOfEntry = /^\d{10}#[a-z0-9_:-]{1,80}\/\d{10}$/

/** A cursor of a search: the place of the last entry among all. */
export const AfterFound = z
  .string()
  .refine((text) => placeOfEntry.test(placeOf(text)) && cursorOf(placeOf(text)) === text, asItIs)
  .transform(placeOf)

/** A cursor of a record: the sequence of the last entry. */
export const AfterEntry = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, asItIs)
  .transform(Number)

/** Refuses unknown parameters. @throws BadRequest */
export function readQuery<S extends z.ZodRawShape>(call: Pick<Call, 'queries'>, shape: S): z.infer<z.ZodObject<S>> {
  const wrong = (detail: string) =>
    badRequest('invalid_request', 'The query does not match the parameters of this endpoint', detail)
  const known = Object.keys(shape)
  const unknown = Object.keys(call.queries).filter((name) => !known.includes(name))
  if (unknown.includes('next')) throw wrong('`next` is a member of the answer: send its value as `after`')
  if (unknown.length > 0)
    throw wrong(
      `${unknown.map((name) => `\`${name}\``).join(', ')} should not be there: known are ${known.map((name) => `\`${name}\``).join(', ')}`,
    )
  const parsed = z.object(shape).safeParse(call.queries)
  if (parsed.success) return parsed.data
  throw wrong(whatIsWrong(parsed.error, 'query'))
}
