import type { Json, JsonObject } from '../../../functions/domain/values.ts'
import { modelOf } from '../../../functions/targets/aws/models/models.ts'
import type { ReadModel } from '../../../functions/targets/aws/models/read-model.ts'

/** The wrong members of a call or an answer, by the SDK's published model of the operation. */
export function wrongBy(operation: string, at: 'input' | 'output', value: JsonObject): readonly string[] {
  const model = modelOf(operation, [])
  if (!model) throw new Error(`no model of ${operation}`)
  return wrongAt(model, model.shapes[model.operation]?.[at === 'input' ? 2 : 3], value, at)
}

const [textual, numeric, boolean, list, map] = [0, 1, 2, 64, 128]
const isRef = (place: unknown): place is { $: string } => typeof place === 'object' && place !== null && '$' in place

function wrongAt(model: ReadModel, of: unknown, value: Json, path: string): readonly string[] {
  // A simple list or map stands in its place, in the SDK's own form. Else a list is a member with traits of its own.
  const isInline = Array.isArray(of) && typeof of[1] === 'string' && typeof of[2] === 'string'
  const place = Array.isArray(of) && !isInline ? of[0] : of
  const shape = isInline ? [of[0], ...of.slice(3)] : isRef(place) ? model.shapes[place.$] : undefined
  if (!shape) return wrongSimple(place, value) ? [`${path} has the wrong type`] : []
  const [kind, , names, places, required = 0] = shape as [number, unknown, string[], unknown[], number?]
  if (kind === 3) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path} is no structure`]
    const lacking = names.slice(0, required).filter((name) => !Object.hasOwn(value, name))
    return [
      ...lacking.map((name) => `${path}.${name} is missing`),
      ...Object.entries(value as JsonObject).flatMap(([name, each]) => {
        const index = names.indexOf(name)
        return index < 0 ? [`${path}.${name} is not known`] : wrongAt(model, places[index], each, `${path}.${name}`)
      }),
    ]
  }
  if (kind === 1)
    return Array.isArray(value)
      ? (value as Json[]).flatMap((each, at) => wrongAt(model, names, each, `${path}[${at}]`))
      : [`${path} is no list`]
  if (kind === 2)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([name, each]) => wrongAt(model, places, each as Json, `${path}.${name}`))
      : [`${path} is no map`]
  return []
}

function wrongSimple(type: unknown, value: Json): boolean {
  if (typeof type !== 'number') return false
  if (type >= map)
    return (
      typeof value !== 'object' || value === null || Object.values(value).some((each) => wrongSimple(type - map, each))
    )
  if (type >= list) return !Array.isArray(value) || (value as Json[]).some((each) => wrongSimple(type - list, each))
  if (type === textual) return typeof value !== 'string'
  if (type === numeric) return typeof value !== 'number'
  return type === boolean && typeof value !== 'boolean'
}
