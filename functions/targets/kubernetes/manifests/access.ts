// Rules: test/targets/kubernetes/export.test.ts
import type { Json } from '../../../domain/values.ts'
import { groupOfRead, ownGroups } from '../rules/act.ts'
import { type Cluster, type KubernetesEntry, type Part, type ReadSet, readSets } from '../rules/entry.ts'
import { revocations } from './admission.ts'

const rbac = 'rbac.authorization.k8s.io'
type Annotations = { readonly [name: string]: string }
type Right = { group: string; resource: string; verbs: readonly string[]; names?: readonly string[] }

/** The rights to read of each set, without secrets. `watch` is a list that stays open. */
const reads: { readonly [set in ReadSet]: readonly (readonly [group: string, ...resources: readonly string[]])[] } = {
  workloads: [
    ['', 'endpoints', 'events', 'persistentvolumeclaims', 'pods', 'replicationcontrollers', 'services'],
    ['apps', 'daemonsets', 'deployments', 'deployments/scale', 'replicasets', 'statefulsets', 'statefulsets/scale'],
    ['autoscaling', 'horizontalpodautoscalers'],
    ['batch', 'cronjobs', 'jobs'],
    ['policy', 'poddisruptionbudgets'],
  ],
  logs: [['', 'pods', 'pods/log']],
  config: [['', 'configmaps']],
}
const readVerbs = ['get', 'list', 'watch']

/** The namespace, the empty revocations, and the roles: one for each group of a token, in each namespace. */
export function accessOf(entries: readonly KubernetesEntry[], cluster: Cluster, annotations: Annotations): Json[] {
  const { namespaces, ownNamespace } = cluster
  const parts = entries.flatMap(({ kubernetes, credential }) => (kubernetes ? [{ part: kubernetes, credential }] : []))
  const namespaced = parts.filter(({ part }) => part.namespace !== undefined)
  const wide = parts.filter(({ part }) => part.namespace === undefined)
  const rightsOf = (of: typeof parts) => ({
    permit: of.flatMap(({ part, credential }) => (credential === 'mediated' ? [] : writesOf(part))),
    [ownGroups.call]: of.flatMap(({ part, credential }) => (credential === 'mediated' ? callsOf(part) : [])),
    [ownGroups.read]: of.flatMap(({ part, credential }) => readingsOf(part, credential)),
  })
  const role = (kind: string, name: string, namespace: string | undefined, group: string, rights: readonly Right[]) =>
    roleAndBinding(kind, name, namespace, group, rights, annotations)
  return [
    ...namespaces.flatMap((namespace) => [
      ...Object.entries(rightsOf(namespaced)).flatMap(([group, rights]) =>
        role('Role', `hotwork-${group}`, namespace, group, rights),
      ),
      ...readSets.flatMap((set) =>
        role('Role', `hotwork-read-${set}`, namespace, groupOfRead(namespace, set), rightsToRead(set, entries)),
      ),
    ]),
    ...Object.entries(rightsOf(wide)).flatMap(([group, rights]) =>
      role('ClusterRole', `hotwork-${group}`, undefined, group, rights),
    ),
    ...role('Role', 'hotwork-revoker', ownNamespace, ownGroups.end, [
      { group: '', resource: 'configmaps', verbs: ['get', 'patch', 'update'], names: [revocations] },
    ]),
  ]
}

export const foundationOf = ({ ownNamespace }: Cluster, annotations: Annotations): Json[] => [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ownNamespace, annotations } },
  {
    ...{ apiVersion: 'v1', kind: 'ConfigMap' },
    metadata: { name: revocations, namespace: ownNamespace, annotations },
  },
]

const nameOf = ({ resource, subresource }: Part): string =>
  subresource === undefined ? resource : `${resource}/${subresource}`

const writesOf = (part: Part): readonly Right[] => {
  const verbs = part.verbs.filter((verb) => ['update', 'patch', 'delete'].includes(verb))
  return part.operation === undefined ? [] : [{ group: part.group, resource: nameOf(part), verbs }]
}

