// Rules: test/targets/kubernetes/reach.test.ts
import { argumentsOfRead } from '../../domain/previews/preview-source.ts'
import type { Json, JsonObject } from '../../domain/values.ts'
import { type Answered, pathOf } from './api.ts'
import type { Act } from './rules/act.ts'
import type { Part } from './rules/entry.ts'

/** The annotation by which a change is found again if its answer is lost. */
export const usedBy = 'hotwork.dev/use'

/** The change of a mediated act, as it is sent. */
export type Change = { method: 'PATCH' | 'POST'; path: string; type: string; body: Json }

export const memberOf = (value: Json | undefined, ...names: readonly string[]): Json | undefined =>
  names.reduce<Json | undefined>((each, name) => {
    const isObject = typeof each === 'object' && each !== null && !Array.isArray(each)
    return isObject && Object.hasOwn(each, name) ? (each as JsonObject)[name] : undefined
  }, value)

/** An argument that is absent leaves its member out: a null would delete it. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, each]) => each !== null)
  return Object.fromEntries(members.map(([name, each]) => [name, withoutNulls(each)]))
}

/**
 * The change of an act.
 * @param seen the object as just read, whose version the change carries
 * @param use written into the object; undefined for a dry run
 * @param get reads a path
 * @returns the reason if there is none
 */
export async function changeOf(
  { part, act, args }: { part: Part; act: Act; args: JsonObject },
  { seen, use, now }: { seen: JsonObject | undefined; use: string | undefined; now: string },
  get: (path: string) => Promise<Answered>,
): Promise<Change | string> {
  const [path, resourceVersion] = [pathOf(act), memberOf(seen, 'metadata', 'resourceVersion')]
  const { mediated } = part
  switch (mediated?.call) {
    case 'patch': {
      const metadata = {
        ...(resourceVersion !== undefined && { resourceVersion }),
        ...(use !== undefined && { annotations: { [usedBy]: use } }),
      }
      const filled = withoutNulls(
        argumentsOfRead({ arguments: mediated.body as JsonObject }, args, { now }),
      ) as JsonObject
      const own = (memberOf(filled, 'metadata') ?? {}) as JsonObject
      const annotations = { ...(memberOf(own, 'annotations') as JsonObject), ...metadata.annotations }
      const body = { ...filled, metadata: { ...own, ...metadata, annotations } }
      return { method: 'PATCH', path, type: 'application/strategic-merge-patch+json', body }
    }
    case 'undo': {
      const revision = String(argumentsOfRead({ arguments: { revision: mediated.revision } }, args)['revision'])
      const template = await templateOf(act, revision, get)
      if (template === undefined) return 'RevisionNotFound'
      const to = (place: string, value: Json) => ({ op: 'add', path: place, value })
      const body = [
        to('/spec/template', template),
        ...(use === undefined ? [] : [to(`/metadata/annotations/${usedBy.replace('/', '~1')}`, use)]),
        ...(resourceVersion === undefined ? [] : [to('/metadata/resourceVersion', resourceVersion)]),
      ]
      return { method: 'PATCH', path, type: 'application/json-patch+json', body }
    }
    case 'evict': {
      const uid = memberOf(seen, 'metadata', 'uid')
      const metadata = { name: act.name, namespace: act.namespace ?? null }
      const deleteOptions = uid === undefined ? {} : { preconditions: { uid } }
      const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata, deleteOptions }
      return { method: 'POST', path, type: 'application/json', body }
    }
    default:
      return 'NotMediated'
  }
}

/** The pod template of a deployment's revision, as `kubectl rollout undo` takes it from its ReplicaSet. */
async function templateOf(act: Act, revision: string, get: (path: string) => Promise<Answered>) {
  const { body: deployment } = await get(pathOf(act))
  const { body: list } = await get(pathOf({ ...act, resource: 'replicasets', name: undefined, subresource: undefined }))
  const uid = memberOf(deployment, 'metadata', 'uid')
  const items = memberOf(list, 'items')
  const found = (Array.isArray(items) ? (items as readonly Json[]) : []).find((each) => {
    const owners = memberOf(each, 'metadata', 'ownerReferences')
    const isOwned = Array.isArray(owners) && (owners as readonly Json[]).some((owner) => memberOf(owner, 'uid') === uid)
    return isOwned && memberOf(each, 'metadata', 'annotations', 'deployment.kubernetes.io/revision') === revision
  })
  const template = memberOf(found, 'spec', 'template') as JsonObject | undefined
  if (uid === undefined || template === undefined) return undefined
  const metadata = memberOf(template, 'metadata') as JsonObject | undefined
  const labels = Object.entries((memberOf(metadata, 'labels') ?? {}) as JsonObject)
  // The controller adds this label to each ReplicaSet.
  const kept = Object.fromEntries(labels.filter(([name]) => name !== 'pod-template-hash'))
  return { ...template, metadata: { ...metadata, labels: kept } }
}
