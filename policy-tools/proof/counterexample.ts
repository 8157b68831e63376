// Rules: test/policies/changes/prove.test.ts

import { noRecord } from '../../functions/domain/people/host.ts'
import {
  type ArgumentSchema,
  branchOf,
  forSchema,
  isSimple,
  type Members,
} from '../../functions/domain/policy/arguments.ts'
import type { TaskSource } from '../../functions/domain/policy/asking-terms.ts'
import { findActionFacts, previewAsIf } from '../../functions/domain/policy/assess.ts'
import { agentOf, type Bundle } from '../../functions/domain/policy/bundle.ts'
import { windowsAt } from '../../functions/domain/policy/calendar.ts'
import { type CatalogueEntry, parseArguments } from '../../functions/domain/policy/catalogue.ts'
import type { ChangeSummary } from '../../functions/domain/policy/change-summary.ts'
import type { ActionQuestion, Moment } from '../../functions/domain/policy/question.ts'
import { type AgentId, type Json, type JsonObject, type NumericDate, parseJson } from '../../functions/domain/values.ts'
import {
  delegatorsOf,
  knownArguments,
  type Point,
  readsOf,
  type Side,
  timesApart,
  usualTime,
} from '../change/question-space.ts'
import { argumentsNaming, someArgument, someArguments } from '../change/targets.ts'

/** The facts of a question as policies read them: made up by a solver, or sampled. */
export type PolicyFacts = { principal: string; action: string; context: { readonly [fact: string]: unknown } }

/** The facts of a sampled question. */
export function seenOf({ kind: _, agent, action, resource, host, ...facts }: ActionQuestion): PolicyFacts {
  const { id, ...ofAgent } = agent
  const { group, ...ofResource } = resource
  const context = { agent: ofAgent, resource: { ...ofResource, ownedBy: group }, ...host, ...facts }
  return { principal: id, action, context }
}

/** By path, for people. Usual values are left out: a list of thirty facts hides the one that matters. */
export function listed({ principal, context }: PolicyFacts): { readonly [path: string]: string } {
  const paths = flatten(context, 'context').filter(([path, value]) => !(path in usual && usual[path] === value))
  return Object.fromEntries([['principal', principal], ...paths])
}

const usual: { readonly [path: string]: string } = {
  ...Object.fromEntries(Object.keys(noRecord).map((name) => [`context.record.${name}`, '0'])),
  'context.recent': '0',
  'context.delegationDepth': '0',
  'context.ambient': '"unknown"',
  'context.task': '"unchecked"',
  'context.task_source': '"agent"',
  'context.justified': 'true',
  'context.approval.breakGlass': 'false',
}

const flatten = (value: unknown, path: string): readonly [string, string][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([name, each]) => flatten(each, `${path}.${name}`))
    : [[path, JSON.stringify(value)]]

type Context = {
  arguments?: JsonObject
  purpose?: string
  moment?: Moment
  recent?: number
  delegationDepth?: number
  ambient?: 'allowed' | 'denied' | 'unknown'
  record?: typeof noRecord
  justified?: boolean
  task?: 'known' | 'unknown' | 'unchecked'
  task_source?: TaskSource
  preview?: 'matched' | 'none' | 'failed'
  change?: ChangeSummary
  resource?: { id: string; environment: string; classification: string; ownedBy: string }
  windows?: readonly string[]
}

/**
 * The asks in which policy sees these facts; empty if it cannot be asked. Arguments name a resource, so another
 * resource of the same rule may stand for it. A value outside the catalogue is replaced from a case.
 */
export function pointsOf(side: Side, { principal, action, context }: PolicyFacts): readonly Point[] {
  const { bundle, known } = side
  const entry = bundle.actions[action]
  const agent = agentOf(bundle, principal)?.id as AgentId | undefined
  if (!entry || !agent) return []
  const facts = context as Context
  const { moment = 'request', purpose = '', recent = 0, delegationDepth = 0, ambient = 'unknown' } = facts
  const { record = noRecord, justified = true, task = 'unchecked', task_source: taskSource, preview } = facts
  const usual = someArguments(entry, knownArguments(known, action)) ?? {}
  return argumentsOf(bundle, entry, facts, usual).map((args) => ({
    asked: {
      agent,
      action,
      arguments: args,
      purpose,
      delegators: delegatorsOf(agent, Math.min(delegationDepth, 32), [{ bundle }]),
      recent,
      host: { ambient, record },
      justified,
      task,
      taskSource,
      preview: preview === previewAsIf(entry) ? undefined : preview,
      change: facts.change,
    },
    moment,
    now: timeOf(side, action, facts),
  }))
}

