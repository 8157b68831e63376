// Rules: test/policies/changes/prove.test.ts
import { Ambient, noRecord } from '../../functions/domain/people/host.ts'
import { Autonomy } from '../../functions/domain/people/organisation.ts'
import { isNullable } from '../../functions/domain/policy/absent.ts'
import {
  type ArgumentSchema,
  branchesOf,
  decimalText,
  formOf,
  forSchema,
  type Members,
  membersOf,
  sampleOf,
} from '../../functions/domain/policy/arguments.ts'
import { taskAnswers, taskSources } from '../../functions/domain/policy/asking-terms.ts'
import { previewAsIf } from '../../functions/domain/policy/assess.ts'
import { type Bundle, settingsOf } from '../../functions/domain/policy/bundle.ts'
import { namesIn } from '../../functions/domain/policy/calendar.ts'
import {
  type CatalogueEntry,
  factsOf,
  sometimesUnpinned,
  tellsChange,
  unpinnedArguments,
} from '../../functions/domain/policy/catalogue.ts'
import { noChange } from '../../functions/domain/policy/change-summary.ts'
import { namesOfTier } from '../../functions/domain/policy/filling.ts'
import { previewOutcomes } from '../../functions/domain/policy/question.ts'
import type { Json } from '../../functions/domain/values.ts'

/** A fact about all possible questions: in words, and as a condition in Cedar. */
export type Assumption = { words: string; holds: string }

/** Cedar reads `\u{...}`, and not JSON's `\u....`. */
export const text = (value: string): string =>
  `"${value.replace(/["\\]/g, '\\$&').replace(/\p{C}/gu, (each) => `\\u{${each.codePointAt(0)?.toString(16)}}`)}"`
const set = (values: readonly string[]): string => `[${values.map(text).join(', ')}]`
const oneOf = (path: string, values: readonly string[]): string => `${set(values)}.contains(${path})`
const any = (conditions: readonly string[]): string =>
  conditions.length === 0 ? 'false' : conditions.map((each) => `(${each})`).join(' ||\n')
const list = (values: readonly (string | number)[]): string => values.join(', ')

/** `agents: 'any'` includes agents that are not registered yet. */
export function assumptionsFor(bundle: Bundle, action: string, agents: 'registered' | 'any'): readonly Assumption[] {
  const entry = bundle.actions[action]
  return entry ? ofAgents(bundle, entry, agents) : ofPeople(bundle, action)
}

function ofAgents(bundle: Bundle, entry: CatalogueEntry, agents: 'registered' | 'any'): readonly Assumption[] {
  const tiers = bundle.ladder.tiers.map(({ tier }) => tier)
  const moments = ['request', 'plan', 'issue', 'use']
  return [
    agents === 'any' ? anyAgent : registeredAgent(bundle),
    knownResource(bundle, entry),
    ...boundsOf(entry, 'context.arguments'),
    {
      words: `the moment is one of ${list(moments)}; the credential is ${entry.credential}`,
      holds: `${oneOf('context.moment', moments)} && context.credential == ${text(entry.credential)}`,
    },
    leftOpen(bundle, entry),
    ...(tellsChange(entry) ? [changeCounts] : []),
    ofTime(bundle),
    {
      words: `the tier is one of ${list(tiers)}`,
      holds: `[${list(tiers)}].contains(context.approval.tier)`,
    },
    counts,
    {
      words: `ambient is one of ${list(Ambient.options)}; task one of ${list(taskAnswers)}; task_source one of ${list(taskSources)}; preview one of ${list(previewOutcomes)}`,
      holds: [
        oneOf('context.ambient', Ambient.options),
        oneOf('context.task', taskAnswers),
        oneOf('context.task_source', taskSources),
        oneOf('context.preview', previewOutcomes),
      ].join(' && '),
    },
  ]
}

const anyAgent: Assumption = {
  words: `the agent has one of the autonomies ${list(Autonomy.options)}; any id and any owner`,
  holds: oneOf('context.agent.autonomy', Autonomy.options),
}