/** The call itself, and the readings that it needs. */
function callsOf(part: Part): readonly Right[] {
  const { group, resource, mediated } = part
  if (mediated?.call === 'evict')
    return [
      { group: '', resource: 'pods/eviction', verbs: ['create'] },
      { group: '', resource: 'pods', verbs: ['get'] },
    ]
  return [
    { group, resource: nameOf(part), verbs: ['get', 'patch'] },
    ...(mediated?.call === 'undo' ? [{ group, resource: 'replicasets', verbs: ['get', 'list'] }] : []),
    ...(part.subresource === undefined ? [] : [{ group, resource, verbs: ['get'] }]),
  ]
}

/** Readings for previews, and the dry run of a mediated patch, which admission holds to being one. */
function readingsOf(part: Part, credential: string): readonly Right[] {
  const { group, resource, mediated, read } = part
  if (read !== undefined || isSecret(part)) return []
  const tries = credential === 'mediated' && mediated?.call !== 'evict'
  return [
    { group, resource, verbs: ['get'] },
    ...(part.subresource === undefined || mediated?.call === 'evict'
      ? []
      : [{ group, resource: nameOf(part), verbs: ['get'] }]),
    ...(tries ? [{ group, resource: nameOf(part), verbs: ['patch'] }] : []),
    ...(mediated?.call === 'undo' ? [{ group, resource: 'replicasets', verbs: ['get', 'list'] }] : []),
  ]
}

const isSecret = ({ group, resource }: { group: string; resource: string }) => group === '' && resource === 'secrets'

function rightsToRead(set: ReadSet, entries: readonly KubernetesEntry[]): readonly Right[] {
  const listed = reads[set].flatMap(([group, ...names]) =>
    names.map((resource) => ({ group, resource, verbs: resource.endsWith('/log') ? ['get'] : readVerbs })),
  )
  // The resources of the catalogue too, such as those of a custom kind.
  const ofEntries = entries.flatMap(({ kubernetes: part }) =>
    part === undefined || part.namespace === undefined || part.subresource === 'eviction' || isSecret(part)
      ? []
      : [{ group: part.group, resource: nameOf(part), verbs: readVerbs, set: part.read ?? setOf(part) }],
  )
  return [...listed, ...ofEntries.filter((each) => each.set === set && !each.resource.endsWith('/log'))]
}

/** The set that has a resource. */
export const setOf = ({ group, resource }: { group: string; resource: string }): ReadSet =>
  group === '' && resource === 'configmaps' ? 'config' : 'workloads'

function roleAndBinding(
  kind: string,
  name: string,
  namespace: string | undefined,
  group: string,
  rights: readonly Right[],
  annotations: Annotations,
): Json[] {
  if (rights.length === 0) return []
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }), annotations }
  return [
    { apiVersion: `${rbac}/v1`, kind, metadata, rules: rulesOf(rights) },
    {
      ...{ apiVersion: `${rbac}/v1`, kind: `${kind}Binding`, metadata },
      roleRef: { apiGroup: rbac, kind, name },
      subjects: [{ apiGroup: rbac, kind: 'Group', name: `hotwork:${group}` }],
    },
  ]
}

/** One rule for each group of the API with the same verbs. */
function rulesOf(rights: readonly Right[]): Json[] {
  const verbsOf = new Map<string, Set<string>>()
  for (const { group, resource, verbs, names } of rights) {
    const key = JSON.stringify([group, resource, names ?? null])
    verbsOf.set(key, new Set([...(verbsOf.get(key) ?? []), ...verbs]))
  }
  const rules = new Map<string, string[]>()
  for (const [key, verbs] of [...verbsOf].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const [group, resource, names] = JSON.parse(key) as [string, string, string[] | null]
    const same = JSON.stringify([group, [...verbs].toSorted(), names])
    rules.set(same, [...(rules.get(same) ?? []), resource])
  }
  return [...rules].map(([key, resources]) => {
    const [group, verbs, names] = JSON.parse(key) as [string, string[], string[] | null]
    return { apiGroups: [group], resources, verbs, ...(names === null ? {} : { resourceNames: names }) }
  })
}
