import type { Json, JsonObject } from '../../functions/domain/values.ts'
import type { Act } from '../../functions/targets/kubernetes/rules/act.ts'
import type { Part } from '../../functions/targets/kubernetes/rules/entry.ts'
import { bodyOf, callOf, elsewhere, merge, pathOf } from './acts.ts'
import type { Call } from './cluster.ts'

/** Calls near an approved act, by a seeded generator: each differs from it in one to three places. */

export type Random = () => number

/** Mulberry32. */
export function randomOf(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)] as T

const strategic = 'application/strategic-merge-patch+json'
const jsonPatch = 'application/json-patch+json'
const apply = 'application/apply-patch+yaml'

/** A value beside the approved one. */
function valueNear(random: Random, value: Json): Json {
  if (typeof value === 'number') return pick(random, [0, value + 1, value - 1, value * 10, -1, String(value), null])
  if (typeof value === 'boolean') return pick(random, [!value, null, String(value), 0])
  return pick(random, ['', `${value}x`, String(value).toUpperCase(), ` ${value}`, null, `${value}\nfields=1`, 0])
}

/** Members that no act of the library sets. */
const extras: readonly JsonObject[] = [
  { metadata: { labels: { extra: 'x' } } },
  { metadata: { labels: { app: 'other' } } },
  { metadata: { labels: null } },
  { metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } } },
  { metadata: { annotations: { 'deployment.kubernetes.io/revision': '9' } } },
  { metadata: { finalizers: ['example.com/held'] } },
  { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'x' }] } },
  {
    metadata: {
      managedFields: [
        {
          manager: 'argocd',
          operation: 'Apply',
          apiVersion: 'apps/v1',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:spec': {} },
        },
      ],
    },
  },
  { spec: { paused: true } },
  { spec: { minReadySeconds: 30 } },
  { spec: { revisionHistoryLimit: 0 } },
  { spec: { schedule: '* * * * *' } },
  { spec: { concurrencyPolicy: 'Replace' } },
  { spec: { activeDeadlineSeconds: 5 } },
  { spec: { template: { spec: { hostNetwork: true } } } },
  { spec: { template: { metadata: { annotations: { x: 'y' } } } } },
  { spec: { template: { spec: { serviceAccountName: 'admin' } } } },
  { spec: { scaleTargetRef: { name: 'other' } } },
  { data: { other: 'changed' } },
  { data: { added: 'x' } },
  { data: { other: null } },
  { binaryData: { x: 'eA==' } },
  { immutable: true },
]

/** Members of both; the second wins. */
export function joined(one: JsonObject, other: JsonObject): JsonObject {
  const isObject = (value: Json | undefined): value is JsonObject =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  return Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((name) => {
      const [a, b] = [one[name], other[name]]
      return [name, isObject(a) && isObject(b) ? joined(a, b) : (b ?? (name in other ? null : (a ?? null)))]
    }),
  )
}

const subresources: { readonly [resource: string]: readonly (string | undefined)[] } = {
  deployments: [undefined, 'scale', 'status'],
  pods: [undefined, 'status', 'eviction', 'exec', 'ephemeralcontainers'],
}

type Draft = { act: Act; fields: { readonly [path: string]: Json }; extra: JsonObject; form: string; query: string }

const moves: readonly ((random: Random, draft: Draft) => Partial<Draft>)[] = [
  (random, { fields }) => {
    const [path, value] = pick(random, [...Object.entries(fields), ['spec.replicas', 1] as const])
    return { fields: { ...fields, [path]: valueNear(random, value) } }
  },
  (random, { extra }) => ({ extra: joined(extra, pick(random, extras)) }),
  (random, { fields }) => {
    const left = Object.entries(fields).filter(() => random() < 0.5)
    return { fields: Object.fromEntries(left), form: pick(random, ['merge', 'put', 'apply']) }
  },
  (_, { act }) => ({ act: { ...act, name: `${act.name}-twin` } }),
  (_, { act }) => ({ act: { ...act, namespace: elsewhere } }),
  (random, { act }) => ({
    act: { ...act, subresource: pick(random, subresources[act.resource] ?? [undefined, 'status']) },
  }),
  (random, { act }) => ({
    act: {
      ...act,
      ...(act.resource === 'horizontalpodautoscalers'
        ? { version: 'v1' }
        : pick(random, [
            { name: 'tried', resource: 'configmaps', group: '', version: 'v1' },
            { name: 'default', resource: 'serviceaccounts', group: '', version: 'v1' },
            { name: 'held', resource: 'secrets', group: '', version: 'v1' },
          ])),
    },
  }),
  (random) => ({ form: pick(random, ['delete', 'create', 'collection', 'apply', 'put', 'json', 'strategic']) }),
  (random) => ({
    query: pick(random, [
      '?fieldManager=argocd&force=true',
      '?fieldManager=kubectl',
      '?propagationPolicy=Orphan',
      '?gracePeriodSeconds=0',
      '?fieldValidation=Ignore',
    ]),
  }),
]

