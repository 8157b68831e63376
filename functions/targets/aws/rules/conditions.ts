// Rules: test/policies/catalogue.test.ts, test/domain/policy/conditions.test.ts
import * as z from 'zod'
import { fill, placesOf } from '../../../domain/policy/templates.ts'
import type { Json, JsonObject } from '../../../domain/values.ts'

const Template = z.string().min(1).max(1024)

/** Operator, key, one value or several. */
export const ConditionTemplates = z.record(
  z.string(),
  z.record(z.string(), z.union([Template, z.array(Template).min(1)])),
)
export type ConditionTemplates = z.infer<typeof ConditionTemplates>

export type Conditions = { readonly [operator: string]: { readonly [key: string]: string | readonly string[] } }

export const conditionTemplates = (
  conditions: ConditionTemplates | undefined,
): readonly { operator: string; key: string; templates: readonly string[] }[] =>
  Object.entries(conditions ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, value]) => ({ operator, key, templates: [value].flat() })),
  )

/** IAM reads `*` and `?` in their values as wildcards. */
export const comparesPatterns = (operator: string): boolean =>
  /^(?:For\w+:)?(?:Arn|StringLike|StringNotLike)/.test(operator)

/**
 * An operator with `IfExists` passes a call without the value, and `ForAllValues` one with an empty list, unless `Null`
 * forbids that.
 */
export function pinsIn(conditions: ConditionTemplates): readonly ConditionPlace[] {
  return conditionTemplates(conditions).flatMap(({ operator, key, templates }) => {
    const plain = operator.replace(/^ForAllValues:/, '')
    if (!/^(?:String(?:Equals|Like)|Arn(?:Equals|Like)|NumericEquals|Bool)$/.test(plain)) return []
    if (plain !== operator && conditions['Null']?.[key] !== 'false') return []
    const [place, ...more] = templates.flatMap(placesOf).flatMap((path) => conditionPlace(path) ?? [])
    const isOneValue = templates.length === 1 && more.every(({ argument }) => argument === place?.argument)
    // A key of several values needs an operator over all of them, or a call could add values.
    const isOverAll = place?.take === 'value' || plain !== operator
    return place && isOneValue && isOverAll ? [place] : []
  })
}

/**
 * An argument whose value IAM would read as a variable. Escapes are documented for some operators only, so such a value is
 * refused.
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
 * `names` of a map are its members, and of a DynamoDB expression its top-level attributes; `values` of a DynamoDB key
 * are its values, and of a list its items.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
type ConditionPlace = { argument: string; take: 'value' | 'names' | 'values' }

export function conditionPlace(path: string): ConditionPlace | undefined {
  const [, argument, take = 'value'] = /^arguments\.([A-Za-z0-9_]+)(?:\.(names|values))?$/.exec(path) ?? []
  return argument === undefined ? undefined : { argument, take: take as ConditionPlace['take'] }
}

/**
 * Omits a key if one of its arguments is absent or cannot be compared: it would pin nothing.
 * @param facts the values of `{partition}`, `{region}` and `{account}`
 */
export function fillConditions(
  conditions: ConditionTemplates,
  args: JsonObject,
  facts: { readonly [place: string]: string },
): Conditions {
  const filled: { [operator: string]: { [key: string]: string | readonly string[] } } = {}
  for (const { operator, key, templates } of conditionTemplates(conditions)) {
    const values = templates.map((template) => fillValue(template, args, facts))
    if (values.some((value) => value === undefined)) continue
    const texts = [...new Set(values.flatMap((value) => value ?? []))]
    const single = texts.length === 1 && !Array.isArray(conditions[operator]?.[key])
    filled[operator] = { ...filled[operator], [key]: single ? (texts[0] as string) : texts }
  }
  return filled
}

function fillValue(
  template: string,
  args: JsonObject,
  facts: { readonly [place: string]: string },
): readonly string[] | undefined {
  const listed = placesOf(template)
    .map(conditionPlace)
    .find((place) => place && place.take !== 'value')
  if (listed) return takeFrom(listed, args)
  if (placesOf(template).some((path) => isOpen(path, args))) return undefined
  return [fill(template, (path) => textAt(path, args) ?? (Object.hasOwn(facts, path) ? facts[path] : undefined))]
}

const isOpen = (path: string, args: JsonObject) => {
  const place = conditionPlace(path)
  return place !== undefined && takeFrom(place, args) === undefined
}

function textAt(path: string, args: JsonObject): string | undefined {
  const place = conditionPlace(path)
  return place && takeFrom(place, args)?.[0]
}

export function takeFrom({ argument, take }: ConditionPlace, args: JsonObject): readonly string[] | undefined {
  const value = args[argument]
  if (value === undefined) return undefined
  if (take === 'value') return isScalar(value) ? [String(value)] : undefined
  if (Array.isArray(value)) return take === 'values' && value.every(isScalar) ? value.map(String) : undefined
  if (typeof value === 'string') return take === 'names' ? attributesOf(value, args) : undefined
  if (typeof value !== 'object' || value === null) return undefined
  if (take === 'names') return Object.keys(value)
  const keys = Object.values(value).map(keyText)
  return keys.every((text) => text !== undefined) ? (keys as string[]) : undefined
}

const isScalar = (value: Json) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

/** The text of a number, if it has only one form. */
function keyText(value: Json): string | undefined {
  const [[type, text] = [], ...more] = Object.entries(Object(value)) as [string, unknown][]
  if (more.length > 0 || typeof text !== 'string') return undefined
  if (type === 'S') return text
  return type === 'N' && /^(?:0|-?[1-9]\d{0,37})$/.test(text) ? text : undefined
}

/** Words of DynamoDB's expressions, in any case. */
const words = new Set(['SET', 'REMOVE', 'ADD', 'DELETE', 'IF_NOT_EXISTS', 'LIST_APPEND'])

/** Undefined if a placeholder has no value: DynamoDB would refuse the expression. */
function attributesOf(expression: string, args: JsonObject): readonly string[] | undefined {
  const placeholders = Object(args['ExpressionAttributeNames']) as JsonObject
  const names = new Set<string>()
  // A name after a dot is inside an attribute, and a name after a colon is a value.
  for (const [, name = ''] of expression.matchAll(/(?<![\w.:#])(#?[A-Za-z_]\w*|#\w+)/g)) {
    if (words.has(name.toUpperCase())) continue
    const resolved = name.startsWith('#') ? placeholders[name] : name
    if (typeof resolved !== 'string') return undefined
    names.add(resolved)
  }
  return [...names]
}
