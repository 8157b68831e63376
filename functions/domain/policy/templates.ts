import type { JsonObject } from '../values.ts'

/**
 * `arn:{partition}:ssm:{region}:{account}:parameter{arguments.Name}`. No expressions and no defaults: a place is
 * filled, or the template does not fit.
 */
const place = /\{([A-Za-z][A-Za-z0-9_.]*)\}/g

export const placesOf = (template: string): readonly string[] =>
  [...template.matchAll(place)].map(([, path]) => path ?? '')

/** Every second part is the path of a value. */
export const partsOf = (template: string): readonly string[] => template.split(place)

/** Throws: that a template fits was checked when the policies were compiled. */
export function fill(template: string, value: (path: string) => string | undefined): string {
  return template.replace(place, (_, path: string) => {
    const text = value(path)
    if (text === undefined) throw new TypeError(`nothing to fill {${path}} with in ${template}`)
    return text
  })
}

/** IAM reads `*` and `?` as wildcards and `${` as a variable: text that could mean more than itself is refused. */
export const isLiteral = (value: string): boolean => /^[A-Za-z0-9_.\-/+=,@]+$/.test(value) && !value.includes('..')

/** The `Name` of `arguments.Name`, and of `arguments.Name.names`, which some targets take. */
export const argumentIn = (path: string): string | undefined =>
  /^arguments\.([A-Za-z0-9_]+)(?:\.(?:names|values))?$/.exec(path)?.[1]

/** Fills a template of a resource: text that could mean more than itself there is no value. */
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