function registeredAgent({ agents }: Bundle): Assumption {
  return {
    words: 'the agent is one of agents.json, with the autonomy and an owner that stand there',
    holds: any(
      agents.map(({ id, autonomy, owner, backupOwner }) =>
        [
          `principal == Hotwork::Agent::${text(id)}`,
          `context.agent.autonomy == ${text(autonomy)}`,
          oneOf('context.agent.owner', [owner, ...(backupOwner ? [backupOwner] : [])]),
        ].join(' && '),
      ),
    ),
  }
}

/**
 * A resource with an id as the catalogue builds it. Its relation to the arguments is left out: they may be any texts.
 */
function knownResource(bundle: Bundle, entry: CatalogueEntry): Assumption {
  const places = factsOf(entry, settingsOf(bundle, entry))
  const shape = entry.resource.id.replace(/\{([A-Za-z0-9_.]+)\}/g, (_, name: string) => places[name] ?? '*')
  const rules = bundle.resources.filter(({ type }) => type === entry.resource.type)
  const isOf = (pattern: string) => `context.resource.id like ${text(pattern)}`
  return {
    words: `the resource is a ${entry.resource.type} ${shape}, and a rule of resources.json says its environment, classification and group`,
    holds: [
      `context.resource.type == ${text(entry.resource.type)}`,
      isOf(shape),
      `(${any(
        rules.map(({ id, environment, classification, group }, at) =>
          [
            isOf(id),
            ...rules.slice(0, at).map((earlier) => `!(${isOf(earlier.id)})`),
            `context.resource.environment == ${text(environment)}`,
            `context.resource.classification == ${text(classification)}`,
            `context.resource.ownedBy == ${text(group)}`,
          ].join(' && '),
        ),
      )})`,
    ].join(' && '),
  }
}

/** The catalogue's bounds of the arguments under `path`. Patterns are left out: a text may be any text. */
export function boundsOf({ arguments: own }: Pick<CatalogueEntry, 'arguments'>, path: string): readonly Assumption[] {
  return boundsOfMembers([own], path, '')
}

/** A member of several branches is within one of their bounds. */
function boundsOfMembers(branches: readonly Members[], path: string, above: string): readonly Assumption[] {
  return membersOf(branches).flatMap(({ name, schemas, always }) => {
    const at = `${path}[${text(name)}]`
    const each = schemas.map((schema) => boundsOfOne(schema, at, `${above}${name}`))
    const [bounds = []] = each
    if (each.some((other) => JSON.stringify(other) !== JSON.stringify(bounds))) return []
    const isThere = `${path} has ${text(name)}`
    return bounds.map(({ words, holds }) => ({
      words,
      holds: always ? holds : `if ${isThere} then ${holds} else true`,
    }))
  })
}

function boundsOfOne(schema: ArgumentSchema, at: string, name: string): readonly Assumption[] {
  const none = () => []
  const between = (minimum: number | string, maximum: number | string, words: string) => [
    { words: `${name} is ${words}`, holds: `${at} >= ${minimum} && ${at} <= ${maximum}` },
  ]
  return forSchema<readonly Assumption[]>(schema, {
    integer: ({ minimum, maximum }) => between(minimum, maximum, `from ${minimum} to ${maximum}`),
    number: ({ minimum, maximum }) => [
      {
        words: `${name} is from ${minimum} to ${maximum}`,
        holds: `${at}.greaterThanOrEqual(${decimalOf(minimum)}) && ${at}.lessThanOrEqual(${decimalOf(maximum)})`,
      },
    ],
    string: (own) => (own.enum ? [{ words: `${name} is one of ${list(own.enum)}`, holds: oneOf(at, own.enum) }] : []),
    list: ({ minItems = 0, maxItems }) => [
      {
        words: `${name} has ${minItems} to ${maxItems} items`,
        holds: `${at}.count >= ${minItems} && ${at}.count <= ${maxItems}`,
      },
    ],
    object: (own) => boundsOfMembers([own], at, `${name}.`),
    oneOf: (own) =>
      boundsOfMembers(
        branchesOf(own).map((branch) => branch.schema),
        at,
        `${name}.`,
      ),
    boolean: none,
    scalar: none,
    map: none,
  })
}

const decimalOf = (value: number): string => `decimal("${decimalText(value)}")`

