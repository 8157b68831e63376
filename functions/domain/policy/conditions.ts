import * as z from 'zod'
import type { Json, JsonObject } from '../values.ts'

/**
 * Text with places for values: `arn:{partition}:ssm:{region}:{account}:parameter{arguments.Name}`. No expressions and no
 * defaults: a place is filled by the value of that path, or the template does not fit.
 */
const place = /\{([A-Za-z][A-Za-z0-9.]*)\}/g

/** The paths that a template asks for. */
export const placesOf = (template: string): readonly string[] =>
  [...template.matchAll(place)].map(([, path]) => path ?? '')

/** A template as it is written and, at every second place, the paths of its values. */
export const partsOf = (template: string): readonly string[] => template.split(place)

/** Fills every place, or throws: that a template fits its arguments was checked when the policies were compiled. */
export function fill(template: string, value: (path: string) => string | undefined): string {
  return template.replace(place, (_, path: string) => {
    const text = value(path)
    if (text === undefined) throw new TypeError(`nothing to fill {${path}} with in ${template}`)
    return text
  })
}

/**
 * May this text stand in an ARN or another resource id? IAM reads `*` and `?` as wildcards and `${` as a variable, and
 * a policy is JSON: whatever could mean more than itself is refused, however the catalogue's own pattern is written.
 */
export const isLiteral = (value: string): boolean => /^[A-Za-z0-9_.\-/+=,@]+$/.test(value) && !value.includes('..')

const Template = z.string().min(1).max(1024)

/** IAM's `Condition`, to be filled: operator, key, one value or several. */
export const ConditionTemplates = z.record(
  z.string(),
  z.record(z.string(), z.union([Template, z.array(Template).min(1)])),
)
export type ConditionTemplates = z.infer<typeof ConditionTemplates>

/** The same with everything filled in. */
export type Conditions = { readonly [operator: string]: { readonly [key: string]: string | readonly string[] } }

/** Every template of these conditions, with its operator and its key. */
export const conditionTemplates = (
  conditions: ConditionTemplates | undefined,
): readonly { operator: string; key: string; templates: readonly string[] }[] =>
  Object.entries(conditions ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, value]) => ({ operator, key, templates: [value].flat() })),
  )

/** IAM reads `*` and `?` in the values of these as wildcards, so only what is literal anyway may stand there. */
export const comparesPatterns = (operator: string): boolean =>
  /^(?:For\w+:)?(?:Arn|StringLike|StringNotLike)/.test(operator)

/**
 * What these conditions hold a call to. An operator with `IfExists` passes a call that leaves the value out, and
 * `ForAllValues` one that has none, unless `Null` forbids that.
 */
export function pinsIn(conditions: ConditionTemplates): readonly ConditionPlace[] {
  return conditionTemplates(conditions).flatMap(({ operator, key, templates }) => {
    const plain = operator.replace(/^ForAllValues:/, '')
    if (!/^(?:String(?:Equals|Like)|Arn(?:Equals|Like)|NumericEquals|Bool)$/.test(plain)) return []
    if (plain !== operator && conditions['Null']?.[key] !== 'false') return []
    const [place, ...more] = templates.flatMap(placesOf).flatMap((path) => conditionPlace(path) ?? [])
    const isOneValue = templates.length === 1 && more.every(({ argument }) => argument === place?.argument)
    return place && isOneValue ? [place] : []
  })
}

/**
 * An argument that has a value in which IAM would read a variable, if there is one. What escapes it is said for resources and
 * for likeness only, so nothing is escaped: such a value is refused.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function variableIn(conditions: ConditionTemplates | undefined, args: JsonObject): string | undefined {
  const places = conditionTemplates(conditions).flatMap(({ templates }) => templates.flatMap(placesOf))
  const found = places
    .map(conditionPlace)
    .find((place) => place && takeFrom(place, args)?.some((text) => text.includes(`\${`)))
  return found?.argument
}

/**
 * What a place of a condition takes from an argument: its value as text, or a list. `names` of a map are its members, and
 * of a DynamoDB expression the top-level attributes it speaks of; `values` of a DynamoDB key are its values.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
type ConditionPlace = { argument: string; take: 'value' | 'names' | 'values' }

/** The place that a path names, if it is one of an argument. */
export function conditionPlace(path: string): ConditionPlace | undefined {
  const [, argument, take = 'value'] = /^arguments\.([A-Za-z0-9]+)(?:\.(names|values))?$/.exec(path) ?? []
  return argument === undefined ? undefined : { argument, take: take as ConditionPlace['take'] }
}

