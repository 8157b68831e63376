// Rules: test/targets/kubernetes/tokens.test.ts
import { argumentsOfRead } from '../../../domain/previews/preview-source.ts'
import type { Json, JsonObject } from '../../../domain/values.ts'
import type { Part, ReadSet } from './entry.ts'

/** One act on one object, as a token says it and as admission sees it. */
export type Act = {
  operation: 'UPDATE' | 'DELETE' | 'CREATE'
  group: string
  version: string
  resource: string
  subresource?: string | undefined
  /** Undefined for a resource without a namespace. */
  namespace?: string | undefined
  name: string
  /** By path: the value that the object gets. */
  fields: { readonly [path: string]: Json }
}

/** The act of an ask; undefined for a read. A field whose argument is absent stays as it is. */
export function actOf(part: Part, args: JsonObject): Act | undefined {
  const { operation, name, namespace, group, version, resource, subresource } = part
  if (operation === undefined || name === undefined) return undefined
  const filled = argumentsOfRead({ arguments: part.fields as JsonObject }, args)
  return {
    ...{ operation, group, version, resource, subresource },
    ...{ namespace: namespace && textIn(namespace, args), name: textIn(name, args) },
    fields: Object.fromEntries(Object.entries(filled).filter(([, value]) => value !== null)),
  }
}

const textIn = (template: string, args: JsonObject): string =>
  String(argumentsOfRead({ arguments: { text: template } }, args)['text'])

/** `apps/deployments/scale`; the core group is empty: `/pods`. */
export const resourceOf = ({ group, resource, subresource }: Pick<Act, 'group' | 'resource' | 'subresource'>): string =>
  [group, resource, ...(subresource === undefined ? [] : [subresource])].join('/')

/**
 * The groups that say an act, without the cluster's prefix `hotwork:`. Each is one fact, with the value last, so that
 * a policy builds the same text from what it sees and asks whether it is there.
 * @param guard of the reading that people saw
 */
export function groupsOfAct(act: Act, guard: string | undefined): readonly string[] {
  const { operation, namespace = '', name, fields } = act
  return [
    `act=${operation} ${resourceOf(act)} ${namespace}/${name}`,
    ...Object.entries(fields).map(([path, value]) => `field:${path}=${textOf(value)}`),
    ...(guard === undefined ? [] : [`guard=${guard}`]),
  ]
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** The group of reads in a namespace. */
export const groupOfRead = (namespace: string, set: ReadSet): string => `read:${namespace}:${set}`

/** The groups of Hotwork's own tokens: each has one purpose, and a Role of its own. */
export const ownGroups = { call: 'call', read: 'reader', end: 'revoker' } as const
