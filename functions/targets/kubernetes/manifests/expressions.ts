// Rules: test/targets/kubernetes/export.test.ts
import type { Json } from '../../../domain/values.ts'
import { resourceOf } from '../rules/act.ts'
import type { KubernetesEntry, Part } from '../rules/entry.ts'
import { segmentsOf } from '../rules/paths.ts'
import { kindsOf, type ValueKind } from '../rules/pinned.ts'

/** The expressions by which admission holds a token to its act (CEL, as Kubernetes evaluates it). */

type Leaf = { path: string; inMap: boolean; kinds: ReadonlySet<ValueKind> }
type Tree = { readonly leaf?: Leaf; readonly members: { readonly [name: string]: Tree } }

/** The entries whose tokens say one act of one resource: `UPDATE apps/deployments`. */
export type Acts = { what: string; version: string; entries: readonly KubernetesEntry[] }

/** A JSON text is a literal of CEL too. */
const literal = (text: string): string => JSON.stringify(text)
const list = (names: readonly string[]): string => `[${names.map(literal).join(', ')}]`
const all = (parts: readonly string[]): string => parts.join('\n&& ')

export const whatOf = (part: Part): string => `${part.operation} ${resourceOf(part)}`

/** True if the request is one of these acts, with the values that the token says and no other change. */
export function actExpression({ what, version, entries }: Acts): string {
  const parts = entries.flatMap(({ kubernetes }) => kubernetes ?? [])
  const isDelete = what.startsWith('DELETE ')
  const pinned = [`request.resource.version == ${literal(version)}`, ...guardOf(parts), optionsOf(parts, isDelete)]
  if (isDelete) return all(pinned)
  const tree = treeOf(entries)
  const leaves = leavesOf(tree, [])
  return all([
    ...pinned,
    same(tree, []),
    ...leaves.map(({ names, leaf }) => `(${at('object', names)} == ${at('oldObject', names)} || ${said(leaf, names)})`),
    // A token for two fields must not set one of them alone.
    `("hotwork:fields=" + string(${leaves.map(({ names, leaf }) => `(${said(leaf, names)} ? 1 : 0)`).join(' + ')})) in variables.groups`,
    claims(tree),
  ])
}

/** The optional value at a path. Members are quoted, since some are words of CEL. */
const at = (object: string, names: readonly string[]): string =>
  `${object}${names.map((name) => `[?${literal(name)}]`).join('')}`

/** True if the token says the value that the object gets. */
function said({ path, inMap, kinds }: Leaf, names: readonly string[]): string {
  const value = at('object', names)
  // Zero is absent: the API server leaves it out.
  const zero = { int: '0', bool: 'false', string: '""' }
  const of = (kind: ValueKind) => (inMap ? `${value}.value()` : `${value}.orValue(${zero[kind]})`)
  const each = [...kinds].toSorted().map((kind) => {
    const text = kind === 'string' ? of(kind) : `string(${of(kind)})`
    return `type(${of(kind)}) == ${kind} && (${literal(`hotwork:field:${path}=`)} + ${text}) in variables.groups`
  })
  const any = each.length === 1 ? each.join('') : each.map((one) => `(${one})`).join(' || ')
  return inMap ? `(${value}.hasValue() && (${any}))` : `(${any})`
}

/** The members that a server or a controller may change with any write. */
const free: { readonly [path: string]: readonly string[] } = {
  '': ['status'],
  metadata: ['managedFields', 'resourceVersion', 'generation'],
}

/** True if both objects are equal but for the leaves of the tree. */
function same(tree: Tree, names: readonly string[]): string {
  const [now, before] = [mapAt('object', names), mapAt('oldObject', names)]
  const skipped = [...(free[names.join('.')] ?? []), ...Object.keys(tree.members)]
  return all([equal(now, before, skipped), ...innerOf(tree).map(([name, each]) => same(each, [...names, name]))])
}

const mapAt = (object: string, names: readonly string[]): string =>
  names.length === 0 ? object : `${at(object, names)}.orValue({})`

function equal(now: string, before: string, skipped: readonly string[]): string {
  if (skipped.length === 0) return `${now} == ${before}`
  const skip = list(skipped.toSorted())
  return all([
    `${now}.all(k, k in ${skip} || (k in ${before} && ${before}[k] == ${now}[k]))`,
    `${before}.all(k, k in ${skip} || k in ${now})`,
  ])
}

/**
 * True if no manager that applies gains or loses a claim beyond the act's own fields. Otherwise a token could write that
 * `argocd` owns a field, and the next apply by it would drop the field.
 */
function claims(tree: Tree): string {
  const [now, before] = ['object', 'oldObject'].map((each) => `${at(each, ['metadata', 'managedFields'])}.orValue([])`)
  const isOf = (one: string, other: string) =>
    `${one}.operation == "Apply" && ${one}.manager == ${other}.manager && ${one}[?"subresource"] == ${other}[?"subresource"]`
  const fields = (each: string) => `${each}[?"fieldsV1"].orValue({})`
  return all([
    `${now}.all(m, m.operation != "Apply" || ${before}.exists(w, ${isOf('w', 'm')} && ${sameClaims(tree, fields('m'), fields('w'))}))`,
    `${before}.all(w, w.operation != "Apply" || ${now}.exists(m, ${isOf('m', 'w')}) || (${ownClaims(tree, fields('w'))}))`,
  ])
}