/**
 * Conditions for these arguments. A key is left out whole where an argument that it needs is absent, or has no value that
 * IAM could compare: what is left out pins nothing, and is said to be open.
 *
 * @param fact what fills `{partition}`, `{region}` and `{account}`
 */
export function fillConditions(
  conditions: ConditionTemplates,
  args: JsonObject,
  fact: (path: string) => string | undefined,
): Conditions {
  const filled: { [operator: string]: { [key: string]: string | readonly string[] } } = {}
  for (const { operator, key, templates } of conditionTemplates(conditions)) {
    const values = templates.map((template) => fillValue(template, args, fact))
    if (values.some((value) => value === undefined)) continue
    const texts = [...new Set(values.flatMap((value) => value ?? []))]
    const single = texts.length === 1 && !Array.isArray(conditions[operator]?.[key])
    filled[operator] = { ...filled[operator], [key]: single ? (texts[0] as string) : texts }
  }
  return filled
}

/** One template's values; several where it is a list. */
function fillValue(
  template: string,
  args: JsonObject,
  fact: (path: string) => string | undefined,
): readonly string[] | undefined {
  const listed = placesOf(template)
    .map(conditionPlace)
    .find((place) => place && place.take !== 'value')
  if (listed) return takeFrom(listed, args)
  if (placesOf(template).some((path) => isOpen(path, args))) return undefined
  return [fill(template, (path) => textAt(path, args) ?? fact(path))]
}

const isOpen = (path: string, args: JsonObject) => {
  const place = conditionPlace(path)
  return place !== undefined && takeFrom(place, args) === undefined
}

function textAt(path: string, args: JsonObject): string | undefined {
  const place = conditionPlace(path)
  return place && takeFrom(place, args)?.[0]
}

/** What IAM compares with for a place; undefined where it could not be compared. */
export function takeFrom({ argument, take }: ConditionPlace, args: JsonObject): readonly string[] | undefined {
  const value = args[argument]
  if (value === undefined) return undefined
  if (take === 'value') return isScalar(value) ? [String(value)] : undefined
  if (typeof value === 'string') return take === 'names' ? attributesOf(value, args) : undefined
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  if (take === 'names') return Object.keys(value)
  const keys = Object.values(value).map(keyText)
  return keys.every((text) => text !== undefined) ? (keys as string[]) : undefined
}

const isScalar = (value: Json) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

/** A DynamoDB key's value as IAM sees it. Of a number only the one form that it could not be written otherwise. */
function keyText(value: Json): string | undefined {
  const [[type, text] = [], ...more] = Object.entries(Object(value)) as [string, unknown][]
  if (more.length > 0 || typeof text !== 'string') return undefined
  if (type === 'S') return text
  return type === 'N' && /^(?:0|-?[1-9]\d{0,37})$/.test(text) ? text : undefined
}

/** Words of DynamoDB's expressions that are no attribute's name, whatever case they are in. */
const words = new Set(['SET', 'REMOVE', 'ADD', 'DELETE', 'IF_NOT_EXISTS', 'LIST_APPEND'])

/**
 * The top-level attributes that an update expression speaks of, its placeholders replaced. Undefined where a placeholder
 * stands for nothing: then it is no expression that DynamoDB would take.
 */
function attributesOf(expression: string, args: JsonObject): readonly string[] | undefined {
  const placeholders = Object(args['ExpressionAttributeNames']) as JsonObject
  const names = new Set<string>()
  // A path's first segment: what follows a dot is inside it, and what begins with a colon is a value.
  for (const [, name = ''] of expression.matchAll(/(?<![\w.:#])(#?[A-Za-z_]\w*|#\w+)/g)) {
    if (words.has(name.toUpperCase())) continue
    const resolved = name.startsWith('#') ? placeholders[name] : name
    if (typeof resolved !== 'string') return undefined
    names.add(resolved)
  }
  return [...names]
}
