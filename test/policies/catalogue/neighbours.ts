import type { CatalogueEntry } from '../../../functions/domain/policy/catalogue.ts'
import { placesOf } from '../../../functions/domain/policy/templates.ts'
import type { Json, JsonObject } from '../../../functions/domain/values.ts'
import { conditionPlace, conditionTemplates, takeFrom } from '../../../functions/targets/aws/rules/conditions.ts'
import { account } from './answered.ts'

/** A call as IAM sees it: each resource must be allowed, and the values that conditions compare. */
export type Call = {
  action: string
  resources: readonly string[]
  carried: { readonly [key: string]: string | string[] }
}
export type Neighbour = { what: string; argument?: string; call: Call }

const facts: { readonly [place: string]: string } = {
  partition: account.partition,
  region: account.region,
  account: account.accountId,
  run: 'of-aws',
}

/**
 * The call that an agent makes with these arguments, which no schema bounds: they reach AWS from its own program.
 */
export function callWith(entry: CatalogueEntry, args: JsonObject): Call {
  const { actions, resources, conditions } = entry.statement ?? { actions: [], resources: [] }
  const carried = conditionTemplates(conditions).flatMap(({ operator, key, templates }) => {
    if (operator === 'Null' || operator.endsWith('IfExists')) return []
    const values = templates.map((template) => valuesOf(template, args))
    if (values.some((each) => each === undefined)) return []
    const all = values.flatMap((each) => each ?? [])
    return [[key, operator.startsWith('ForAllValues:') ? all : (all[0] ?? '')] as const]
  })
  const fill = (template: string) =>
    template.replaceAll(/\{([A-Za-z0-9_.]+)\}/g, (_, place: string) =>
      String(facts[place] ?? args[place.replace(/^arguments\./, '')] ?? ''),
    )
  return { action: actions[0] ?? '', resources: resources.map(fill), carried: Object.fromEntries(carried) }
}

function valuesOf(template: string, args: JsonObject): readonly string[] | undefined {
  const listed = placesOf(template)
    .map(conditionPlace)
    .find((place) => place && place.take !== 'value')
  if (listed) return takeFrom(listed, args)
  let isAbsent = false
  const text = template.replaceAll(/\{([A-Za-z0-9_.]+)\}/g, (_, path: string) => {
    const place = conditionPlace(path)
    const value = place ? takeFrom(place, args)?.[0] : facts[path]
    if (value === undefined) isAbsent = true
    return value ?? ''
  })
  return isAbsent ? undefined : [text]
}

/** Other values of one argument, of its kind and of others. */
function othersOf(value: Json | undefined): readonly (Json | undefined)[] {
  switch (typeof value) {
    case 'boolean':
      return [!value, undefined]
    case 'number':
      return [value + 1, value - 1, 0, 5000, undefined].filter((each) => each !== value)
    case 'string':
      // No `*`: the engine reads one in a call as a pattern.
      return [`${value}x`, `x${value}`, value.slice(0, -1), flipped(value), 'other', undefined].filter(
        (each) => each !== value && each !== '',
      )
    case 'object':
      return Array.isArray(value)
        ? [[], [...value, value[0] ?? 'x'], value.slice(1), undefined]
        : [{ ...value, other: { S: 'x' } }, { id: { S: 'another' } }, undefined]
    default:
      return ['other', 1, true, ['other']]
  }
}

const flipped = (text: string): string =>
  text.replace(/[A-Za-z](?=[^A-Za-z]*$)/, (each) =>
    each === each.toLowerCase() ? each.toUpperCase() : each.toLowerCase(),
  )

const replaceField = (arn: string, at: number, by: string): string =>
  arn
    .split(':')
    .map((field, index) => (index === at ? by : field))
    .join(':')

/** Calls near the approved one: another value of each argument, another resource, an extra member, a wildcard. */
export function neighboursOf(entry: CatalogueEntry, args: JsonObject): readonly Neighbour[] {
  const call = callWith(entry, args)
  const ofArguments = Object.keys(entry.arguments.properties).flatMap((argument) =>
    othersOf(args[argument]).map((other): Neighbour => {
      const { [argument]: _, ...rest } = args
      const changed = callWith(entry, other === undefined ? rest : { ...rest, [argument]: other })
      return { what: `${argument} = ${JSON.stringify(other)}`, argument, call: changed }
    }),
  )
  const ofResources = call.resources.flatMap((arn, index) =>
    otherArns(arn).map(
      (other): Neighbour => ({
        what: `the resource ${other}`,
        call: { ...call, resources: call.resources.with(index, other) },
      }),
    ),
  )
  const ofActions = ['iam:PassRole', 'sts:AssumeRole', 'ssm:SendCommand', 's3:GetObject', `${call.action}s`].map(
    (action): Neighbour => ({ what: `the action ${action}`, call: { ...call, action } }),
  )
  return [...ofArguments, ...ofResources, ...ofActions, ...extraMembers(entry, call)]
}

function otherArns(arn: string): readonly string[] {
  if (arn === '*') return []
  const fields = arn.split(':')
  return [
    ...['aws-cn', 'aws-us-gov'].map((partition) => replaceField(arn, 1, partition)),
    // A service without Regions, or without accounts, has nothing there.
    ...(fields[3] === '' ? [] : ['eu-west-1', ''].map((region) => replaceField(arn, 3, region))),
    ...(fields[4] === '' ? [] : ['999999999999', ''].map((other) => replaceField(arn, 4, other))),
    // AWS gives a run its id: no caller chooses one.
    ...(arn.endsWith(`/${facts['run']}`)
      ? []
      : [
          ...['x', '/x', ':x', ':other'].map((tail) => `${arn}${tail}`),
          arn.replace(/[^:/]+$/, 'other'),
          arn.slice(0, -1),
        ]),
  ]
}

/** Values of the keys that a call must not carry, or must carry as they stand. */
const extraMembers = (entry: CatalogueEntry, call: Call): readonly Neighbour[] =>
  conditionTemplates(entry.statement?.conditions).flatMap(({ operator, key, templates }): Neighbour[] => {
    const with_ = (value: string | string[]) => ({ ...call, carried: { ...call.carried, [key]: value } })
    const { [key]: own, ...others } = call.carried
    const isFixed = templates.every((template) =>
      placesOf(template).every((place) => conditionPlace(place) === undefined),
    )
    if (operator === 'Null' && templates[0] === 'true') return [{ what: `a call with ${key}`, call: with_('x') }]
    if (operator === 'Null') return [{ what: `a call without ${key}`, call: { ...call, carried: others } }]
    if (operator.startsWith('ForAllValues:'))
      return [{ what: `one more value of ${key}`, call: with_([...[own ?? []].flat(), 'another']) }]
    if (!isFixed)
      return own === undefined ? [] : [{ what: `a call without ${key}`, call: { ...call, carried: others } }]
    const other = templates[0] === 'true' ? 'false' : templates[0] === 'false' ? 'true' : 'other'
    return [{ what: `${key} = ${other}`, call: with_(other) }]
  })
