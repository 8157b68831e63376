import { readFileSync } from 'node:fs'

type Properties = { readonly [name: string]: unknown }
export type Resource = { Type: string; Properties: Properties; DeletionPolicy?: string; UpdateReplacePolicy?: string }
export type Template = {
  Resources: { readonly [id: string]: Resource }
  Outputs?: { readonly [name: string]: { Value: unknown } }
}

export const templateOf = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Template

export const resourcesOf = (template: Template, type: string): readonly [id: string, resource: Resource][] =>
  Object.entries(template.Resources).filter(([, { Type }]) => Type === type)

export const propertiesOf = (template: Template, type: string): readonly Properties[] =>
  resourcesOf(template, type).map(([, { Properties }]) => Properties)

export function theOnly(template: Template, type: string): Resource {
  const [[, only] = [], ...more] = resourcesOf(template, type)
  if (!only || more.length > 0) throw new Error(`not exactly one ${type}`)
  return only
}

/** A value with its intrinsics as text: `<Requests.Arn>` for another resource, without CDK's hashes. */
export function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return value.map(textOf).join(',')
  const [[intrinsic, argument] = []] = Object.entries(value)
  if (intrinsic === 'Ref') return `<${nameOf(String(argument))}>`
  if (intrinsic === 'Fn::GetAtt') {
    const [id, attribute] = argument as [string, string]
    return attribute === 'Arn' ? `<${nameOf(id)}>` : `<${nameOf(id)}.${attribute}>`
  }
  if (intrinsic === 'Fn::Join') return (argument as [string, unknown[]])[1].map(textOf).join('')
  return JSON.stringify(value)
}

/** The constructs of each audience, whose ids begin those of their contents. */
const audiences = /^(?:Agents|Calls|People|BreakGlass|Clock|SlackChannel|RecordEvents|Record)(?=[A-Z])/

/** The name of a construct in the app: `RequestsTable00222A0D` is `Requests`, `AgentsEvaluateLambda1234ABCD` `Evaluate`. */
export const nameOf = (id: string) =>
  id
    .replace(audiences, '')
    .replace(/[0-9A-F]{8}$/, '')
    .replace(/(?<=.)(?:Table|Lambda|Queue|Key|Machine|Resource)$/, '')

export const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value]

export type Statement = {
  Effect: 'Allow' | 'Deny'
  Action: string | string[]
  Resource?: unknown
  Principal: { AWS?: unknown; Service?: string }
  Condition?: unknown
}

export const statementsOf = (document: unknown): readonly Statement[] =>
  listOf((document as { Statement: unknown }).Statement) as Statement[]

/** The owner of each role: functions by the stems of their entry files, joined by `&`, or the construct that made it. */
export function rolesOf(template: Template): ReadonlyMap<string, string> {
  const functions = Map.groupBy(
    resourcesOf(template, 'AWS::Lambda::Function').map(([, { Properties }]) => Properties),
    ({ Role }) => (Role as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0],
  )
  return new Map(
    resourcesOf(template, 'AWS::IAM::Role').map(([id]) => {
      return [id, functions.get(id)?.map(functionOf).sort().join(' & ') ?? nameOf(id)]
    }),
  )
}

/** The stem of a function's entry file. */
export const functionOf = (properties: Properties) => String(properties['Description']).replace(/^Hotwork /, '')

/** All grants to roles, inline and as separate policies. */
export const grantsIn = (
  template: Template,
): readonly { roles: readonly string[]; statements: readonly Statement[] }[] => [
  ...resourcesOf(template, 'AWS::IAM::Role').flatMap(([id, { Properties }]) =>
    (listOf(Properties['Policies']) as { PolicyDocument: unknown }[]).map(({ PolicyDocument }) => ({
      roles: [id],
      statements: statementsOf(PolicyDocument),
    })),
  ),
  ...resourcesOf(template, 'AWS::IAM::Policy').map(([, { Properties }]) => ({
    roles: (Properties['Roles'] as { Ref: string }[]).map(({ Ref }) => Ref),
    statements: statementsOf(Properties['PolicyDocument']),
  })),
]

/** Every allowed action of every role, as `action on resource`. */
export function rightsOf(template: Template): ReadonlyMap<string, readonly string[]> {
  const roles = rolesOf(template)
  const rights = new Map([...roles.values()].map((owner) => [owner, [] as string[]]))
  for (const { roles: holders, statements } of grantsIn(template)) {
    const allowed = statements.flatMap(({ Effect, Action, Resource }) => {
      if (Effect !== 'Allow') throw new Error('a deny where none is expected')
      return listOf(Action).flatMap((action) => listOf(Resource).map((resource) => `${action} on ${textOf(resource)}`))
    })
    for (const role of holders) rights.get(roles.get(role) ?? '')?.push(...allowed)
  }
  return new Map([...rights].map(([owner, list]) => [owner, [...new Set(list)].sort()]))
}

/** The environment of each function, by the stem of its entry file, as text. */
export const variablesIn = (template: Template): { readonly [name: string]: { readonly [variable: string]: string } } =>
  Object.fromEntries(
    propertiesOf(template, 'AWS::Lambda::Function').map((properties) => {
      const { Variables = {} } = (properties['Environment'] ?? {}) as { Variables?: object }
      const told = Object.entries(Variables).map(([variable, value]) => [variable, textOf(value)])
      return [functionOf(properties), Object.fromEntries(told)]
    }),
  )

/** The distinct values of a variable in the functions that have it. */
export const valuesOf = (template: Template, variable: string): readonly string[] =>
  Object.values(variablesIn(template)).flatMap((variables) => variables[variable] ?? [])
