// Rules: test/targets/kubernetes/check.test.ts
import type { ArgumentsSchema } from '../../../domain/policy/arguments.ts'
import { placesOf } from '../../../domain/policy/templates.ts'
import type { Json, JsonObject } from '../../../domain/values.ts'
import { actOf, groupsOfAct } from './act.ts'
import { type Cluster, type KubernetesEntry, label, type Part } from './entry.ts'

/** The subresources that carry bytes which no policy sees, hand out a token, or run a program. */
export const neverSubresources = ['attach', 'ephemeralcontainers', 'exec', 'portforward', 'proxy', 'token'] as const

export type ValueKind = 'int' | 'bool' | 'string'
const valueKinds: { readonly [type: string]: ValueKind } = { integer: 'int', boolean: 'bool', string: 'string' }

/**
 * The kinds of values that a template gives: the text `3` is not the number.
 * @returns undefined if it can give a value whose text is not exact
 */
export function kindsOf(template: Json, { properties }: ArgumentsSchema): readonly ValueKind[] | undefined {
  if (typeof template === 'boolean') return ['bool']
  if (typeof template === 'number') return ['int']
  const [, name = ''] = /^\{arguments\.([A-Za-z0-9_]+)\}$/.exec(String(template)) ?? []
  const schema = Object.hasOwn(properties, name) ? properties[name] : undefined
  if (!schema) return ['string']
  const types = 'type' in schema ? [schema.type].flat().filter((type) => type !== 'null') : []
  const kinds = types.flatMap((type) => valueKinds[String(type)] ?? [])
  return kinds.length > 0 && kinds.length === types.length ? kinds : undefined
}

const argumentsIn = (templates: readonly (Json | undefined)[]): readonly string[] =>
  templates.flatMap((each) =>
    typeof each === 'string' ? placesOf(each).map((place) => place.replace(/^arguments\./, '')) : [],
  )

/** The arguments that a token does not hold the agent to. A read is of a whole namespace. */
export function openArguments({ kubernetes, arguments: { properties } }: KubernetesEntry): readonly string[] {
  const { namespace, name, fields = {}, read } = kubernetes ?? {}
  const held = argumentsIn([namespace, ...(read === undefined ? [name, ...Object.values(fields)] : [])])
  return Object.keys(properties).filter((each) => !held.includes(each))
}

/** The templates whose arguments name the object. */
export const namesOf = ({ kubernetes: { namespace, name } = {} as Part }: KubernetesEntry): readonly string[] =>
  [namespace, name].filter((each) => each !== undefined)

/** A DNS-1123 subdomain, the form of most objects' names. */
const subdomain = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/

/** The reason why an object that these arguments name is refused. */
export function whyNotObject(entry: KubernetesEntry, args: JsonObject, at: Cluster | undefined): string | undefined {
  const { kubernetes: part } = entry
  if (!part) return undefined
  const filled = (template: string) =>
    template.replace(/\{arguments\.(\w+)\}/g, (_, name: string) => String(args[name]))
  const [namespace, name] = [part.namespace, part.name].map((each) => each && filled(each))
  if (namespace !== undefined && !label.test(namespace)) return `\`${namespace}\` is no name of a namespace`
  if (name !== undefined && (!subdomain.test(name) || name.includes('..'))) return `\`${name}\` is no name of an object`
  if (namespace === undefined || !at) return undefined
  if (namespace === at.ownNamespace) return `\`${namespace}\` is Hotwork's own namespace`
  return at.namespaces.includes(namespace) ? undefined : `no act is approved in the namespace \`${namespace}\``
}

/** Bytes of a token's groups. */
const mostGroups = 2048
/** Bytes of `permit`, `fields=`, `at=`, the keys of denies, and a guard, at their longest. */
const fixedGroups = 6 + 9 + 13 + 122 + 42

export function groupsTooLarge({ kubernetes: part, credential }: KubernetesEntry, args: JsonObject) {
  const act = part && credential !== 'mediated' ? actOf(part, args) : undefined
  if (!act) return undefined
  const bytes = new TextEncoder().encode(groupsOfAct(act, undefined).join('')).length
  return bytes + fixedGroups > mostGroups ? { what: "the token's groups", most: `${mostGroups} bytes` } : undefined
}
