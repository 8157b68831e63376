// Rules: test/operations/previews/read-state.test.ts
import type { Json, JsonObject } from '../values.ts'

/** The attributes and values of `SET a = :a, #b = :b`; undefined for any other expression. */
export function attributesSet(args: JsonObject): ReadonlyMap<string, JsonObject> | undefined {
  const [, clauses] = /^\s*SET\s+(.*)$/is.exec(String(args['UpdateExpression'])) ?? []
  const names = Object(args['ExpressionAttributeNames']) as JsonObject
  const values = Object(args['ExpressionAttributeValues']) as JsonObject
  const set = new Map<string, JsonObject>()
  for (const clause of clauses?.split(',') ?? []) {
    const [, path = '', placeholder = ''] = /^\s*(#?\w+)\s*=\s*(:\w+)\s*$/.exec(clause) ?? []
    const name = path.startsWith('#') ? names[path] : path
    const value = values[placeholder]
    if (typeof name !== 'string' || name === '' || typeof value !== 'object' || value === null) return undefined
    set.set(name, value as JsonObject)
  }
  return set.size > 0 ? set : undefined
}

/**
 * Both sides of an update of a DynamoDB item: for an expression that only sets, the attributes that it sets; for
 * others, the whole item and the expression itself.
 */
export function compareUpdate(args: JsonObject, item: Json | undefined): { before?: Json; after: Json } {
  const after = attributesSet(args)
  if (!after) return { ...(item !== undefined && { before: item }), after: args['UpdateExpression'] ?? '' }
  const there = [...after.keys()].filter((name) => Object.hasOwn(Object(item ?? {}), name))
  const before = Object.fromEntries(there.map((name) => [name, (item as JsonObject)[name] as Json]))
  return { ...(there.length > 0 && { before }), after: Object.fromEntries(after) }
}
