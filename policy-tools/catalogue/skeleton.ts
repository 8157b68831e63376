// Rules: test/policies/catalogue/draft.test.ts
import type { Json, JsonObject } from '../../functions/domain/values.ts'

/** A skeleton has one member, `KeyName`, for a map whose members the caller names. */
const openMap = {
  type: 'object',
  additionalProperties: true,
  maxProperties: 'TODO: how many members',
  propertyNames: { maxLength: 'TODO: the longest name; and a `pattern`, if you know the names' },
}

/**
 * The schema of an argument by its value in a skeleton of a call, in which each member has a value of its type. The bounds
 * are the author's.
 */
export function schemaOf(value: Json): JsonObject {
  if (typeof value === 'boolean') return { type: 'boolean' }
  if (typeof value === 'number' && Number.isInteger(value))
    return { type: 'integer', minimum: 'TODO: the least that may be asked for', maximum: 'TODO: the most' }
  if (typeof value === 'number')
    return { type: 'number', minimum: 'TODO: the least that may be asked for', maximum: 'TODO: the most' }
  if (Array.isArray(value))
    return { type: 'array', items: schemaOf(value[0] ?? ''), maxItems: 'TODO: how many, at most 100' }
  if (typeof value === 'object' && value !== null && Object.keys(value).join() === 'KeyName') return openMap
  if (typeof value === 'object' && value !== null) {
    const properties = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, schemaOf(each)]))
    return { type: 'object', additionalProperties: false, properties, required: [] }
  }
  return { type: 'string', maxLength: 1024 }
}
