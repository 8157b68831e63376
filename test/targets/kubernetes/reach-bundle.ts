import { cedar } from '../../../functions/adapters/cedar/compile-cedar.ts'
import { openFolder } from '../../../functions/adapters/policy-folder/compile-folder.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { kinds } from '../../../functions/targets/kinds.ts'
import { Copy } from '../../policies/sample.ts'
import { sampleBundle } from '../../support/world.ts'

export const audience = 'payments-cluster'
const settingsWith = (settings: object) => ({
  ...{ server: 'https://cluster.example.org', audience, namespaces: ['payments'], ...settings },
})

/** The sample with a cluster, and without actions there. */
export function bundleWithCluster(settings: object = {}): Bundle {
  const cluster = { ...kinds.kubernetes.settings.parse(settingsWith(settings)), kind: 'kubernetes' as const }
  const bundle = sampleBundle()
  return { ...bundle, deployment: { ...bundle.deployment, targets: { cluster } } }
}

const text = { type: 'string', maxLength: 63, pattern: '^[a-z0-9-]+$' }
const replicas = { type: 'integer', minimum: 0, maximum: 50 }

const common = {
  ...{ group: 'release', tool: 'kubernetes', target: 'cluster', mutates: true, narrowable: [] },
  undo: { possible: true, how: 'set the value before' },
}
const at = { namespace: '{arguments.namespace}', name: '{arguments.deployment}' }
const argumentsOf = (more: object = {}) => ({
  ...{ type: 'object', additionalProperties: false },
  ...{ properties: { namespace: text, deployment: text, ...more } },
  required: ['namespace', 'deployment', ...Object.keys(more)],
})
const path = 'apis/apps/v1/namespaces/{arguments.namespace}/deployments/{arguments.deployment}'
const preview = (action: string, guard: string, more: object = {}) => ({
  ...{ action, arguments: { ...at, ...more }, show: { deployment: 'metadata.name' }, guard: [guard] },
})
const itself = { deployment: '{arguments.deployment}' }

export const scale = {
  ...{ ...common, name: 'k8s:ScaleDeployment', credential: 'cluster_token' },
  title: 'Scale {arguments.deployment} to {arguments.replicas}',
  ...{ arguments: argumentsOf({ replicas }), resource: { type: 'k8s:Deployment', id: `{cluster}/${path}` } },
  kubernetes: {
    ...{ verbs: ['update', 'patch'], operation: 'UPDATE', group: 'apps', resource: 'deployments' },
    ...{ subresource: 'scale', ...at, fields: { 'spec.replicas': '{arguments.replicas}' } },
    guard: 'resourceVersion',
  },
  preview: preview('kubernetes:Get', 'metadata.resourceVersion'),
}
export const label = {
  ...{ ...common, name: 'k8s:LabelDeployment', credential: 'cluster_token' },
  title: 'Label {arguments.deployment} with {arguments.team}',
  ...{ arguments: argumentsOf({ team: text }), resource: scale.resource },
  kubernetes: {
    ...{ verbs: ['patch'], operation: 'UPDATE', group: 'apps', resource: 'deployments', ...at },
    fields: { 'metadata.labels["team"]': '{arguments.team}' },
  },
}
const restartPart = {
  ...{ verbs: ['patch'], operation: 'UPDATE', group: 'apps', resource: 'deployments', ...at },
  ...{ guard: 'resourceVersion' },
}
export const restart = {
  ...{ ...common, name: 'k8s:RestartDeployment', credential: 'mediated' },
  title: 'Restart {arguments.deployment}',
  ...{ arguments: argumentsOf(), resource: scale.resource },
  kubernetes: {
    ...restartPart,
    mediated: {
      call: 'patch',
      body: { spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': '{now}' } } } } },
    },
  },
  preview: preview('kubernetes:DryRun', 'metadata.resourceVersion', itself),
}
export const undo = {
  ...{ ...common, name: 'k8s:UndoDeployment', credential: 'mediated' },
  title: 'Undo {arguments.deployment} to {arguments.revision}',
  ...{ arguments: argumentsOf({ revision: text }), resource: scale.resource },
  kubernetes: { ...restartPart, mediated: { call: 'undo', revision: '{arguments.revision}' } },
  preview: preview('kubernetes:DryRun', 'metadata.resourceVersion', { ...itself, revision: '{arguments.revision}' }),
}
export const evict = {
  ...{ ...common, name: 'k8s:EvictPod', credential: 'mediated' },
  title: 'Evict {arguments.deployment}',
  arguments: argumentsOf(),
  resource: {
    type: 'k8s:Pod',
    id: '{cluster}/api/v1/namespaces/{arguments.namespace}/pods/{arguments.deployment}',
  },
  kubernetes: {
    ...{ verbs: ['create'], operation: 'CREATE', group: '', resource: 'pods', subresource: 'eviction', ...at },
    ...{ guard: 'uid', mediated: { call: 'evict' } },
  },
  preview: preview('kubernetes:Get', 'metadata.uid', { resource: 'pods' }),
}

/** Adds a cluster and its actions, without cases for them, to a copy of the sample's folder. */
export function addCluster(copy: Copy, settings: { server: string; certificateAuthority?: string }): void {
  copy.editJson('deployment.json', (deployment) => {
    deployment.targets = { cluster: { kind: 'kubernetes', ...settingsWith(settings) } }
  })
  copy.editJson('policies/resources.json', ({ resources }) => {
    const known = { environment: 'prod', classification: 'internal', group: 'sre' }
    for (const { type } of [scale.resource, evict.resource])
      resources.push({ type, id: `${new URL(settings.server).host}/*`, ...known })
  })
  for (const entry of [scale, label, restart, undo, evict])
    copy.add(`policies/actions/${entry.name.replace(':', '.').toLowerCase()}.json`, JSON.stringify(entry))
  copy.writeSchema()
}

export function bundleOfCluster(settings: { server: string; certificateAuthority: string }): Bundle {
  using copy = new Copy()
  addCluster(copy, settings)
  const compiled = openFolder(copy.at('policies'), copy.at('deployment.json'), cedar)
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems))
  return compiled.bundle
}
