// Rules: test/policies/fail-closed.test.ts
import type { CheckParseAnswer } from '@cedar-policy/cedar-wasm/nodejs'

/**
 * Cedar caches parsed texts by name for the life of the process. This tracks the names: equal texts of two actions or
 * bundles are parsed once, and a text that lost its name is parsed again.
 */
export class ParsedOnce {
  readonly #texts = new Map<string, string>()
  readonly #names = new Map<string, string>()
  readonly #parse: (name: string, text: string) => CheckParseAnswer

  constructor(parse: (name: string, text: string) => CheckParseAnswer) {
    this.#parse = parse
  }

  /**
   * Cedar's name for this text: `name`, or that of an equal text.
   * @throws if the text does not parse
   */
  nameOf(text: string, name: string, what: string): string {
    const known = this.#names.get(text)
    if (known !== undefined) return known
    const parsed = this.#parse(name, text)
    if (parsed.type === 'failure')
      throw new TypeError(`the bundle's ${what}: ${parsed.errors.map(({ message }) => message).join('; ')}`)
    this.#names.delete(this.#texts.get(name) ?? text)
    this.#texts.set(name, text)
    this.#names.set(text, name)
    return name
  }
}
