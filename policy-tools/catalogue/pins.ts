// Rules: test/policies/catalogue/verbs.test.ts
import { type CatalogueEntry, openWords, sometimesUnpinned } from '../../functions/domain/policy/catalogue.ts'
import { argumentIn, placesOf } from '../../functions/domain/policy/templates.ts'
import { actOf, isOwnCredential, type Settings } from '../../functions/targets/kinds.ts'

export type Pin = {
  argument: string
  /** Whether every credential for the entry holds the agent to its value. */
  pinned: boolean
  /** `resource`, condition keys, or who makes the call. */
  by: readonly string[]
  /** The effect of an open one, in words. */
  open?: string
}

export type Pins = {
  arguments: readonly Pin[]
  /** Conditions of every call, such as `StringEqualsIfExists ssm:Policies false`. */
  always: readonly string[]
}

/** The part of an entry that its credential holds an agent to, by argument. */
export function pinsOf(entry: CatalogueEntry, at?: Settings): Pins {
  const names = Object.keys(entry.arguments.properties)
  const act = actOf(entry.credential)
  if (!isOwnCredential(act)) {
    const by = act === 'call' ? 'Hotwork, which makes the call' : 'the gate'
    return { arguments: names.map((argument) => ({ argument, pinned: true, by: [by] })), always: fixedIn(entry) }
  }
  const open = sometimesUnpinned(entry, at)
  const resources = new Set((entry.statement?.resources ?? []).flatMap(argumentsIn))
  const keys = keysIn(entry)
  return {
    always: fixedIn(entry),
    arguments: names.map((argument) => {
      const pinned = !open.includes(argument)
      const by = [
        ...(resources.has(argument) ? ['resource'] : []),
        ...(entry.kubernetes && pinned ? ['the policies of the cluster'] : []),
        ...keys.filter(({ takes }) => takes.includes(argument)).map(({ key }) => key),
      ]
      return { argument, pinned, by: [...new Set(by)], ...(pinned ? {} : { open: openWords(entry, argument) }) }
    }),
  }
}

const argumentsIn = (template: string): readonly string[] =>
  placesOf(template).flatMap((place) => argumentIn(place) ?? [])

type Compared = { operator: string; key: string; values: readonly string[]; takes: readonly string[] }

export const keysIn = ({ statement }: Pick<CatalogueEntry, 'statement'>): readonly Compared[] =>
  [statement?.conditions ?? {}, ...Object.values(statement?.whenAbsent ?? {})].flatMap((conditions) =>
    Object.entries(conditions).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, value]) => {
        const values = [value].flat()
        return { operator, key, values, takes: values.flatMap(argumentsIn) }
      }),
    ),
  )

const fixedIn = ({ statement }: CatalogueEntry): readonly string[] =>
  keysIn({ statement: statement && { ...statement, whenAbsent: {} } })
    .filter(({ takes }) => takes.length === 0)
    .map(({ operator, key, values }) => `${operator} ${key} ${values.join(', ')}`)

export const openOf = (entry: CatalogueEntry, at?: Settings): readonly string[] =>
  pinsOf(entry, at).arguments.flatMap(({ argument, pinned }) => (pinned ? [] : [argument]))
