import { canonicalForm } from '../digest.ts'
import type { Json, JsonObject, NumericDate, Resource } from '../values.ts'

export type Right = {
  action: string
  arguments: JsonObject
  resource: Resource
  uses: number
  notAfter: NumericDate
}

/**
 * Whether one right is at most another. Leaving an argument out is a different value.
 * @param narrowable the arguments that the catalogue lets be narrowed
 */
export function within(child: Right, parent: Right, narrowable: readonly string[]): boolean {
  return (
    child.action === parent.action &&
    child.resource.type === parent.resource.type &&
    child.resource.id === parent.resource.id &&
    argumentsWithin(child.arguments, parent.arguments, narrowable) &&
    child.uses <= parent.uses &&
    child.notAfter <= parent.notAfter
  )
}

export function argumentsWithin(child: JsonObject, parent: JsonObject, narrowable: readonly string[]): boolean {
  const held = Object.entries(child)
  return (
    held.length === Object.keys(parent).length &&
    held.every(
      ([name, value]) => Object.hasOwn(parent, name) && below(value, parent[name] as Json, narrowable.includes(name)),
    )
  )
}

/** Whether a list has lost items, and those that are left are in their order. */
function isPartOf(child: readonly Json[], parent: readonly Json[]): boolean {
  let at = 0
  for (const each of parent) if (at < child.length && canonicalForm(child[at] as Json) === canonicalForm(each)) at += 1
  return at === child.length
}

function below(child: Json, parent: Json, narrows: boolean): boolean {
  if (narrows && typeof child === 'number' && typeof parent === 'number') return child <= parent
  if (narrows && Array.isArray(child) && Array.isArray(parent)) return isPartOf(child, parent)
  return canonicalForm(child) === canonicalForm(parent)
}
