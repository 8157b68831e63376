import { type CedarValueJson, type PolicyJson, policyToJson, preparsePolicySet } from '@cedar-policy/cedar-wasm/nodejs'
import { membersRead, onlyMembers } from './context-members.ts'
import { holds, type Split, splitLeading } from './leading-tests.ts'

type Context = Record<string, CedarValueJson>
/** A set that Cedar keeps parsed under this name, and what its policies read of the context; undefined where that is all. */
type Kept = { name: string; reads: ReadonlySet<string> | undefined }

/** So many sets are kept beside the whole, and no more: Cedar forgets none. */
const mostSets = 64

/**
 * The policies of one action as a use asks them. Cedar looks at every policy it is given, and a policy costs as much as
 * it costs to say a fact. So it is given those whose first tests hold (leading-tests.ts), without these tests, and of the
 * facts what they still read. The answer is the whole set's, and Cedar's: the same policies determine it.
 *
 * To parse such a set takes a millisecond, so the first question of its kind is answered by the whole set.
 */
export class UsePolicies {
  readonly #whole: Kept
  readonly #splits: readonly (Split & { id: string })[]
  /** By the policies that are left, as a text of a letter each. */
  readonly #sets = new Map<string, Kept | undefined>()

  /** @param whole the name of the whole set, which is parsed already */
  constructor(whole: string, policies: { readonly [id: string]: string }) {
    const parsed = Object.entries(policies).map(([id, text]) => ({ id, answer: policyToJson(text) }))
    const all = parsed.flatMap(({ id, answer }) => (answer.type === 'success' ? [{ id, json: answer.json }] : []))
    const isWhole = all.length === parsed.length
    this.#whole = { name: whole, reads: isWhole ? membersRead(all.map(({ json }) => json)) : undefined }
    this.#splits = isWhole ? all.map(({ id, json }) => ({ id, ...splitLeading(json) })) : []
  }

  /** Which set to ask, and with what of the context. */
  for(context: Context): { name: string; context: Context } {
    const { name, reads } = this.#setFor(context)
    return { name, context: reads ? onlyMembers(context, reads) : context }
  }

  #setFor(context: Context): Kept {
    let key = ''
    for (const { tests } of this.#splits) key += tests.every((test) => holds(test, context)) ? '1' : '0'
    const kept = this.#sets.get(key)
    if (kept) return kept
    if (!key.includes('0') || this.#sets.size >= mostSets) return this.#whole
    if (this.#sets.has(key)) return this.#parse(key)
    this.#sets.set(key, undefined)
    return this.#whole
  }

  #parse(key: string): Kept {
    const left = this.#splits.filter((_, at) => key[at] === '1')
    const name = `${this.#whole.name} ${key}`
    const staticPolicies: { [id: string]: PolicyJson } = Object.fromEntries(left.map(({ id, rest }) => [id, rest]))
    const isParsed = preparsePolicySet(name, { staticPolicies }).type === 'success'
    const kept = isParsed ? { name, reads: membersRead(Object.values(staticPolicies)) } : this.#whole
    this.#sets.set(key, kept)
    return kept
  }
}
