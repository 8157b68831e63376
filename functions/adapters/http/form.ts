import { badRequest } from './problem.ts'

/** Those that may be given more than once, each for one more target (RFC 8693 section 2.1, RFC 8707 section 2). */
const repeatable = new Set(['audience', 'resource'])

/** The parameters of a form, by name. Where one may be given more than once, `get` has the first and `all` has all. */
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
 *
 * @throws BadRequest when a parameter is given twice that must not be
 */
export function readForm(text: string): Form {
  const names = new Set<string>()
  const parameters: [string, string][] = []
  for (const [name, value] of new URLSearchParams(text)) {
    // RFC 6749 section 3.2: parameters must not be included more than once; without a value they count as left out.
    if (names.has(name) && !repeatable.has(name))
      throw badRequest('invalid_request', `\`${name.slice(0, 64).toWellFormed()}\` is given twice`)
    names.add(name)
    if (value !== '') parameters.push([name, value])
  }
  return new Form(parameters)
}
