import { type Facts, findFacts, findTier, questionOf } from '../../functions/domain/policy/assess.ts'
import { agentOf, type Bundle } from '../../functions/domain/policy/bundle.ts'
import { windowsAt } from '../../functions/domain/policy/calendar.ts'
import { tierOf } from '../../functions/domain/policy/ladder.ts'
import type { Answer, Ask, Moment } from '../../functions/domain/policy/question.ts'
import type { AgentId } from '../../functions/domain/values.ts'
import { defined } from '../../functions/domain/values.ts'
import { type Change, type Changes, changesOf, type Directed, type Direction, eachOnce, isSame } from './change.ts'
import { exampleOf, simplest } from './examples.ts'
import { noReads, readsPath, readsTogether } from './policy-reads.ts'
import {
  alikeAgents,
  combinations,
  type Point,
  pointOf,
  readsOf,
  type Side,
  type Space,
  samplePoints,
  spaceOf,
} from './question-space.ts'

export type Asker = Side & { ask: Ask; fileOf: (policyOrAction: string) => string | undefined }
export type Sides = { old: Asker; new: Asker; seed: number; most: number }

type Outcome = { tier?: number; policies: readonly string[]; facts?: Facts }

/** The lowest rung that permits, if any does. A forbid that reads no approval forbids at every rung, so they are not asked. */
function decide({ bundle, reads, ask }: Asker, { asked, moment, now }: Point): Outcome {
  const facts = findFacts(bundle, asked, now)
  if (!facts.ok) return { policies: [] }
  let never: Answer | undefined
  const search = findTier(bundle.ladder.tiers, (tier) => {
    if (never) return never
    const answer = ask(questionOf(facts.value, asked, { moment, tier, now }))
    const readsTier = (id: string) => readsPath(reads[asked.action]?.[id] ?? noReads, 'context.approval')
    if (!answer.permit && !answer.policies.every(readsTier)) never = answer
    return answer
  })
  if (search.outcome === 'refused') return { policies: search.policies, facts: facts.value }
  return { tier: search.tier.tier, policies: search.policies, facts: facts.value }
}

const never = Number.POSITIVE_INFINITY

/** Which of the policies that differ on the other side does it; else the file of the fact that does. */
function causeOf(
  sides: Sides,
  point: Point,
  direction: Direction,
  permitted: Outcome,
): { policy?: string; file: string } {
  const [permits, refuses] = direction === 'widened' ? [sides.new, sides.old] : [sides.old, sides.new]
  const { action } = point.asked
  const [here, there] = [permits.bundle.policies[action] ?? {}, refuses.bundle.policies[action] ?? {}]
  const differs = (id: string) => here[id] !== there[id]
  const facts = findFacts(refuses.bundle, point.asked, point.now)
  if (facts.ok && permitted.tier !== undefined) {
    const { moment, now } = point
    const refused = refuses.ask(questionOf(facts.value, point.asked, { moment, tier: permitted.tier, now }))
    const policy = refused.policies.find(differs) ?? permitted.policies.find(differs)
    const file = policy && (sides.new.fileOf(policy) ?? sides.old.fileOf(policy))
    if (policy !== undefined && file !== undefined) return { policy, file }
  }
  return { file: factFile(sides, point) }
}

function factFile(sides: Sides, { asked, now }: Point): string {
  const [before, after] = [sides.old.bundle, sides.new.bundle]
  const { action, agent } = asked
  if (!isSame(before.actions[action], after.actions[action])) return fileOfAction(sides, action)
  if (!isSame(agentOf(before, agent), agentOf(after, agent))) return 'agents.json'
  const resource = ({ value }: { value?: Facts }) => value?.resource
  const [was, is] = [findFacts(before, asked, now), findFacts(after, asked, now)]
  if (was.ok !== is.ok || !isSame(resource(was as never), resource(is as never))) return 'resources.json'
  if (!isSame(windowsAt(before.calendar, now), windowsAt(after.calendar, now))) return 'calendar.json'
  const tiers = (bundle: Bundle) => bundle.ladder.tiers.map(({ tier }) => tier)
  return isSame(tiers(before), tiers(after)) ? 'directory.json' : 'ladder.json'
}

export const fileOfAction = ({ old: before, new: after }: Sides, action: string): string =>
  after.fileOf(action) ?? before.fileOf(action) ?? 'actions'

/** What of an action's policies, entry, resources and tiers is not the same on both sides. */
function whatDiffers({ old: { bundle: before }, new: { bundle: after } }: Sides, action: string) {
  const [was, is] = [before.policies[action] ?? {}, after.policies[action] ?? {}]
  const policies = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((id) => was[id] !== is[id])
  const type = (after.actions[action] ?? before.actions[action])?.resource.type
  const rules = ({ resources }: Bundle) => resources.filter((rule) => rule.type === type)
  const tiers = ({ ladder }: Bundle) => ladder.tiers.map(({ tier }) => tier)
  const facts = ({ actions, deployment }: Bundle) => [actions[action], deployment.accounts]
  return {
    policies,
    elsewhere:
      !isSame(facts(before), facts(after)) ||
      !isSame(rules(before), rules(after)) ||
      !isSame(tiers(before), tiers(after)),
    calendar: !isSame(before.calendar, after.calendar),
  }
}

