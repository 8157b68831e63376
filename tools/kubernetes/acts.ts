import { join } from 'node:path'
import { EntryFile } from '../../functions/adapters/policy-folder/file-shapes.ts'
import { placeEntry } from '../../functions/adapters/policy-folder/place-entry.ts'
import type { CredentialId, Json, JsonObject } from '../../functions/domain/values.ts'
import { type Act, actOf, groupsOfAct } from '../../functions/targets/kubernetes/rules/act.ts'
import { revocableBy } from '../../functions/targets/kubernetes/rules/denies.ts'
import type { Cluster, KubernetesEntry, Part } from '../../functions/targets/kubernetes/rules/entry.ts'
import { segmentsOf } from '../../functions/targets/kubernetes/rules/paths.ts'
import { readLibrary } from '../../policy-tools/catalogue/library.ts'
import { type Answer, admin, type Call, type Ground, type Server } from './cluster.ts'

/** The acts of the library, the objects that they are about, and the tokens that production code would give for them. */

export const space = 'payments'
export const elsewhere = 'elsewhere'
export const settings = (audience: string): Cluster => ({
  ...{ server: 'https://cluster.invalid', audience, alg: 'ES256', namespaces: [space], ownNamespace: 'hotwork' },
})

export type Known = KubernetesEntry & { kubernetes: Part; mutates: boolean; args: JsonObject }

/** The library's entries of a cluster, as they compile once their questions are answered. */
export function libraryOf(): readonly Known[] {
  const deployment = { accounts: {}, targets: { cluster: { kind: 'kubernetes', ...settings('x') } } }
  return readLibrary(join(import.meta.dirname, '../../policy-tools/library')).flatMap(({ entry, example }) => {
    if (!entry.name.startsWith('k8s:')) return []
    const answered = JSON.parse(JSON.stringify({ ...entry, target: 'cluster' }).replace(/"TODO[^"]*"/g, '100'))
    const placed = placeEntry(EntryFile.parse(answered), deployment as never, (_, message) => {
      throw new Error(`${entry.name}: ${message}`)
    })
    return placed?.kubernetes ? [{ ...placed, kubernetes: placed.kubernetes, args: example as JsonObject }] : []
  })
}

/** The argument that names an entry's object. */
const nameArgument = ({ kubernetes: { name = '' } }: Known): string => name.slice('{arguments.'.length, -1)
export const named = (entry: Known, name: string): JsonObject => ({ ...entry.args, [nameArgument(entry)]: name })

export function mustAct({ kubernetes }: Known, args: JsonObject): Act {
  const act = actOf(kubernetes, args)
  if (!act) throw new Error('a read has no act')
  return act
}

export const ask = { id: 'req_1', agent: { id: 'agent:nightly' }, owner: 'person:jade' }
export const seconds = (): number => Math.floor(Date.now() / 1000)

/** The groups of a token for an act, as it is issued. */
export const groupsFor = (act: Act, guard: string | undefined): readonly string[] => [
  'permit',
  ...groupsOfAct(act, guard),
  `fields=${Object.keys(act.fields).length}`,
  ...revocableBy(ask as never, 'crd_1' as CredentialId),
  `at=${seconds()}`,
]

export const claimsFor = (ground: Ground, audience: string, groups: readonly string[], user = 'crd_1') => ({
  ...{ iss: ground.issuer, aud: audience, sub: user, jti: user, hw_user: user, hw_groups: groups },
  ...{ iat: seconds(), nbf: seconds() - 10, exp: seconds() + 880 },
})

/** The path of an object, or of its subresource. */
export function pathOf(
  act: Pick<Act, 'group' | 'version' | 'resource' | 'subresource' | 'namespace' | 'name'>,
): string {
  const { group, version, resource, subresource, namespace, name } = act
  const api = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const within = namespace === undefined ? '' : `/namespaces/${namespace}`
  return `${api}${within}/${resource}/${name}${subresource === undefined ? '' : `/${subresource}`}`
}

/** The fields as members within members. */
export function bodyOf(fields: { readonly [path: string]: Json }): JsonObject {
  const body: { [name: string]: Json } = {}
  for (const [path, value] of Object.entries(fields)) {
    const names = (segmentsOf(path) ?? []).map(({ name }) => name)
    names.reduce<{ [name: string]: Json }>((at, name, index) => {
      at[name] = index === names.length - 1 ? value : (at[name] ?? {})
      return at[name] as { [name: string]: Json }
    }, body)
  }
  return body
}

export const merge = 'application/merge-patch+json'

/** The call that an agent makes for an act. */
export const callOf = (act: Act, { options }: Part): Call =>
  act.operation === 'DELETE'
    ? { method: 'DELETE', path: pathOf(act), body: { kind: 'DeleteOptions', apiVersion: 'v1', ...options } }
    : { method: 'PATCH', path: pathOf(act), type: merge, body: bodyOf(act.fields) }

const container = { name: 'web', image: 'registry.example/web:40' }
const template = (labels: JsonObject) => ({ metadata: { labels }, spec: { containers: [container] } })
const job = { template: { spec: { containers: [container], restartPolicy: 'Never' } } }

/** A spec of each resource, in a state that differs from each act of the library. */
const specs: { readonly [resource: string]: (name: string, act: Act) => JsonObject } = {
  deployments: (name) => ({
    kind: 'Deployment',
    spec: { replicas: 2, selector: { matchLabels: { app: name } }, template: template({ app: name }) },
  }),
  cronjobs: (_, { fields }) => ({
    kind: 'CronJob',
    spec: { schedule: '0 3 * * *', suspend: fields['spec.suspend'] === false, jobTemplate: { spec: job } },
  }),
  configmaps: () => ({ kind: 'ConfigMap', data: { 'log-level': 'info', other: 'kept' } }),
  horizontalpodautoscalers: (name) => ({
    kind: 'HorizontalPodAutoscaler',
    spec: { minReplicas: 1, maxReplicas: 5, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name } },
  }),
  pods: () => ({ kind: 'Pod', spec: { containers: [container], nodeName: 'worker-1' } }),
  jobs: () => ({ kind: 'Job', spec: job }),
  nodes: () => ({ kind: 'Node', spec: {} }),
}