/** A time at which the same windows hold, if one is known. */
function timeOf(side: Side, action: string, { windows = [] }: Context): NumericDate {
  const isSame = (at: NumericDate) =>
    windowsAt(side.bundle.calendar, at).toSorted().join() === windows.toSorted().join()
  return timesApart([side], readsOf([side], action)).find(isSame) ?? usualTime
}

function argumentsOf(
  bundle: Bundle,
  entry: CatalogueEntry,
  { arguments: found = {}, resource }: Context,
  usable: JsonObject,
): readonly JsonObject[] {
  if (!resource) return []
  const { properties, required } = entry.arguments
  const names = Object.keys(properties).filter((name) => name in found || required.includes(name))
  const as = (types: readonly string[]): JsonObject =>
    Object.fromEntries(
      names.flatMap((name): [string, Json][] => {
        const schema = properties[name] as ArgumentSchema
        const value = name in found ? argumentFrom(schema, found[name] as Json) : undefined
        if (value !== undefined && types.includes(typeof value) && takes(entry, name, value)) return [[name, value]]
        const other = usable[name] ?? someArgument(schema)
        return other === undefined ? [] : [[name, other]]
      }),
    )
  const rules = bundle.resources.filter(
    ({ type, environment, classification, group }) =>
      type === entry.resource.type &&
      environment === resource.environment &&
      classification === resource.classification &&
      group === resource.ownedBy,
  )
  // The solver knows a text only by the policies' comparisons.
  const bases = [as(['string', 'number', 'boolean', 'object']), as(['number', 'boolean'])]
  return bases
    .flatMap((base) => [resource, ...rules].flatMap(({ id }) => argumentsNaming(entry, bundle, base, [id])))
    .filter((args) => {
      const facts = findActionFacts(bundle, { action: entry.name, arguments: args })
      return facts.ok && facts.value.resource.environment === resource.environment
    })
}

/** Converts policy's view of an argument back to the argument. */
function argumentFrom(schema: ArgumentSchema, seen: Json): Json | undefined {
  const as = Object(seen) as { canonical?: string; items?: Json[]; count?: number; __extn?: { arg: string } }
  const whole = () => (as.canonical === undefined ? undefined : (parseJson(as.canonical) as Json | undefined))
  const same = () => seen
  const members = ({ properties }: Members) => {
    const found = Object.entries(Object(seen) as JsonObject).flatMap(([name, each]) => {
      const member = Object.hasOwn(properties, name) ? properties[name] : undefined
      const value = member && argumentFrom(member, each)
      return value === undefined ? [] : [[name, value] as const]
    })
    return Object.fromEntries(found)
  }
  return forSchema<Json | undefined>(schema, {
    string: same,
    integer: same,
    boolean: same,
    number: () => (as.__extn ? Number(as.__extn.arg) : seen),
    scalar: whole,
    map: whole,
    list: ({ items }) => {
      if (!isSimple(items)) return whole()
      const found = (as.items ?? []).flatMap((each) => argumentFrom(items, each) ?? [])
      const other = found[0] ?? someArgument(items) ?? null
      return Array.from({ length: Math.max(found.length, Math.min(as.count ?? 0, 100)) }, (_, at) => found[at] ?? other)
    },
    object: members,
    oneOf: (own) => {
      const branch = branchOf(own, seen)
      return branch && members(branch)
    },
  })
}

/** Checks one value alone against the catalogue. */
function takes(entry: CatalogueEntry, name: string, value: Json): boolean {
  const schema = entry.arguments.properties[name]
  if (!schema) return false
  const alone = { ...entry.arguments, properties: { [name]: schema }, required: [] }
  return parseArguments({ ...entry, arguments: alone }, { [name]: value }).ok
}