/** The dimensions that what differs reads; what each agent, resource and purpose is, always. */
function dimensionsOf(sides: Sides, space: Space, policies: readonly string[]): readonly string[] {
  const changed = readsTogether(
    [sides.old, sides.new].flatMap(({ reads }) => policies.flatMap((id) => reads[space.action]?.[id] ?? [])),
  )
  const always = ['agent', 'target', 'purpose', 'moment']
  const reads = (name: string) =>
    name.startsWith('arguments.')
      ? policies.length === 0 || readsPath(changed, 'context.unpinned') || readsPath(changed, `context.${name}`)
      : readsPath(changed, `context.${name}`) || (name === 'now' && readsPath(changed, 'context.windows'))
  const others = [...space.dimensions.keys()].filter((name) => !always.includes(name) && reads(name))
  return [...always, ...others]
}

/** Undefined where no arguments were found that the catalogue takes, so that nothing can be asked. */
function pointsFor(sides: Sides, action: string): readonly Point[] | undefined {
  const both = [sides.old, sides.new]
  const { policies, elsewhere, calendar } = whatDiffers(sides, action)
  const space = spaceOf(both, action)
  const agents = (space.dimensions.get('agent') ?? []) as readonly AgentId[]
  const isAlike = policies.length === 0 && !elsewhere && !(calendar && space.dimensions.has('now'))
  const asking = isAlike ? agents.filter((id) => isOtherAgent(sides, id)) : agents
  if (asking.length === 0) return []
  if (space.dimensions.get('target')?.length === 0) return undefined
  const dimensions = new Map([...space.dimensions, ['agent', asking] as const])
  const here = { action, dimensions }
  const over = [...dimensionsOf(sides, here, policies), ...(calendar ? ['now'] : [])]
  const directed = combinations(here, [...new Set(over)], sides.most, sides.seed)
  return [
    ...eachOnce(both.flatMap(({ known }) => known.filter(({ asked }) => asked.action === action))),
    ...directed.map((draft) => pointOf(here, draft, both)),
    ...samplePoints(here, both, Math.ceil(sides.most / 5), sides.seed),
  ]
}

const isOtherAgent = ({ old, new: now }: Sides, id: AgentId) => {
  const seen = ({ bundle }: Side) => {
    const agent = agentOf(bundle, id)
    const people = [agent?.owner, agent?.backupOwner]
    return [agent, bundle.directory.people.filter((person) => people.includes(person.id)).map(({ status }) => status)]
  }
  return !isSame(seen(old), seen(now))
}

type Found = { direction: Direction; point: Point; from: number; to: number; policy?: string; file: string }

/** Per action and agent: what is newly permitted or refused, and whose tier rose or fell, each with an example. */
export function diffDecisions(sides: Sides): Changes {
  const both = [sides.old, sides.new]
  const actions = new Set(both.flatMap(({ bundle }) => Object.keys(bundle.actions)))
  const found: Found[] = []
  const other: Change[] = []
  for (const action of actions) {
    const points = pointsFor(sides, action)
    if (!points) other.push(notAsked(action, fileOfAction(sides, action)))
    for (const point of points ?? []) {
      const [was, is] = [decide(sides.old, point), decide(sides.new, point)]
      const [from, to] = [was.tier ?? never, is.tier ?? never]
      if (from === to) continue
      const direction = to < from ? 'widened' : 'narrowed'
      const permitted = direction === 'widened' ? is : was
      found.push({ direction, point, from, to, ...causeOf(sides, point, direction, permitted) })
    }
  }
  return { ...changesOf(found, keyOf, (alike) => changesOfAlike(sides, alike)), other }
}

const notAsked = (action: string, file: string): Change => ({
  kind: 'not_asked',
  file,
  action,
  from: 'as in OLD',
  to: 'as in NEW; no arguments were found to ask with: compare folders, whose cases have some',
})

const keyOf = ({ direction, point: { asked }, from, to, policy, file }: Found) =>
  [direction, asked.action, asked.agent, from, to, policy, file] as const

/** One for each of the agents for which the asker stands. */
function changesOfAlike(sides: Sides, all: readonly Found[]): Directed[] {
  const [first] = all
  const point = simplest(all.map((each) => each.point))
  if (!first || !point) return []
  const { direction, from, to, policy, file } = first
  const { action, agent } = point.asked
  const both = [sides.old, sides.new]
  const members = alikeAgents(both, readsOf(both, action)).find(([rep]) => rep === agent) ?? [agent]
  return members.map((member) => {
    const own = { ...point, asked: { ...point.asked, agent: member } }
    const name = `${member} asks for ${action}${to === never ? ', and is refused' : `: tier ${to}`}`
    const change: Change = defined({
      kind: kindOf(from, to),
      file,
      policy,
      agent: member,
      action,
      from: wordsOf(sides.old.bundle, from, point.moment),
      to: wordsOf(sides.new.bundle, to, point.moment),
      example: exampleOf(sides.new.bundle, sides.new.ask, own, name),
    })
    return { direction, change }
  })
}

const kindOf = (from: number, to: number) =>
  from === never ? 'newly_permitted' : to === never ? 'newly_refused' : to < from ? 'tier_fell' : 'tier_rose'

function wordsOf({ ladder }: Bundle, tier: number, moment: Moment): string {
  const at = moment === 'request' ? '' : `, at the moment \`${moment}\``
  return tier === never ? `refused${at}` : `tier ${tier} (${tierOf(ladder, tier)?.name ?? 'not in the ladder'})${at}`
}