/** Replaces the object of an act, as a cluster admin. @returns the object as the act sees it */
export async function madeAnew(server: Server, act: Act, more: JsonObject = {}): Promise<JsonObject> {
  const object = { ...act, subresource: undefined }
  const path = pathOf(object)
  await server.call({
    method: 'DELETE',
    path,
    token: admin,
    body: { gracePeriodSeconds: 0, propagationPolicy: 'Background' },
  })
  const spec = specs[act.resource]?.(act.name, act) ?? {}
  const body = {
    apiVersion: act.group === '' ? act.version : `${act.group}/${act.version}`,
    metadata: { name: act.name, labels: { app: act.name } },
    ...spec,
    ...more,
  }
  const made = await server.call({ method: 'POST', path: path.slice(0, path.lastIndexOf('/')), token: admin, body })
  if (made.status !== 201) throw new Error(`${path} was not made: ${JSON.stringify(made)}`)
  return stateOf(server, act)
}

/** An object as the act sees it: its scale, for an act on that. Nothing can be read of an eviction. */
export async function stateOf(server: Server, act: Act): Promise<JsonObject> {
  const path = pathOf(act.subresource === 'scale' ? act : { ...act, subresource: undefined })
  const { status, body } = await server.call({ method: 'GET', path, token: admin })
  if (status !== 200) throw new Error(`${path} cannot be read: ${status}`)
  return body as JsonObject
}

export const guardIn = ({ guard }: Part, state: JsonObject): string | undefined =>
  guard === undefined ? undefined : String((state['metadata'] as JsonObject)[guard])

/** The reason of a refusal: by the policies, by RBAC or by the token. */
export const refusedBy = ({ status, body: { message = '' } }: Answer): string =>
  status < 300 ? 'let through' : message.includes('hotwork:') && status === 422 ? 'policy' : String(status)
