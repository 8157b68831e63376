// Rules: test/policies/changes/diff.test.ts
import { findFacts, findTier, questionOf } from '../../functions/domain/policy/assess.ts'
import { agentOf, type Bundle } from '../../functions/domain/policy/bundle.ts'
import { windowsAt } from '../../functions/domain/policy/calendar.ts'
import { tierOf } from '../../functions/domain/policy/ladder.ts'
import type { Answer, Moment } from '../../functions/domain/policy/question.ts'
import type { AgentId } from '../../functions/domain/values.ts'
import { defined } from '../../functions/domain/values.ts'
import { type Asker, type Cause, causeOf, isSameGround, type Sides } from './asking.ts'
import { type Change, type Changes, changesOf, type Directed, type Direction, eachOnce, isSame } from './change.ts'
import { exampleOf, simplest } from './examples.ts'
import { noReads, readsPath, readsTogether } from './policy-reads.ts'
import {
  alikeAgents,
  combinations,
  type Point,
  pointOf,
  readsOf,
  type Space,
  samplePoints,
  spaceOf,
} from './question-space.ts'

type Outcome = { tier?: number; policies: readonly string[] }

/**
 * The lowest rung that permits, if any. A forbid that does not read the approval forbids at every rung, so the rungs
 * are skipped.
 */
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
  const { policies } = search
  return search.outcome === 'refused' ? { policies } : { tier: search.tier.tier, policies }
}

export const never = Number.POSITIVE_INFINITY

/** The policies that refuse what the other side permits, and each side's facts. */
function causeOfDecision(sides: Sides, point: Point, refuses: Asker, { tier = 0, policies }: Outcome): Cause {
  const { asked, moment, now } = point
  const { action, agent } = asked
  const facts = findFacts(refuses.bundle, asked, now)
  const refused = facts.ok ? refuses.ask(questionOf(facts.value, asked, { moment, tier, now })).policies : undefined
  return causeOf(sides, action, refused ? [...refused, ...policies] : [], (bundle) => {
    const found = findFacts(bundle, asked, now)
    return [
      [fileOfAction(sides, action), bundle.actions[action]],
      ['agents.json', agentOf(bundle, agent)],
      ['resources.json', found.ok ? found.value.resource : found.code],
      ['calendar.json', windowsAt(bundle.calendar, now)],
      ['ladder.json', bundle.ladder.tiers.map((each) => each.tier)],
      ['directory.json', bundle.directory],
    ]
  })
}

export const fileOfAction = ({ old: before, new: after }: Sides, action: string): string =>
  after.fileOf(action) ?? before.fileOf(action) ?? 'actions'

/** Policies with changed texts, and policies that read windows of a changed calendar. */
function changedPolicies({ old: before, new: after }: Sides, action: string): readonly string[] {
  const [was, is] = [before.bundle.policies[action] ?? {}, after.bundle.policies[action] ?? {}]
  const isSameCalendar = isSame(before.bundle.calendar, after.bundle.calendar)
  const readsWindows = (id: string) => readsPath(after.reads[action]?.[id] ?? noReads, 'context.windows')
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(
    (id) => was[id] !== is[id] || (!isSameCalendar && readsWindows(id)),
  )
}

/** The dimensions that the differing policies read. Agent, resource and purpose are always included. */
function dimensionsOf(sides: Sides, space: Space, policies: readonly string[]): readonly string[] {
  const changed = readsTogether(
    [sides.old, sides.new].flatMap(({ reads }) => policies.flatMap((id) => reads[space.action]?.[id] ?? [])),
  )
  const always = ['agent', 'target', 'purpose', 'moment']
  const reads = (name: string) =>
    name.startsWith('arguments.')
      ? policies.length === 0 || readsPath(changed, 'context.unpinned') || readsPath(changed, `context.${name}`)
      : readsPath(changed, `context.${name}`) || (name === 'now' && readsPath(changed, 'context.windows'))
  return [...always, ...[...space.dimensions.keys()].filter((name) => !always.includes(name) && reads(name))]
}

/** Undefined if no valid arguments were found, so that nothing can be asked. */
function pointsFor(sides: Sides, action: string): readonly Point[] | undefined {
  const both = [sides.old, sides.new]
  const policies = changedPolicies(sides, action)
  if (policies.length === 0 && isSameGround(sides)) return []
  const space = spaceOf(both, action)
  if (space.dimensions.get('agent')?.length === 0) return []
  if (space.dimensions.get('target')?.length === 0) return undefined
  const directed = combinations(space, dimensionsOf(sides, space, policies), sides.most, sides.seed)
  return [
    ...eachOnce(both.flatMap(({ known }) => known.filter(({ asked }) => asked.action === action))),
    ...directed.map((draft) => pointOf(space, draft, both)),
    ...samplePoints(space, both, Math.ceil(sides.most / 5), sides.seed),
  ]
}

type Found = Cause & { direction: Direction; point: Point; from: number; to: number }

/**
 * The differences by action and agent: newly permitted, newly refused, raised and lowered tiers, each with an example.
 */
export function diffDecisions(sides: Sides): Changes {
  const actions = new Set([sides.old, sides.new].flatMap(({ bundle }) => Object.keys(bundle.actions)))
  const found: Found[] = []
  const other: Change[] = []
  for (const action of actions) {
    const points = pointsFor(sides, action)
    if (!points) other.push(notAsked(action, fileOfAction(sides, action)))
    for (const point of points ?? []) {
      const [was, is] = [decide(sides.old, point), decide(sides.new, point)]
      const [from, to] = [was.tier ?? never, is.tier ?? never]
      if (from === to) continue
      const [direction, permitted, refuses] =
        to < from ? (['widened', is, sides.old] as const) : (['narrowed', was, sides.new] as const)
      found.push({ direction, point, from, to, ...causeOfDecision(sides, point, refuses, permitted) })
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

/** One change for each agent that the asker represents. */
function changesOfAlike(sides: Sides, all: readonly Found[]): Directed[] {
  const [first] = all
  const point = simplest(all.map((each) => each.point))
  if (!first || !point) return []
  const { direction, from, to, policy, file } = first
  const { action, agent } = point.asked
  const both = [sides.old, sides.new]
  const members = alikeAgents(both, readsOf(both, action)).find(([rep]) => rep === agent) ?? [agent]
  return members.map((member: AgentId) => {
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

export const kindOf = (from: number, to: number) =>
  from === never ? 'newly_permitted' : to === never ? 'newly_refused' : to < from ? 'tier_fell' : 'tier_rose'

export function wordsOf({ ladder }: Bundle, tier: number, moment: Moment = 'request'): string {
  const at = moment === 'request' ? '' : `, at the moment \`${moment}\``
  return tier === never ? `refused${at}` : `tier ${tier} (${tierOf(ladder, tier)?.name ?? 'not in the ladder'})${at}`
}
