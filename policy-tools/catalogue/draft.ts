// Rules: test/policies/catalogue/draft.test.ts

import type { Json, JsonObject } from '../../functions/domain/values.ts'
import type { IamAction, Key, ResourceType } from '../../functions/targets/aws/models/iam-reference.ts'
import { schemaOf } from './skeleton.ts'

export type Draft = {
  entry: JsonObject
  /** Arguments that no condition key and no ARN pins. */
  open: readonly string[]
  /** Condition keys that compare an argument. */
  found: readonly string[]
  /** Condition keys about which the author decides. */
  keysToDecide: readonly string[]
  /** Keys that IAM compares with properties of the resource. */
  resourceKeys: readonly string[]
}

/** Text without wildcards, a way up or a second name. */
const literal = '^(?!.*\\.\\.)[A-Za-z0-9_./@=+,-]+$'

/**
 * A first catalogue entry for an action, by IAM's reference, with `TODO` for each choice that is a person's.
 * @param skeleton the members of a call, as `aws ... --generate-cli-skeleton` prints them: IAM's reference has none
 */
export function draftEntry(action: IamAction, skeleton: JsonObject = {}): Draft {
  const [service = '', operation = ''] = action.name.split(':')
  const named = resourcesOf(action)
  const variables = [...new Set(named.flatMap(({ arn }) => variablesIn(arn)))]
  // A list or the address of what the ARN names: an ask is about one `InstanceId` or `QueueName`, and the caller makes
  // `InstanceIds` or `QueueUrl` of it.
  const isSecondName = (member: string) =>
    variables.some((each) => [`${plain(each)}s`, `${stemOf(each)}url`].includes(plain(member)))
  const members = Object.keys(skeleton).filter((member) => !isSecondName(member))
  const names = new Map(variables.map((each) => [each, memberFor(each, skeleton, variables.length) ?? each]))
  const required = [...new Set(names.values())]
  const keys = action.keys.filter(({ name }) => isOfTheCall(name))
  const matched = new Map(
    keys.flatMap((key) => matchOf(key, members, required).map((member) => [key, member] as const)),
  )
  const undecided = keys.filter((key) => !matched.has(key))
  const properties = {
    ...Object.fromEntries(
      required.map((name) => [name, { type: 'string', minLength: 1, maxLength: 255, pattern: literal }]),
    ),
    ...Object.fromEntries(
      members.filter((name) => !required.includes(name)).map((name) => [name, schemaOf(skeleton[name] as Json)]),
    ),
  }
  const template = (arn: string) =>
    templateOf(arn.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => placeOf(name, names)))
  const held = [...matched.values()]
  return {
    entry: {
      name: action.name,
      group: 'TODO: the group that policies name, such as remediation',
      tool: 'aws',
      title: [wordsOf(operation), ...required.slice(0, 3).map((name) => `{arguments.${name}}`)].join(' '),
      credential: 'sts',
      mutates: action.changes,
      arguments: { type: 'object', additionalProperties: false, properties, required },
      resource: resourceFor(service, named, template),
      account: 'TODO: an alias of `accounts` in the deployment file',
      narrowable: [],
      undo: undoFor(action),
      statement: {
        actions: [action.name],
        resources: named.length === 0 ? ['*'] : named.map(({ arn }) => template(arn)),
        ...conditionsFor(named.length === 0, matched, undecided),
        ...absencesFor(matched, required),
      },
    },
    open: Object.keys(properties).filter((name) => !required.includes(name) && !held.includes(name)),
    found: [...matched.keys()].map(({ name }) => name),
    keysToDecide: undecided.map(({ name }) => name),
    resourceKeys: action.resourceKeys.map(({ name }) => name),
  }
}

const undoFor = ({ changes }: IamAction): JsonObject =>
  changes
    ? { possible: 'TODO: true or false', how: 'TODO: how it is undone, and by which action' }
    : { possible: true, how: 'nothing is changed' }

/** Its required types; where all are optional, those. Many types take tags: a few are enough to begin with. */
function resourcesOf({ resources }: IamAction): readonly ResourceType[] {
  const required = resources.filter((each) => each.required)
  return (required.length > 0 ? required : resources).slice(0, 5)
}