const innerOf = ({ members }: Tree): readonly (readonly [name: string, tree: Tree])[] =>
  Object.entries(members)
    .filter(([, { leaf }]) => !leaf)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))

const claimOf = (of: string, name: string) =>
  `${of.replace(/\.orValue\(\{\}\)$/, '')}[?${literal(`f:${name}`)}].orValue({})`
const claimsOf = ({ members }: Tree): readonly string[] => Object.keys(members).map((name) => `f:${name}`)

/** True if the claims differ in the act's own fields alone, and only by a loss. */
const sameClaims = (tree: Tree, now: string, before: string): string =>
  [
    equal(now, before, claimsOf(tree)),
    ...Object.entries(tree.members).flatMap(([name, { leaf }]) =>
      leaf ? [`(!(${literal(`f:${name}`)} in ${now}) || ${literal(`f:${name}`)} in ${before})`] : [],
    ),
    ...innerOf(tree).map(([name, each]) => sameClaims(each, claimOf(now, name), claimOf(before, name))),
  ].join(' && ')

/** True if all claims are of the act's own fields. */
const ownClaims = (tree: Tree, before: string): string =>
  [
    `${before}.all(k, k in ${list(claimsOf(tree).toSorted())})`,
    ...innerOf(tree).map(([name, each]) => ownClaims(each, claimOf(before, name))),
  ].join(' && ')

function guardOf(parts: readonly Part[]): readonly string[] {
  const members = [...new Set(parts.flatMap(({ guard }) => guard ?? []))]
  const held = members.map((name) => `("hotwork:guard=" + string(oldObject.metadata.${name})) in variables.groups`)
  const isFree = '!variables.groups.exists(g, g.startsWith("hotwork:guard="))'
  const ways = [...held, ...(parts.some(({ guard }) => guard === undefined) ? [isFree] : [])]
  return [`(${ways.join(' || ')})`]
}

/** Options that change nothing in the object: names for the record, a check of fields, a dry run, preconditions. */
const freeOptions = ['apiVersion', 'dryRun', 'fieldManager', 'fieldValidation', 'kind', 'preconditions']

/**
 * The API server writes the grace of a pod into the options before admission: the pod's own, or none for a pod that runs
 * nowhere.
 */
const ownGrace = [
  'request.options.gracePeriodSeconds == oldObject[?"spec"][?"terminationGracePeriodSeconds"].orValue(-1)',
  'request.options.gracePeriodSeconds == oldObject.metadata[?"deletionGracePeriodSeconds"].orValue(-1)',
  '(request.options.gracePeriodSeconds == 0 && (!oldObject[?"spec"][?"nodeName"].hasValue() || oldObject[?"status"][?"phase"].orValue("") in ["Failed", "Succeeded"]))',
].join(' || ')

function optionsOf(parts: readonly Part[], isDelete: boolean): string {
  const isPod = isDelete && parts.every(({ group, resource }) => `${group}/${resource}` === '/pods')
  const ways = parts.map(({ options = {} }) => {
    const named = Object.keys(options).toSorted()
    const loose = [...new Set([...freeOptions, ...named])].filter((name) => isDelete || name !== 'preconditions')
    const isGrace =
      isPod && !named.includes('gracePeriodSeconds') ? ` || (k == "gracePeriodSeconds" && (${ownGrace}))` : ''
    return [
      `request.options.all(k, k in ${list(loose.toSorted())}${isGrace})`,
      ...named.map((name) => `request.options[?${literal(name)}] == optional.of(${celOf(options[name] ?? null)})`),
    ].join(' && ')
  })
  return `(${[...new Set(ways)].toSorted().join(' || ')})`
}

const celOf = (value: Json): string => JSON.stringify(value)

function treeOf(entries: readonly KubernetesEntry[]): Tree {
  let tree: Tree = { members: { metadata: { members: {} } } }
  for (const { kubernetes, arguments: schema } of entries)
    for (const [path, template] of Object.entries(kubernetes?.fields ?? {})) {
      const segments = segmentsOf(path) ?? []
      const inMap = segments.at(-1)?.inMap ?? false
      const names = segments.map(({ name }) => name)
      tree = planted(tree, names, { path, inMap, kinds: new Set(kindsOf(template, schema) ?? []) })
    }
  return tree
}

function planted(tree: Tree, [name, ...rest]: readonly string[], leaf: Leaf): Tree {
  if (name === undefined)
    return { members: {}, leaf: { ...leaf, kinds: new Set([...leaf.kinds, ...(tree.leaf?.kinds ?? [])]) } }
  const below = Object.hasOwn(tree.members, name) ? tree.members[name] : undefined
  return { members: { ...tree.members, [name]: planted(below ?? { members: {} }, rest, leaf) } }
}

function leavesOf(
  { members, leaf }: Tree,
  names: readonly string[],
): readonly { names: readonly string[]; leaf: Leaf }[] {
  if (leaf) return [{ names, leaf }]
  return Object.entries(members)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, each]) => leavesOf(each, [...names, name]))
}
