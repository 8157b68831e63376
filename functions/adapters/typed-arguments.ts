// Rules: test/adapters/typed-arguments.test.ts
import { type Suggestible, suggestField, suggestionOf } from '../domain/cards/suggestible.ts'
import { canonicalForm } from '../domain/digest.ts'
import {
  type ArgumentSchema,
  type ArgumentsSchema,
  branchesOf,
  formOf,
  forSchema,
  type NumberSchema,
  type ObjectSchema,
  takesArgument,
} from '../domain/policy/arguments.ts'
import { type Json, type JsonObject, parseJson } from '../domain/values.ts'
import { jsonIn } from './read-json.ts'

/** Arguments that a person types into a form, each as text. */

export const longestText = 3_000

export const boundsOf = (schema: ArgumentSchema): string => {
  const between = ({ minimum, maximum }: NumberSchema) => `${minimum} to ${maximum}`
  return forSchema(schema, {
    scalar: ({ type }) => `${type.join(' or ')}; text that reads as another of these in quotes`,
    string: ({ enum: all, minLength = 0, maxLength, pattern }) =>
      all
        ? `One of ${all.join(', ')}`
        : [
            `${minLength} to ${Math.min(maxLength, longestText)} characters`,
            ...(pattern === undefined ? [] : [`of the form ${pattern}`]),
          ].join(', '),
    integer: between,
    number: (own) => `${between(own)}, with at most 4 decimals`,
    boolean: () => '',
    map: () => 'A JSON object, as in {"name": "value"}, each name once',
    list: ({ items, minItems = 0, maxItems }) =>
      formOf(items) === 'string'
        ? `${minItems} to ${maxItems} texts, one a line; or a JSON list, as in ["a", "b"]`
        : `A JSON list of ${minItems} to ${maxItems} items, as in [1, 2]`,
    object: (own) => `A JSON object with ${namesOf(own)}`,
    oneOf: (own) =>
      `A JSON object with ${branchesOf(own)
        .map((each) => `${each.tag} ${each.value}: ${namesOf(each.schema)}`)
        .join('; or with ')}`,
  })
}

const namesOf = ({ properties, required }: ObjectSchema): string =>
  Object.keys(properties)
    .map((name) => (required.includes(name) ? name : `${name}?`))
    .join(', ')

export const mayBeEmpty = (schema: ArgumentSchema): boolean => takesArgument(schema, '')

/** The text from which `valueIn` reads this value. A null among texts has none. */
export function textOfValue(schema: ArgumentSchema, value: Json): string {
  if (formOf(schema) === 'list' && Array.isArray(value)) {
    const lines = value.join('\n')
    const read = valueIn(schema, lines)
    if (read !== undefined && canonicalForm(read) === canonicalForm(value)) return lines
  }
  if (typeof value === 'string' && valueIn(schema, value) === value) return value
  return formOf(schema) === 'string' ? '' : JSON.stringify(value)
}

/** Undefined if the text has no value of that type, or if two parsers could read it differently. */
export function valueIn(schema: ArgumentSchema, typed: string): Json | undefined {
  const form = formOf(schema)
  if (form === 'string') return typed
  const read = jsonIn(typed)
  if (form === 'list') return linesOf(schema, typed) ?? read
  if (form !== 'scalar') return read
  if (read === undefined) return parseJson(typed) === undefined ? typed : undefined
  return takesArgument(schema, read) ? read : typed
}

/** A list of texts, one a line. Texts that look like JSON are written as JSON. */
function linesOf(schema: ArgumentSchema, typed: string): Json | undefined {
  const lines = typed.split('\n').map((line) => line.trim())
  const list = lines.filter((line) => line !== '')
  return !/^[[{]/.test(typed.trim()) && takesArgument(schema, list) ? list : undefined
}

/** The error of each typed text, by argument. */
type Wrong = { [name: string]: string }

/**
 * The arguments of a form.
 * @param typed the text of a field; undefined for an argument without one, which keeps its value
 * @param before the values with which the form was opened. An untouched field keeps its value exactly
 */
export function readArguments(
  { properties, required }: ArgumentsSchema,
  typed: (name: string) => string | undefined,
  before: JsonObject = {},
): { arguments: JsonObject; wrong: Wrong } {
  const [wrong, args]: [Wrong, { [name: string]: Json }] = [{}, {}]
  for (const [name, schema] of Object.entries(properties)) {
    const [text, was] = [typed(name), before[name]]
    const isRequired = required.includes(name)
    if (text === undefined || (was !== undefined && text === textOfValue(schema, was))) {
      if (was !== undefined) args[name] = was
    } else if (text === '' && !(isRequired && mayBeEmpty(schema))) {
      if (isRequired) wrong[name] = 'Fill this in.'
    } else {
      const value = valueIn(schema, text)
      if (value !== undefined && takesArgument(schema, value)) args[name] = value
      else wrong[name] = `It should be: ${boundsOf(schema) || 'true or false'}`
    }
  }
  return { arguments: args, wrong }
}

/** The suggestion in a form, and its errors by field. @param typed the text of a field; undefined if it has none */
export function readSuggestion(
  all: readonly Suggestible[],
  typed: (field: string) => string | undefined,
): { suggest: JsonObject | undefined; wrong: Wrong } {
  const wrong: Wrong = {}
  const read = all.map((each) => {
    const own = (name: string) => (each.names.includes(name) ? typed(suggestField(each, name)) : undefined)
    const found = readArguments(each.schema, own, each.arguments)
    for (const [name, why] of Object.entries(found.wrong)) wrong[suggestField(each, name)] = why
    return { ...each, arguments: found.arguments }
  })
  return { suggest: suggestionOf(all, read), wrong }
}