/** IAM's reference has forms of ARNs that name more than one thing, and ARNs of any service. */
const templateOf = (arn: string): string =>
  /[*?]|^arn:[^:]*:\{/.test(arn) ? `TODO: an ARN without a wildcard, such as ${arn}; or take it out` : arn

const places: { readonly [variable: string]: string } = {
  Partition: '{partition}',
  Region: '{region}',
  Account: '{account}',
}

const variablesIn = (arn: string): readonly string[] =>
  [...arn.matchAll(/\$\{(\w+)\}/g)].flatMap(([, name = '']) => (Object.hasOwn(places, name) ? [] : [name]))

const placeOf = (variable: string, names: ReadonlyMap<string, string>): string =>
  places[variable] ?? `{arguments.${names.get(variable)}}`

function resourceFor(service: string, named: readonly ResourceType[], template: (arn: string) => string): JsonObject {
  const [first] = named
  if (!first)
    return {
      type: `TODO: what it is about, such as ${service}:cluster`,
      id: `TODO: its ARN, in which an argument is {arguments.Name}: IAM takes no resource for it`,
    }
  const types = named.map(({ name }) => `${service}:${name}`)
  const type =
    types.length === 1
      ? types[0]
      : `TODO: ${types.join(' or ')}; take the ARNs of the others out, unless a call names them too`
  return { type: type ?? '', id: template(first.arn) }
}

/** Keys of every call, of tags, or of who calls: none compares a member. */
const isOfTheCall = (key: string): boolean =>
  !/^aws:|\$\{|:(?:ResourceTag|Region|resource\/)/.test(key) &&
  !/^s3:(?:authType|signatureAge|signatureversion|TlsVersion|x-amz-content-sha256|ResourceAccount)$/i.test(key)

const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

const stemOf = (name: string): string => plain(name).replace(/(?:name|id|identifier|arn)$/, '')

/** The argument with which a key compares: `ecs:task-definition` with `taskDefinition`. */
function matchOf({ name }: Key, members: readonly string[], required: readonly string[]): readonly string[] {
  const wanted = plain(name.split(':')[1] ?? '')
  return [...members, ...required].filter((member) => plain(member) === wanted).slice(0, 1)
}

/** The member with the value of an ARN's variable: `cluster` for `ClusterName`. */
function memberFor(variable: string, skeleton: JsonObject, variables: number): string | undefined {
  const texts = Object.keys(skeleton).filter((name) => typeof skeleton[name] === 'string')
  return (
    texts.find((name) => plain(name) === plain(variable)) ??
    texts.find((name) => stemOf(name) === stemOf(variable) && !/arn$/i.test(name)) ??
    (variables === 1 ? texts.find((name) => /^(?:name|id)$/i.test(name)) : undefined)
  )
}

const operators: { readonly [type: string]: string } = {
  Bool: 'Bool',
  Numeric: 'NumericEquals',
  Date: 'DateEquals',
  IPAddress: 'IpAddress',
}
/** An ARN is compared as text: `ArnEquals` reads wildcards. */
const operatorOf = ({ type }: Key): string =>
  type.startsWith('ArrayOf') ? 'ForAllValues:StringEquals' : (operators[type] ?? 'StringEquals')

function conditionsFor(
  isAnywhere: boolean,
  matched: ReadonlyMap<Key, string>,
  undecided: readonly Key[],
): { conditions?: JsonObject } {
  const conditions: { [operator: string]: { [key: string]: string } } = {}
  const put = (operator: string, key: string, value: string) => {
    conditions[operator] = { ...conditions[operator], [key]: value }
  }
  if (isAnywhere) put('StringEquals', 'aws:RequestedRegion', '{region}')
  for (const [key, name] of matched) {
    put(
      operatorOf(key),
      key.name,
      /ARN$/.test(key.type) ? `TODO: the ARN in the call, with {arguments.${name}} in it` : `{arguments.${name}}`,
    )
    if (key.type.startsWith('ArrayOf')) put('Null', key.name, 'false')
  }
  for (const { name } of undecided)
    put('Null', name, 'TODO: true, so that no call may carry it; or compare it with an argument; or take it out')
  return Object.keys(conditions).length > 0 ? { conditions } : {}
}

/** An argument that is not given must be absent from the call. */
function absencesFor(matched: ReadonlyMap<Key, string>, required: readonly string[]): { whenAbsent?: JsonObject } {
  const absent = [...matched].filter(([, name]) => !required.includes(name))
  const whenAbsent = Object.fromEntries(absent.map(([{ name: key }, name]) => [name, { Null: { [key]: 'true' } }]))
  return absent.length > 0 ? { whenAbsent } : {}
}

/** `RebootInstances` is `Reboot instances`. */
const wordsOf = (operation: string): string => {
  const words = operation.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
  return `${words.slice(0, 1)}${words.slice(1).replaceAll(/\b[A-Z][a-z]/g, (each) => each.toLowerCase())}`
}