/** The arguments that the credential's statement leaves open for this ask. */
function leftOpen(bundle: Bundle, entry: CatalogueEntry): Assumption {
  const at = settingsOf(bundle, entry)
  const open = sometimesUnpinned(entry, at)
  if (open.length === 0) return { words: 'the credential leaves no argument open', holds: 'context.unpinned.isEmpty()' }
  const { properties, required } = entry.arguments
  const holds = open.flatMap((name) => {
    const isOpen = (args: { [name: string]: Json }) => unpinnedArguments(entry, args, at).includes(name)
    const schema = properties[name]
    const given = schema && isOpen({ [name]: sampleOf(schema, () => 'a') ?? 'a' })
    const contains = `context.unpinned.contains(${text(name)})`
    // Maps and lists depend on their members.
    const whenGiven =
      schema && (isNullable(schema) || ['map', 'list', 'object', 'oneOf'].includes(formOf(schema)))
        ? undefined
        : given
          ? contains
          : `!${contains}`
    if (required.includes(name)) return whenGiven ?? []
    const isThere = `context.arguments has ${text(name)}`
    const whenAbsent = isOpen({}) ? contains : `!${contains}`
    return `if ${isThere} then ${whenGiven ?? 'true'} else ${whenAbsent}`
  })
  return {
    words: `the credential leaves open what its statement does not hold, at most ${list(open)}`,
    holds: [`${set(open)}.containsAll(context.unpinned)`, ...holds.map((each) => `(${each})`)].join(' && '),
  }
}

/** The largest count of recent events (docs/policies.md), and otherwise the largest number. */
const mostRecent = 50
const counts: Assumption = {
  words: `recent is from 0 to ${mostRecent}; delegationDepth and the counts of record are not negative`,
  holds: [
    `context.recent >= 0 && context.recent <= ${mostRecent}`,
    ...['context.delegationDepth', ...Object.keys(noRecord).map((name) => `context.record.${name}`)].map(
      (path) => `${path} >= 0 && ${path} <= ${Number.MAX_SAFE_INTEGER}`,
    ),
  ].join(' && '),
}

const changeCounts: Assumption = {
  words: 'the numbers of a change set are not negative',
  holds: `!(context has change) || (${Object.keys(noChange)
    .filter((name) => name !== 'types')
    .map((name) => `context.change.${name} >= 0 && context.change.${name} <= ${Number.MAX_SAFE_INTEGER}`)
    .join(' && ')})`,
}

/** Their combinations and times are left out: any combination may hold. */
function ofTime({ calendar }: Bundle): Assumption {
  const names = calendar ? namesIn(calendar) : []
  return {
    words:
      names.length === 0
        ? 'no window holds; the time is in this century'
        : `the windows that hold are any of ${list(names)}; the time is in this century`,
    holds: [
      names.length === 0 ? 'context.windows.isEmpty()' : `${set(names)}.containsAll(context.windows)`,
      'context.now >= datetime("2000-01-01") && context.now < datetime("2100-01-01")',
    ].join(' && '),
  }
}

function ofPeople(bundle: Bundle, action: string): readonly Assumption[] {
  const stages = [...new Set(bundle.ladder.tiers.flatMap(namesOfTier))]
  if (action !== 'approve') return [ofTime(bundle)]
  return [ofTime(bundle), { words: `the stage is one of ${list(stages)}`, holds: oneOf('context.stage', stages) }]
}

export const conditionOf = (assumptions: readonly Assumption[]): string =>
  assumptions.map(({ holds }) => `(${holds})`).join(' &&\n') || 'true'

/** Conditions that shorten an example, in order: usual values, then values that a case can express. */
export function nicetiesOf({ actions }: Bundle, action: string): readonly Assumption[] {
  if (!Object.hasOwn(actions, action)) return []
  const said = [
    'context.moment == "request"',
    '!context.approval.breakGlass',
    `context.preview == ${text(previewAsIf(actions[action] as CatalogueEntry))}`,
    'context.delegationDepth <= 8',
  ]
  const usual = [
    'context.delegationDepth == 0',
    'context.recent == 0',
    ...Object.keys(noRecord).map((name) => `context.record.${name} == 0`),
    'context.ambient == "unknown"',
    'context.justified',
    'context.task == "unchecked"',
    'context.task_source == "agent"',
    'context.windows.isEmpty()',
  ]
  return [
    { words: 'all is usual', holds: [...said, ...usual].join(' && ') },
    { words: 'a case can say it', holds: said.join(' && ') },
  ]
}
