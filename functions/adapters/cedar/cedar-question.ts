// Rules: test/policies/fail-closed.test.ts
import type { CedarValueJson, EntityJson, EntityUidJson } from '@cedar-policy/cedar-wasm/nodejs'
import { canonicalForm } from '../../domain/digest.ts'
import {
  type ArgumentSchema,
  type ArgumentsSchema,
  branchOf,
  decimalText,
  forSchema,
  isDecimal,
  isSimple,
} from '../../domain/policy/arguments.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { windowsAt } from '../../domain/policy/calendar.ts'
import type { Change } from '../../domain/policy/condition.ts'
import type {
  ActionQuestion,
  OpeningFacts,
  PersonQuestion,
  Question,
  RegistryQuestion,
  RequestFacts,
} from '../../domain/policy/question.ts'
import { defined, type Json, type JsonObject } from '../../domain/values.ts'

/**
 * All facts of an action are in `context`, since it is asked at every use and one entity costs as much as eight
 * policies.
 */
export type CedarQuestion = {
  principal: EntityUidJson
  action: EntityUidJson
  resource: EntityUidJson
  context: Record<string, CedarValueJson>
  entities: EntityJson[]
}

const uid = (type: string, id: string) => ({ type: `Hotwork::${type}`, id })
const ref = (type: string, id: string): CedarValueJson => ({ __entity: uid(type, id) })
/** @throws if an argument has the wrong type */
export function toCedar(
  question: Question,
  { actions, changes = {}, calendar }: Pick<Bundle, 'actions' | 'changes' | 'calendar'>,
): CedarQuestion {
  const time = {
    now: { __extn: { fn: 'datetime', arg: new Date(question.now * 1000).toISOString() } },
    windows: [...windowsAt(calendar, question.now)],
  }
  switch (question.kind) {
    case 'action':
      return actionToCedar(question, actions[question.action]?.arguments, time)
    case 'registry':
      return registryToCedar(question, changes[question.action]?.arguments, time)
    case 'person':
      return personToCedar(question, time)
  }
}

type Time = { now: CedarValueJson; windows: string[] }

/** The question with some facts of its context changed. */
export function withChanges(question: CedarQuestion, changes: readonly Change[]): CedarQuestion {
  if (changes.length === 0) return question
  const context = structuredClone(question.context)
  for (const { fact, value } of changes) {
    const [, ...path] = fact
    const last = path.pop() ?? ''
    const within = path.reduce<Record<string, CedarValueJson> | undefined>(
      (of, name) => of?.[name] as Record<string, CedarValueJson> | undefined,
      context,
    )
    if (within && value === undefined) delete within[last]
    else if (within) within[last] = value as CedarValueJson
  }
  return { ...question, context }
}

function actionToCedar(question: ActionQuestion, types: ArgumentsSchema | undefined, time: Time): CedarQuestion {
  const { agent, resource, approval } = question
  return {
    principal: uid('Agent', agent.id),
    action: uid('Action', question.action),
    resource: uid('Resource', resource.id),
    context: {
      agent: { autonomy: agent.autonomy, owner: agent.owner },
      resource: factsToCedar(resource),
      arguments: argumentsToCedar(question.arguments, types ?? { properties: {} }),
      purpose: question.purpose,
      moment: question.moment,
      approval: { tier: approval.tier, breakGlass: false },
      credential: question.credential,
      unpinned: [...question.unpinned],
      recent: question.recent,
      ambient: question.host.ambient,
      record: { ...question.host.record },
      justified: question.justified,
      task: question.task,
      task_source: question.taskSource,
      delegationDepth: question.delegationDepth,
      preview: question.preview,
      ...(question.change && { change: { ...question.change, types: [...question.change.types] } }),
      ...time,
    },
    entities: [],
  }
}

const factsToCedar = ({ type, id, environment, classification, group }: RequestFacts['resource']) => ({
  ...{ type, id, environment, classification },
  ownedBy: group,
})

function registryToCedar(question: RegistryQuestion, types: ArgumentsSchema | undefined, time: Time): CedarQuestion {
  const { person, resource, change, moment, approval } = question
  return {
    principal: uid('Person', person.id),
    action: uid('Action', question.action),
    resource: uid('Resource', resource.id),
    context: {
      resource: factsToCedar(resource),
      arguments: argumentsToCedar(question.arguments, types ?? { properties: {} }),
      change: { ...change, members: [...change.members] },
      moment,
      approval: { tier: approval.tier },
      ...time,
    },
    entities: [personEntity(person)],
  }
}

