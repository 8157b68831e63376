// Rules: test/policies/changes/weakenings.test.ts
import type { ChangeAsked } from '../../functions/domain/agents/assess-change.ts'
import { type Ambient, noRecord } from '../../functions/domain/people/host.ts'
import { agentStatus, fitsPattern, ownerOf } from '../../functions/domain/people/organisation.ts'
import { type TaskAnswer, type TaskSource, taskAnswers } from '../../functions/domain/policy/asking-terms.ts'
import { type Asked, findActionFacts } from '../../functions/domain/policy/assess.ts'
import { agentOf, type Bundle } from '../../functions/domain/policy/bundle.ts'
import { type CatalogueEntry, startsRun, tellsChange } from '../../functions/domain/policy/catalogue.ts'
import { type ChangeSummary, noChange } from '../../functions/domain/policy/change-summary.ts'
import type { PersonAct } from '../../functions/domain/policy/policy-case.ts'
import type { Moment } from '../../functions/domain/policy/question.ts'
import type { AgentId, Json, JsonObject, NumericDate, PersonId } from '../../functions/domain/values.ts'
import { defined } from '../../functions/domain/values.ts'
import { eachOnce } from './change.ts'
import { names, type PolicyReads, type Reads, readsPath, readsTogether, unread } from './policy-reads.ts'
import { pick, seeded } from './random.ts'
import { argumentValues, targetArguments, targetsOf } from './targets.ts'
import { tellingTimes } from './telling-times.ts'

/** One ask of an agent, and its time. */
export type Point = { asked: Asked & { agent: AgentId; arguments: JsonObject }; moment: Moment; now: NumericDate }

/** One act of a person, and its time. `change`: about a change of the registry. */
export type PersonPoint = PersonAct & { point?: Omit<Point, 'moment'> | undefined; change?: ChangeAsked | undefined }

/** A bundle, its policies' reads, and the questions of its cases about agents and people. */
export type Side = { bundle: Bundle; reads: PolicyReads; known: readonly Point[]; acts: readonly PersonPoint[] }

/** The values of each dimension in this space, the usual one first. */
export type Space = { readonly action: string; readonly dimensions: ReadonlyMap<string, readonly unknown[]> }

/** The default time of cases. */
export const usualTime: NumericDate = Date.UTC(2026, 0, 1, 12) / 1000

export const readsOf = (sides: readonly Side[], action: string): Reads =>
  readsTogether(sides.flatMap(({ reads }) => Object.values(reads[action] ?? {})))

const around = (numbers: readonly number[], most: number) =>
  numbers.flatMap((each) => [each - 1, each, each + 1]).filter((each) => each >= 0 && each <= most)

/** Agents that policy cannot tell apart on any side: one stands for all. */
export function alikeAgents(sides: readonly Side[], reads: Reads): readonly (readonly [AgentId, ...AgentId[]])[] {
  const alike = new Map<string, [AgentId, ...AgentId[]]>()
  for (const { id } of sides.flatMap(({ bundle }) => bundle.agents)) {
    const seen = sides.map(({ bundle }) => {
      const agent = agentOf(bundle, id)
      if (!agent) return undefined
      const owner = readsPath(reads, 'context.agent.owner') ? ownerOf(agent, bundle.directory) : undefined
      return [agent.autonomy, agentStatus(agent, bundle.directory, usualTime), owner]
    })
    const key = JSON.stringify([seen, names(reads, id) ? id : ''])
    const known = alike.get(key)
    if (!known) alike.set(key, [id])
    else if (!known.includes(id)) known.push(id)
  }
  return [...alike.values()]
}

export const knownArguments = (known: readonly Point[], action: string): readonly JsonObject[] =>
  eachOnce(known.filter(({ asked }) => asked.action === action).map(({ asked }) => asked.arguments))

/** Arguments for one resource of each kind that the rules and policies of any side tell apart. */
function targetValues(sides: readonly Side[], action: string, reads: Reads): readonly JsonObject[] {
  const { patterns, texts } = reads.paths['context.resource.id'] ?? unread
  const isWhole = reads.paths['context.resource'] !== undefined
  const found = new Map<string, JsonObject>()
  for (const { bundle, known } of sides) {
    const entry = bundle.actions[action]
    if (!entry) continue
    const asks = knownArguments(known, action)
    for (const args of targetsOf(entry, bundle, reads, asks)) {
      const key = JSON.stringify(
        sides.map(({ bundle: other }) => {
          const facts = findActionFacts(other, { action, arguments: args })
          if (!facts.ok) return facts.code
          const { id, type, environment, classification, group: ownedBy } = facts.value.resource
          const all = Object.entries({ type, environment, classification, ownedBy })
          const resource = all.filter(([name]) => isWhole || readsPath(reads, `context.resource.${name}`))
          const literal = texts.includes(id) || names(reads, id) ? id : ''
          const byArgument = targetArguments(entry).map(
            (name) => readsPath(reads, `context.arguments.${name}`) && args[name],
          )
          return [resource, literal, patterns.map((pattern) => fitsPattern(pattern, id)), byArgument]
        }),
      )
      if (!found.has(key)) found.set(key, args)
    }
  }
  return [...found.values()]
}