/** @param now the present object, for a replacement as a whole */
export function drawCall(random: Random, act: Act, part: Part, now: JsonObject): Call {
  let draft: Draft = { act, fields: act.fields, extra: {}, form: 'merge', query: '' }
  if (act.operation === 'DELETE') draft = { ...draft, form: 'delete' }
  const times = 1 + Math.floor(random() * 3)
  for (let time = 0; time < times; time++) draft = { ...draft, ...pick(random, moves)(random, draft) }
  return written(random, draft, part, now)
}

function written(random: Random, { act, fields, extra, form, query }: Draft, part: Part, now: JsonObject): Call {
  const path = pathOf(act)
  const body = joined(bodyOf(fields), extra)
  const collection = pathOf({ ...act, subresource: undefined }).replace(/\/[^/]*$/, '')
  switch (form) {
    case 'delete': {
      const options = pick(random, [
        {},
        part.options ?? {},
        { propagationPolicy: 'Foreground' },
        { gracePeriodSeconds: 0 },
        { orphanDependents: true },
      ])
      return {
        ...callOf({ ...act, operation: 'DELETE' }, part),
        path: `${path}${query}`,
        body: { kind: 'DeleteOptions', apiVersion: 'v1', ...options },
      }
    }
    case 'collection':
      return { method: 'DELETE', path: `${collection}${query}` }
    case 'create': {
      const fresh = joined(
        now,
        joined(body, {
          metadata: { name: `${act.name}-${Math.floor(random() * 1e9)}`, resourceVersion: null, uid: null },
        }),
      )
      return { method: 'POST', path: collection, body: fresh }
    }
    case 'put':
      return { method: 'PUT', path: `${path}${query}`, body: joined(now, body) }
    case 'apply': {
      const { apiVersion = null, kind = null } = now
      const forced = query === '' ? `?fieldManager=${pick(random, ['agent', 'argocd'])}&force=true` : query
      return {
        method: 'PATCH',
        path: `${path}${forced}`,
        type: apply,
        body: { apiVersion, kind, ...joined(body, { metadata: { name: act.name } }) },
      }
    }
    case 'json':
      return { method: 'PATCH', path: `${path}${query}`, type: jsonPatch, body: operations(random, fields, extra) }
    case 'strategic': {
      const directive = pick(random, [
        {},
        { spec: { $patch: 'replace' } },
        { metadata: { labels: { $patch: 'delete' } } },
        { $retainKeys: ['metadata'] },
      ])
      return { method: 'PATCH', path: `${path}${query}`, type: strategic, body: joined(body, directive as JsonObject) }
    }
    default:
      return { method: 'PATCH', path: `${path}${query}`, type: merge, body }
  }
}

/** JSON Patch of the same members, with one operation more or less. */
function operations(random: Random, fields: Draft['fields'], extra: JsonObject): Json[] {
  const pointer = (names: readonly string[]) =>
    names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  const leaves = (value: Json, names: readonly string[]): { names: readonly string[]; value: Json }[] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value as JsonObject).flatMap(([name, each]) => leaves(each, [...names, name]))
      : [{ names, value }]
  const set = leaves(joined(bodyOf(fields), extra), []).map(({ names, value }) => ({
    op: pick(random, ['add', 'replace']),
    path: pointer(names),
    value,
  }))
  const odd = pick(random, [
    { op: 'remove', path: '/metadata/labels' },
    { op: 'remove', path: '/data/other' },
    { op: 'copy', from: '/metadata/name', path: '/metadata/labels/copied' },
    { op: 'move', from: '/metadata/labels/app', path: '/metadata/labels/moved' },
    { op: 'add', path: '/metadata/labels', value: {} },
    { op: 'test', path: '/kind', value: 'Nothing' },
  ])
  return random() < 0.5 ? [...set, odd] : set
}
