// Rules: test/targets/kubernetes/check.test.ts
import { checkTemplate } from '../../domain/policy/check-templates.ts'
import type { Json } from '../../domain/values.ts'
import { known, type Path, type Say } from '../../domain/what-is-wrong.ts'
import type { Check } from '../kind.ts'
import { type KubernetesEntry, label, type Part } from './rules/entry.ts'
import { segmentsOf } from './rules/paths.ts'
import { kindsOf, neverSubresources, openArguments } from './rules/pinned.ts'

type Checked = KubernetesEntry & { mutates?: boolean }
type OfPart = (part: Part, entry: Checked, say: Say) => void

/** Checks that an entry is one act on one object that a token can be held to, or one that Hotwork makes itself, or a read. */
export const checkKubernetes: Check<Checked> = (entry, aliases, say) => {
  const { tool, kubernetes } = entry
  if (tool === 'kubernetes' && !kubernetes)
    say([], '`kubernetes` is missing', `add it: the act, at one of ${aliases.join(', ')}`)
  if (tool !== 'kubernetes' && kubernetes)
    say(['kubernetes'], '`kubernetes` is for an action in a cluster', 'take it out')
  if (tool !== 'kubernetes' || !kubernetes) return
  for (const check of [
    checkResource,
    checkObject,
    checkKind,
    checkVerbs,
    checkFields,
    checkOptions,
    checkGuard,
    checkReads,
    checkOpen,
  ])
    check(kubernetes, entry, say)
}

const at = (...path: readonly string[]): Path => ['kubernetes', ...path]

const rightsGroups: readonly string[] = [
  ...['admissionregistration.k8s.io', 'authentication.k8s.io', 'authorization.k8s.io'],
  ...['certificates.k8s.io', 'rbac.authorization.k8s.io'],
]

/** Resources that give rights or secrets away are in no entry. */
const checkResource: OfPart = ({ group, resource, subresource, operation }, _, say) => {
  if (group === '' && resource === 'secrets')
    say(at('resource'), 'secrets are read and written by no permit', 'take the entry out')
  if (rightsGroups.includes(group)) say(at('group'), `\`${group}\` gives rights away`, 'take the entry out')
  if (subresource !== undefined && neverSubresources.some((never) => never === subresource))
    say(at('subresource'), `no policy of the cluster sees the bytes of \`${subresource}\``, 'take the entry out')
  if (operation !== undefined && subresource === 'status')
    say(at('subresource'), '`status` is what controllers say', 'change the object itself')
}

const checkObject: OfPart = ({ namespace, name }, entry, say) => {
  for (const [member, template] of Object.entries({ namespace, name })) {
    if (template === undefined) continue
    checkTemplate(entry, template, at(member), { ids: 'a path of the API server', places: [], inResource: true }, say)
    if (!template.includes('{') && !label.test(template))
      say(at(member), `\`${template}\` is not a DNS-1123 label`, 'name a namespace and an object as the cluster does')
  }
}

/** Checks that it is a read, an act of a token, or a call by Hotwork, and has what that needs. */
const checkKind: OfPart = (part, { credential, mutates, name: of }, say) => {
  const { operation, name, namespace, read, mediated, group, resource, subresource } = part
  if (read !== undefined) {
    if (operation !== undefined) say(at('read'), 'a read has no operation', 'take `operation` or `read` out')
    if (mutates) say(['mutates'], `\`${of}\` is a read`, 'write `false`')
    if (namespace === undefined) say(at('namespace'), 'a read is in one namespace', 'add it')
    if (credential === 'mediated') say(['credential'], 'Hotwork makes no reads for agents', 'write `token`')
    return
  }
  if (operation === undefined || name === undefined) {
    say(at(), 'it has neither an `operation` on a `name`, nor a `read`', 'add the act, or the set of a read')
    return
  }
  if (mutates === false) say(['mutates'], `\`${of}\` changes something`, 'write `true`')
  if (credential !== 'mediated') {
    if (mediated) say(at('mediated'), 'an agent makes the call of a token itself', 'take it out, or write `mediated`')
    if (namespace === undefined)
      say(at('namespace'), "a token's act is in a namespace", 'make an act on the whole cluster `mediated`')
    if (operation === 'CREATE')
      say(at('operation'), 'a new object has no state to compare with', 'name an act on an object that exists')
    return
  }
  if (!mediated) {
    say(at('mediated'), 'the call that Hotwork makes is missing', 'add `patch`, `undo` or `evict`')
    return
  }
  const wanted = { patch: 'UPDATE', undo: 'UPDATE', evict: 'CREATE' }[mediated.call]
  if (operation !== wanted) say(at('operation'), `\`${mediated.call}\` is not a ${operation}`, `write \`${wanted}\``)
  if (mediated.call === 'evict' && `${group}/${resource}/${subresource}` !== '/pods/eviction')
    say(at('resource'), 'only a pod is evicted', 'write `pods` with the subresource `eviction`, of the group ``')
  if (mediated.call === 'undo' && `${group}/${resource}` !== 'apps/deployments')
    say(at('resource'), 'only a Deployment is rolled back to a revision', 'write `deployments` of the group `apps`')
}

const verbsOf: { readonly [operation: string]: readonly string[] } = {
  ...{ UPDATE: ['update', 'patch'], DELETE: ['delete'], CREATE: ['create'], read: ['get', 'list'] },
}

const checkVerbs: OfPart = ({ verbs, operation = 'read' }, _, say) => {
  const right = verbsOf[operation] ?? []
  for (const [index, verb] of verbs.entries())
    if (!right.includes(verb)) say(at('verbs', String(index)), `\`${verb}\` is no verb of it`, known(right))
}