/**
 * The facts in which two asks for an action may differ, if its policies or the two catalogue entries tell them apart.
 */
export function spaceOf(sides: readonly Side[], action: string): Space {
  const reads = readsOf(sides, action)
  const entries = sides.flatMap(({ bundle }) => bundle.actions[action] ?? [])
  const dimensions = new Map<string, readonly unknown[]>()
  const add = (name: string, usual: unknown, others: readonly unknown[]) =>
    dimensions.set(name, [...new Set([usual, ...others])])
  const of = (path: string) => reads.paths[`context.${path}`]

  dimensions.set(
    'agent',
    alikeAgents(sides, reads).map(([agent]) => agent),
  )
  dimensions.set('target', targetValues(sides, action, reads))
  const purposes = of('purpose')?.texts ?? []
  add('purpose', purposes[0] ?? 'remediation', [...purposes, ...(of('purpose') ? ['something else'] : [])])
  for (const name of argumentsApart(entries, reads)) {
    const values = argumentValues(name, entries, reads)
    dimensions.set(
      `arguments.${name}`,
      values.map((value) => ({ value })),
    )
  }
  const moments = of('moment')
  if (moments) {
    // No plan has a run as a step.
    const isRun = entries.length > 0 && entries.every(startsRun)
    const named = (moments.texts as Moment[]).filter((moment) => moment !== 'plan' || !isRun)
    add('moment', 'request', [...named, ...(named.includes('request') ? ['issue'] : [])])
  }
  const { numbers: depths } = of('delegationDepth') ?? unread
  if (depths.length > 0) add('delegationDepth', 0, around(depths, 8))
  const { numbers: recent } = of('recent') ?? unread
  if (recent.length > 0) add('recent', 0, around(recent, 50))
  for (const name of Object.keys(noRecord)) {
    const { numbers } = of(`record.${name}`) ?? unread
    if (numbers.length > 0) add(`record.${name}`, 0, around(numbers, Number.MAX_SAFE_INTEGER))
  }
  if (of('ambient')) add('ambient', 'denied', ['allowed', 'unknown'])
  if (of('justified')) add('justified', true, [false])
  if (of('task')) add('task', 'unchecked', taskAnswers)
  if (of('task_source')) add('taskSource', 'agent', of('task_source')?.texts ?? [])
  if (entries.some(tellsChange)) for (const [name, values] of changesApart(reads)) add(name, values[0], values.slice(1))
  if (of('preview') && entries.some(({ preview }) => preview)) add('preview', undefined, ['failed'])
  if (of('now') || of('windows')) add('now', usualTime, timesApart(sides, reads))
  return { action, dimensions }
}

/** Change sets, if policy reads them: unknown, each number around its limits, and types. */
function changesApart(reads: Reads): readonly (readonly [dimension: string, values: readonly unknown[]])[] {
  if (!readsPath(reads, 'context.change')) return []
  const of = (name: string) => reads.paths[`context.change.${name}`]
  const numbers = Object.keys(noChange).flatMap((name) => {
    const compared = name === 'types' ? undefined : of(name)
    return compared ? [[`change.${name}`, [0, ...around(compared.numbers, Number.MAX_SAFE_INTEGER)]] as const] : []
  })
  const types = of('types')?.texts.map((type) => [type]) ?? []
  return [['change', [true, false]], ...numbers, ...(of('types') ? [['change.types', [[], ...types]] as const] : [])]
}

/** Times that windows, freezes and comparisons tell apart. */
export function timesApart(sides: readonly Side[], reads: Reads): readonly NumericDate[] {
  const calendars = sides.flatMap(({ bundle }) => bundle.calendar ?? [])
  const windows = readsPath(reads, 'context.windows') ? tellingTimes(calendars, usualTime) : []
  return [...new Set([usualTime, ...windows, ...timesAround(reads.paths['context.now']?.numbers ?? [])])]
}

/** Seconds since 1970; a number below a day is a time of day. */
const timesAround = (numbers: readonly number[]): readonly NumericDate[] =>
  numbers.flatMap((each) => {
    const at = each > 0 && each <= 86_400 ? usualTime - (usualTime % 86_400) + each : each
    return [at - 1, at, at + 1].filter((time) => time > 0)
  })

