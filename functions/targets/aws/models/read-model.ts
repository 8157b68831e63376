// Rules: test/targets/aws/models/models.test.ts

/** The data of an AWS service that its calls need, from AWS's SDK. */
type Service = {
  /** The SDK's name of its protocol, and the protocol's settings. */
  protocol: string
  settings: { readonly [name: string]: unknown }
  /** The SDK's id of the service, by which the environment may name another endpoint. */
  service: string
  /** By partition. `region`: the Region for which all calls of a global service are signed. */
  endpoints: { readonly [partition: string]: { url: string; signs: string; region?: string } }
  /** The SDK's names of errors by their codes on the wire, where the two differ. */
  errors: { readonly [code: string]: string }
  /** The SDK's static schemas by name, without namespace and name. `{ "$": "Name" }` refers to another. */
  shapes: { readonly [name: string]: readonly unknown[] }
}

/** Data by which one operation of AWS is called without a client of its service. */
export type ReadModel = Service & { operation: string }

/** `operations`: only reads. `runs`: the operations that start and stop runs. */
export type ServiceModel = Service & { operations: readonly string[]; runs?: readonly string[] }

export type ShapeRef = { readonly $: string }

const isShapeRef = (value: unknown): value is ShapeRef => typeof value === 'object' && value !== null && '$' in value

/** Structures, unions and errors: the SDK's schemas with two lists, of names and of places. */
const listsMembers = (kind: unknown): boolean => kind === 3 || kind === 4 || kind === -3

/** Replaces each place of a schema: a simple type, another schema, or one of both with the traits of a member. */
export function mapPlaces(shape: readonly unknown[], map: (place: unknown) => unknown): readonly unknown[] {
  const [kind, traits, ...rest] = shape
  const mapPlace = (place: unknown) => (Array.isArray(place) ? [map(place[0]), ...place.slice(1)] : map(place))
  if (!listsMembers(kind)) return [kind, traits, ...rest.map(mapPlace)]
  const [names, places, ...others] = rest
  return [kind, traits, names, (places as unknown[]).map(mapPlace), ...others]
}

/** The shapes that an operation needs. */
export function shapesFrom(shapes: Service['shapes'], operation: string): Service['shapes'] {
  const found: { [name: string]: readonly unknown[] } = {}
  const visit = (name: string): void => {
    const shape = shapes[name]
    if (!shape || found[name]) return
    found[name] = shape
    mapPlaces(shape, (place) => {
      if (isShapeRef(place)) visit(place.$)
      return place
    })
  }
  visit(operation)
  return found
}

/** The members of a structure, and how many of them, from the first on, a call must have. */
export function membersOf({ shapes, operation }: ReadModel, at: 'input' | 'output') {
  const place = shapes[operation]?.[at === 'input' ? 2 : 3]
  const [, , names = [], , required = 0] = (isShapeRef(place) && shapes[place.$]) || []
  return { names: names as readonly string[], required: required as number }
}

/** The static schema of an operation, in the SDK's own form. */
export function schemaOf({ shapes, operation }: ReadModel): readonly unknown[] {
  const made = new Map<string, readonly unknown[]>()
  const make = (name: string): readonly unknown[] => {
    const known = made.get(name)
    if (known) return known
    const shape = shapes[name]
    if (!shape) throw new TypeError(`a model without the shape \`${name}\``)
    const [kind, ...rest] = mapPlaces(shape, (place) => (isShapeRef(place) ? () => make(place.$) : place))
    const schema = [kind, namespace, name, ...rest]
    made.set(name, schema)
    return schema
  }
  return make(operation)
}

/** Unique, since the SDK would otherwise take error names from any loaded client of that namespace. */
export const namespace = 'hotwork.read'
