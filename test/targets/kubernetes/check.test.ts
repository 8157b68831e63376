import { checkKubernetes } from '../../../functions/targets/kubernetes/check.ts'
import { kubernetes } from '../../../functions/targets/kubernetes/kind.ts'
import { libraryOf, settings } from '../../../tools/kubernetes/acts.ts'

/** A cluster's entries: the ones of the library pass, and each change of one member is refused there. */

// biome-ignore lint/suspicious/noExplicitAny: a test reaches into JSON that it knows
type Json = any

const entry = (name: string): Json => structuredClone(libraryOf().find((each) => each.name === `k8s:${name}`))

const placesOf = (changed: Json): readonly string[] => {
  const places: string[] = []
  checkKubernetes(changed, ['cluster'], (path) => void places.push(path.join('.')))
  return places
}

test.each(libraryOf())('$name of the library passes', (each) => {
  expect(placesOf(each)).toEqual([])
})

const part = (more: object) => (it: Json) => Object.assign(it.kubernetes, more)
test.each([
  ['a secret', 'SetConfigMapKey', part({ resource: 'secrets' }), 'kubernetes.resource'],
  ['a role', 'DeletePod', part({ group: 'rbac.authorization.k8s.io' }), 'kubernetes.group'],
  ['exec', 'EvictPod', part({ subresource: 'exec' }), 'kubernetes.subresource'],
  ['a status', 'LabelDeployment', part({ subresource: 'status' }), 'kubernetes.subresource'],
  ['a fixed name of another form', 'DeletePod', part({ name: 'Web' }), 'kubernetes.name'],
  [
    'an argument that may be anything',
    'DeletePod',
    (it: Json) => delete it.arguments.properties.pod.pattern,
    'arguments.properties.pod',
  ],
  ['a token for a new object', 'DeletePod', part({ operation: 'CREATE', verbs: ['create'] }), 'kubernetes.operation'],
  ['a collection', 'DeletePod', part({ verbs: ['deletecollection'] }), 'kubernetes.verbs.0'],
  ['a token outside of namespaces', 'LabelDeployment', part({ namespace: undefined }), 'kubernetes.namespace'],
  ['a mediated entry without its call', 'CordonNode', part({ mediated: undefined }), 'kubernetes.mediated'],
  ['a token with a call by Hotwork', 'LabelDeployment', part({ mediated: { call: 'evict' } }), 'kubernetes.mediated'],
  ['neither act nor read', 'ListPods', part({ read: undefined }), 'kubernetes'],
  ['a read with an operation', 'ListPods', part({ operation: 'UPDATE', verbs: ['update'] }), 'kubernetes.read'],
  ['an update of nothing', 'LabelDeployment', part({ fields: {} }), 'kubernetes.fields'],
  [
    'a path of a prototype',
    'LabelDeployment',
    part({ fields: { 'spec.constructor': 'x' } }),
    'kubernetes.fields.spec.constructor',
  ],
  [
    'a path with a sign of groups',
    'LabelDeployment',
    part({ fields: { 'data["a=b"]': 'x' } }),
    'kubernetes.fields.data["a=b"]',
  ],
  [
    'a finalizer',
    'LabelDeployment',
    part({ fields: { 'metadata.finalizers': 'x' } }),
    'kubernetes.fields.metadata.finalizers',
  ],
  ['a list as value', 'LabelDeployment', part({ fields: { 'spec.x': ['a'] } }), 'kubernetes.fields.spec.x'],
  ['an option of an update', 'LabelDeployment', part({ options: { force: true } }), 'kubernetes.options.force'],
  [
    'an option by argument',
    'DeletePod',
    part({ options: { propagationPolicy: '{arguments.pod}' } }),
    'kubernetes.options.propagationPolicy',
  ],
  ['a DELETE without uid', 'DeletePod', part({ guard: undefined }), 'kubernetes.guard'],
  ['an update by uid', 'SetConfigMapKey', part({ guard: 'uid' }), 'kubernetes.guard'],
  ['a label by generation', 'LabelDeployment', part({ guard: 'generation' }), 'kubernetes.guard'],
  ['a guard that people do not see', 'SuspendCronJob', (it: Json) => delete it.preview, 'kubernetes.guard'],
  [
    'a preview of another object',
    'SuspendCronJob',
    (it: Json) => Object.assign(it.preview.arguments, { name: 'other' }),
    'preview.arguments.name',
  ],
  [
    'a dry run of another call',
    'SetImage',
    (it: Json) => Object.assign(it.preview.arguments, { image: 'x' }),
    'preview.arguments.image',
  ],
  [
    'words for what is pinned',
    'LabelDeployment',
    (it: Json) => Object.assign(it, { leavesOpen: { value: 'any' } }),
    'leavesOpen.value',
  ],
] as const)('%s is refused', (_, name, change, place) => {
  const changed = entry(name)
  change(changed)
  expect(placesOf(changed)).toContain(place)
})

test.each([
  ['a namespace of another form', { namespace: 'pay ments' }],
  ['a namespace that is not approved', { namespace: 'default' }],
  ["Hotwork's own namespace", { namespace: 'hotwork' }],
  ['an object of another form', { deployment: 'web/scale' }],
])('%s is refused at the ask', (_, args) => {
  const it = entry('LabelDeployment')
  expect(kubernetes.refuse?.(it, { ...it.args, ...args }, settings('x'))).toBeDefined()
  expect(kubernetes.refuse?.(it, it.args, settings('x'))).toBeUndefined()
})

test('an act whose groups would pass 2,048 bytes is too large for a token', () => {
  const it = entry('SetConfigMapKey')
  const when = { notAfter: 0, drill: false } as never
  const of = (length: number) => kubernetes.tooLarge?.(it, { ...it.args, value: 'é'.repeat(length) }, undefined, when)
  expect([of(800), of(1000)]).toEqual([undefined, { what: "the token's groups", most: '2048 bytes' }])
})

test('a token leaves open what its groups do not say, and a read all names', () => {
  const open = (name: string) => kubernetes.open?.with(entry(name), {}, undefined)
  expect([open('ScaleDeployment'), open('GetPodLogs'), open('ListPods')]).toEqual([[], ['pod'], []])
})
