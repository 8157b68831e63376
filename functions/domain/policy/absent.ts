// Rules: test/policies/catalogue.test.ts
import type { JsonObject } from '../values.ts'
import type { ArgumentSchema, ArgumentsSchema } from './arguments.ts'

/** Null is absent to IAM and to Cedar, so it pins nothing. */
export const isAbsent = (args: JsonObject, name: string): boolean => (args[name] ?? null) === null

export function mayBeAbsent({ properties, required }: ArgumentsSchema, name: string): boolean {
  const schema = properties[name]
  return schema === undefined || !required.includes(name) || isNullable(schema)
}

export const isNullable = (schema: ArgumentSchema): boolean =>
  'type' in schema && Array.isArray(schema.type) && schema.type.includes('null')