/** Arguments whose values make a difference, except those that name the resource. */
function argumentsApart(entries: readonly CatalogueEntry[], reads: Reads): readonly string[] {
  const all = new Set(entries.flatMap((entry) => Object.keys(entry.arguments.properties)))
  const targets = new Set(entries.flatMap(targetArguments))
  const isWhole = reads.paths['context.arguments'] !== undefined
  const schemas = (name: string) =>
    entries.map(({ arguments: { properties, required } }) =>
      JSON.stringify([properties[name], required.includes(name)]),
    )
  return [...all].filter(
    (name) =>
      !targets.has(name) &&
      (isWhole ||
        readsPath(reads, `context.arguments.${name}`) ||
        reads.paths['context.unpinned']?.texts.includes(name) ||
        new Set(schemas(name)).size > 1),
  )
}

type Draft = { readonly [dimension: string]: unknown }

/** As an ask. Its delegators are owners of other agents, as far as there are enough. */
export function pointOf({ action, dimensions }: Space, draft: Draft, sides: readonly Side[]): Point {
  const at = <T>(name: string) => (name in draft ? draft[name] : dimensions.get(name)?.[0]) as T
  const args: { [name: string]: Json } = { ...at<JsonObject>('target') }
  const record = { ...noRecord }
  const change: { [name: string]: unknown } = { ...noChange }
  for (const name of dimensions.keys()) {
    const [kind, member = ''] = name.split('.')
    if (kind === 'record') record[member as keyof typeof record] = at<number>(name)
    if (kind === 'change' && member !== '') change[member] = at<unknown>(name)
    if (kind !== 'arguments') continue
    const { value } = at<{ value: Json | undefined }>(name)
    if (value === undefined) delete args[member]
    else args[member] = value
  }
  const agent = at<AgentId>('agent')
  const asked = defined({
    agent,
    action,
    arguments: args as JsonObject,
    purpose: at<string>('purpose'),
    delegators: delegatorsOf(agent, at<number | undefined>('delegationDepth') ?? 0, sides),
    recent: at<number | undefined>('recent'),
    host: { ambient: at<Ambient | undefined>('ambient') ?? ('unknown' as const), record },
    justified: at<boolean | undefined>('justified'),
    task: at<TaskAnswer | undefined>('task'),
    taskSource: at<TaskSource | undefined>('taskSource'),
    preview: at<'failed' | undefined>('preview'),
    change: at<boolean | undefined>('change') ? (change as ChangeSummary) : undefined,
  })
  return {
    asked,
    moment: at<Moment | undefined>('moment') ?? 'request',
    now: at<number | undefined>('now') ?? usualTime,
  }
}

export function delegatorsOf(
  agent: AgentId,
  depth: number,
  sides: readonly Pick<Side, 'bundle'>[],
): readonly PersonId[] {
  const people = sides.flatMap(({ bundle }) => bundle.directory.people.map(({ id }) => id))
  const owners = sides.flatMap(({ bundle }) => bundle.agents.filter(({ id }) => id !== agent).map(({ owner }) => owner))
  const all = [...new Set([...owners, ...people])]
  return Array.from({ length: depth }, (_, at) => all[at % all.length] as PersonId)
}

/**
 * Every combination of these dimensions if they are few, otherwise a sample by the seed; other dimensions have their
 * usual value.
 */
export function combinations(space: Space, over: readonly string[], most: number, seed: number): readonly Draft[] {
  const axes = over.flatMap((name) => {
    const values = space.dimensions.get(name)
    return values ? [{ name, values }] : []
  })
  const size = axes.reduce((product, { values }) => product * values.length, 1)
  const random = seeded(seed)
  if (size > most)
    return Array.from({ length: most }, () =>
      Object.fromEntries(axes.map(({ name, values }) => [name, pick(random, values)])),
    )
  return axes.reduce<readonly Draft[]>(
    (drafts, { name, values }) => drafts.flatMap((draft) => values.map((value) => ({ ...draft, [name]: value }))),
    [{}],
  )
}

/** Facts with a usual value, which gets half of the draws: a rare value may mask most rules. */
const isUsual = (name: string): boolean => name !== 'agent' && name !== 'target' && !name.startsWith('arguments.')

const draw = (random: () => number, name: string, values: readonly unknown[]): unknown =>
  isUsual(name) && random() < 0.5 ? values[0] : pick(random, values)

/** Asks from all over the space, deterministic by the seed. */
export const samplePoints = (space: Space, sides: readonly Side[], count: number, seed: number): readonly Point[] => {
  const random = seeded(seed)
  return [...space.dimensions.values()].some((values) => values.length === 0)
    ? []
    : Array.from({ length: count }, () =>
        pointOf(
          space,
          Object.fromEntries([...space.dimensions].map(([name, values]) => [name, draw(random, name, values)])),
          sides,
        ),
      )
}
