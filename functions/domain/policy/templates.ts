// Rules: test/policies/catalogue.test.ts
import type { JsonObject } from '../values.ts'

/**
 * A place in a template such as `arn:{partition}:ssm:{region}:{account}:parameter{arguments.Name}`. There are no
 * expressions and no defaults: an unfilled place fails the template.
 */
const place = /\{([A-Za-z][A-Za-z0-9_.]*)\}/g

export const placesOf = (template: string): readonly string[] =>
  [...template.matchAll(place)].map(([, path]) => path ?? '')

/** Splits a template; every second part is the path of a value. */
export const partsOf = (template: string): readonly string[] => template.split(place)

/** Fills a template. It throws for a missing value, which the policies' compiler excludes. */
export function fill(template: string, value: (path: string) => string | undefined): string {
  return template.replace(place, (_, path: string) => {
    const text = value(path)
    if (text === undefined) throw new TypeError(`nothing to fill {${path}} with in ${template}`)
    return text
  })
}

/** Whether the value has no meaning of its own in IAM, which reads `*` and `?` as wildcards and `${` as a variable. */
export const isLiteral = (value: string): boolean => /^[A-Za-z0-9_.\-/+=,@]+$/.test(value) && !value.includes('..')

/** The `Name` in `arguments.Name`, or in `arguments.Name.names`, which some targets use. */
export const argumentIn = (path: string): string | undefined =>
  /^arguments\.([A-Za-z0-9_]+)(?:\.(?:names|values))?$/.exec(path)?.[1]

/** Fills a resource's template; undefined if a value is not literal. */
export const fillLiterally = (
  template: string,
  args: JsonObject,
  facts: { readonly [place: string]: string },
): string =>
  fill(template, (path) => {
    if (Object.hasOwn(facts, path)) return facts[path]
    const value = args[argumentIn(path) ?? '']
    return typeof value === 'string' && isLiteral(value) ? value : undefined
  })