function personToCedar(question: PersonQuestion, time: Time): CedarQuestion {
  const { action, person, request, stage, inSteadBy, absent, opening, subject, answersForIt } = question
  const principal = uid('Person', person.id)
  const groups = personEntity(person)
  if (absent)
    return {
      principal,
      action: uid('Action', action),
      resource: uid('Person', absent.id),
      context: { sharedGroups: person.groups.filter((group) => absent.groups.includes(group)), ...time },
      entities: [groups, ...(absent.id === person.id ? [] : [personEntity(absent)])],
    }
  if (opening) {
    const { moment, drill } = opening
    return {
      principal,
      action: uid('Action', action),
      resource: uid('Opening', opening.id),
      context: action === 'review' ? { ...time } : { moment, drill, approval: { tier: 0, breakGlass: true }, ...time },
      entities: [groups, openingEntity(opening)],
    }
  }
  return {
    principal,
    action: uid('Action', action),
    resource: request ? uid('Request', request.id) : uid('Desk', 'hotwork'),
    context: {
      ...defined({ stage, inSteadBy: inSteadBy && ref('Person', inSteadBy), subject, answersForIt }),
      ...time,
    },
    entities: [groups, ...(request ? [requestEntity(request)] : [])],
  }
}

const personEntity = ({ id, groups }: PersonQuestion['person']): EntityJson => ({
  uid: uid('Person', id),
  attrs: {},
  parents: groups.map((group) => uid('Group', group)),
})

const resourceAttributes = ({ type, id, environment, classification, group }: RequestFacts['resource']) => ({
  resourceType: type,
  resourceId: id,
  environment,
  classification,
  ownedBy: ref('Group', group),
})

const openingEntity = ({ id, action, group, resource, profile, incident }: OpeningFacts): EntityJson => ({
  uid: uid('Opening', id),
  attrs: {
    action,
    group,
    ...resourceAttributes(resource),
    ...defined({ profile }),
    incident,
  },
  parents: [],
})

const requestEntity = ({ id, agent, owners, action, group, resource, tier }: RequestFacts): EntityJson => ({
  uid: uid('Request', id),
  attrs: {
    agent: ref('Agent', agent),
    owner: ref('Person', owners[0] ?? ''),
    delegators: owners.slice(1).map((owner) => ref('Person', owner)),
    action,
    group,
    ...resourceAttributes(resource),
    tier,
  },
  parents: [],
})

/** Converts each value by its type. Null counts as absent. */
function argumentsToCedar(args: JsonObject, { properties }: Pick<ArgumentsSchema, 'properties'>): CedarRecord {
  const members = Object.entries(args).map(([name, value]) => {
    const schema = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (schema === undefined) throw new TypeError(`argument \`${name}\` is not in the catalogue`)
    return [name, value === null ? undefined : argumentToCedar(name, value, schema)] as const
  })
  return defined(Object.fromEntries(members)) as CedarRecord
}

type CedarRecord = Record<string, CedarValueJson>

function argumentToCedar(name: string, value: Json, schema: ArgumentSchema): CedarValueJson {
  const canonical = canonicalForm(value)
  const none = () => {
    throw new TypeError(`argument \`${name}\` has no form in Cedar`)
  }
  const record = isObject(value) ? value : undefined
  const simple = () => (typeof value === 'string' || typeof value === 'boolean' ? value : none())
  return forSchema<CedarValueJson>(schema, {
    string: simple,
    boolean: simple,
    integer: () => (Number.isSafeInteger(value) ? (value as number) : none()),
    number: () =>
      typeof value === 'number' && isDecimal(value) ? { __extn: { fn: 'decimal', arg: decimalText(value) } } : none(),
    scalar: () => ({ canonical }),
    // Members named by callers have no declared type: policy sees their names, and the whole in canonical form.
    map: () => (record ? { keys: Object.keys(record), canonical } : none()),
    list: ({ items }) => {
      if (!Array.isArray(value)) return none()
      const list: readonly Json[] = value
      const each = isSimple(items) ? { items: list.map((item) => argumentToCedar(name, item, items)) } : {}
      return { ...each, count: list.length, canonical }
    },
    object: (own) => (record ? argumentsToCedar(record, own) : none()),
    oneOf: (own) => {
      const branch = branchOf(own, value)
      return record && branch ? argumentsToCedar(record, branch) : none()
    },
  })
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