const checkFields: OfPart = ({ fields, operation }, entry, say) => {
  const isToken = entry.credential !== 'mediated'
  const paths = Object.keys(fields)
  if (isToken && operation === 'UPDATE' && paths.length === 0)
    say(at('fields'), 'an update that sets no field', 'name the fields and their values')
  if (operation !== 'UPDATE' && paths.length > 0) say(at('fields'), 'only an update sets fields', 'take them out')
  for (const [path, value] of Object.entries(fields)) {
    const names = segmentsOf(path)?.map(({ name }) => name)
    if (!names)
      say(
        at('fields', path),
        `\`${path}\` is no path of a field`,
        'write `spec.replicas`, or `metadata.labels["team"]`',
      )
    else if (names[0] === 'status' || (names[0] === 'metadata' && !/^(?:labels|annotations)$/.test(names[1] ?? '')))
      say(
        at('fields', path),
        `\`${path}\` is not the author's to set`,
        'name a field of the spec or data, a label or an annotation',
      )
    checkValue(value, entry, at('fields', path), say)
  }
}

/** A value is one scalar, so that its text in a token is exact. An argument that may be absent leaves its field as it is. */
function checkValue(value: Json, entry: Checked, path: Path, say: Say): void {
  if (typeof value === 'object' || (typeof value === 'number' && !Number.isSafeInteger(value)))
    say(path, 'a field gets one text, whole number, `true` or `false`', 'name one field for each value')
  if (typeof value !== 'string') return
  const [, alone] = /^\{arguments\.([A-Za-z0-9_]+)\}$/.exec(value) ?? []
  const { properties } = entry.arguments
  if (alone === undefined || !Object.hasOwn(properties, alone))
    checkTemplate(entry, value, path, { ids: 'a path of the API server', places: [], inResource: false }, say)
  else if (kindsOf(value, entry.arguments) === undefined)
    say(path, `\`{arguments.${alone}}\` is not one text, whole number, \`true\` or \`false\``, 'give it such a type')
}

const deleteOptions = ['gracePeriodSeconds', 'orphanDependents', 'propagationPolicy']

const checkOptions: OfPart = ({ options = {}, operation }, _, say) => {
  for (const [name, value] of Object.entries(options))
    if (operation !== 'DELETE' || !deleteOptions.includes(name))
      say(at('options', name), `\`${name}\` cannot be pinned`, `for a DELETE there are: ${deleteOptions.join(', ')}`)
    else if (typeof value === 'object' || String(value).includes('{'))
      say(at('options', name), 'an option is the same in every ask', 'write its value')
}

const checkGuard: OfPart = ({ guard, operation, fields, subresource, mediated }, { preview }, say) => {
  if (operation === 'DELETE' && guard !== 'uid')
    say(at('guard'), 'a DELETE is admitted twice, and another object may have the name by then', 'write `uid`')
  if (guard === undefined) return
  if (operation === 'UPDATE' && guard === 'uid')
    say(
      at('guard'),
      '`uid` stays the same in an update, so it holds nothing',
      'write `resourceVersion` or `generation`',
    )
  const paths = Object.keys(fields)
  const inMetadata = paths.length > 0 && paths.every((path) => path.startsWith('metadata.'))
  if (guard === 'generation' && (inMetadata || subresource !== undefined) && !mediated)
    say(at('guard'), 'this act does not move `generation`, so the token could be used again', 'write `resourceVersion`')
  if (!preview?.guard.includes(`metadata.${guard}`))
    say(
      at('guard'),
      `people must see the state that \`${guard}\` holds`,
      `add \`preview\`, with \`metadata.${guard}\` in its \`guard\``,
    )
}

const readArguments = ['namespace', 'name', 'resource', 'group', 'version', 'subresource']

/** A read for people is of the entry's own object, or, for a call by Hotwork, the dry run of that call. */
const checkReads: OfPart = (part, entry, say) => {
  const sources = [
    ...(entry.preview ? [{ ...entry.preview, path: ['preview'] as Path }] : []),
    ...(entry.reach ?? []).map((each, index) => ({ ...each, path: ['reach', index] as Path })),
  ]
  for (const { action, arguments: args, path } of sources) {
    const isTry = action === 'kubernetes:DryRun'
    if (action !== 'kubernetes:Get' && !(isTry && part.mediated?.call !== 'evict' && part.mediated))
      say(
        [...path, 'action'],
        `\`${action}\` is no read of it`,
        'write `kubernetes:Get`, or for a patch by Hotwork `kubernetes:DryRun`',
      )
    for (const member of ['namespace', 'name'] as const)
      if (args[member] !== part[member])
        say(
          [...path, 'arguments', member],
          `the read is of another ${member}`,
          `write what \`kubernetes.${member}\` says`,
        )
    const own = isTry ? Object.keys(entry.arguments.properties) : []
    for (const name of Object.keys(args))
      if (![...readArguments.slice(0, isTry ? 2 : undefined), ...own].includes(name))
        say([...path, 'arguments', name], `the read has no argument \`${name}\``, known(isTry ? own : readArguments))
    for (const name of own)
      if (!['namespace', 'name'].includes(name) && args[name] !== `{arguments.${name}}`)
        say([...path, 'arguments', name], 'a dry run is of the very call', `write \`{arguments.${name}}\``)
    if (args['resource'] === 'secrets') say([...path, 'arguments', 'resource'], 'secrets are never read', 'take it out')
  }
}

const checkOpen: OfPart = (_, entry, say) => {
  const open = entry.credential === 'mediated' ? [] : openArguments(entry)
  for (const argument of Object.keys(entry.leavesOpen))
    if (!open.includes(argument))
      say(['leavesOpen', argument], `the token holds the agent to \`${argument}\``, 'remove it')
}
