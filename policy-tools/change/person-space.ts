// Rules: test/policies/changes/weakenings.test.ts
import { changeNames } from '../../functions/domain/agents/agent-change.ts'
import { type ChangeAsked, changeRequestFacts, findChange } from '../../functions/domain/agents/assess-change.ts'
import { openingRulesOf } from '../../functions/domain/break-glass/break-glass.ts'
import { groupsOf } from '../../functions/domain/people/organisation.ts'
import { findFacts, requestFacts } from '../../functions/domain/policy/assess.ts'
import { type Bundle, personOf } from '../../functions/domain/policy/bundle.ts'
import { namesOfTier } from '../../functions/domain/policy/filling.ts'
import { allAgents, isForOthers, type PersonAct, personQuestion } from '../../functions/domain/policy/policy-case.ts'
import {
  type Answer,
  type Ask,
  onlyForRequests,
  openingActs,
  type PersonAction,
  type PersonQuestion,
  type RequestFacts,
} from '../../functions/domain/policy/question.ts'
import type { PersonId } from '../../functions/domain/values.ts'
import { defined } from '../../functions/domain/values.ts'
import { eachOnce } from './change.ts'
import { askedChanges } from './change-questions.ts'
import { names, type Reads, readsPath, unread } from './policy-reads.ts'
import {
  combinations,
  knownArguments,
  type PersonPoint,
  readsOf,
  type Side,
  timesApart,
  usualTime,
} from './question-space.ts'
import { targetsOf } from './targets.ts'

const forOpenings = new Set<PersonAction>(openingActs)
const forRequests = new Set<PersonAction>([...onlyForRequests, 'read', 'revoke'])

/** People that policy cannot tell apart on any side; the first two represent all. */
export function alikePeople(sides: readonly Side[], reads: Reads): readonly (readonly PersonId[])[] {
  const alike = new Map<string, PersonId[]>()
  for (const { id } of sides.flatMap(({ bundle }) => bundle.directory.people)) {
    const seen = sides.map(({ bundle }) => [
      personOf(bundle, id)?.status,
      groupsOf(bundle.directory, id),
      bundle.agents.flatMap((agent) => (agent.owner === id || agent.backupOwner === id ? agent.id : [])),
    ])
    const key = JSON.stringify([seen, names(reads, id) ? id : ''])
    const known = alike.get(key) ?? []
    alike.set(key, known.includes(id) ? known : [...known, id])
  }
  return [...alike.values()]
}

/** Undefined if this side lacks the subject, so that the act is refused. */
export function personQuestionOf(bundle: Bundle, { point, change, ...act }: PersonPoint): PersonQuestion | undefined {
  const people = [act.person, act.inSteadBy].filter((id) => id !== undefined)
  if (!people.every((id) => personOf(bundle, id)?.status === 'active')) return undefined
  if (change) return aboutChange(bundle, act, change)
  const facts = point && findFacts(bundle, point.asked, point.now)
  if (facts && !facts.ok) return undefined
  const request = point && facts && { facts: facts.value, asked: point.asked }
  const question = personQuestion(bundle, act, request)
  return typeof question === 'string' || isForOthers(question) ? undefined : question
}

function aboutChange(bundle: Bundle, act: PersonAct, change: ChangeAsked): PersonQuestion | undefined {
  const request = changeFactsOf(bundle, change, act.tier ?? 0)
  const question = personQuestion(bundle, act)
  return typeof question === 'string' || !request ? undefined : { ...question, request }
}

function changeFactsOf(bundle: Bundle, change: ChangeAsked, tier: number): RequestFacts | undefined {
  const found = findChange(bundle, change)
  return found.ok ? changeRequestFacts(found.value, change, tier) : undefined
}

/** Undefined if this side lacks the subject. */
export function answerPerson({ bundle, ask }: { bundle: Bundle; ask: Ask }, point: PersonPoint): Answer | undefined {
  const question = personQuestionOf(bundle, point)
  return question && ask(question)
}

type About = Pick<PersonPoint, 'point' | 'change' | 'tier' | 'profile'>
type Draft = { person: PersonId; about: About; isDelegated: boolean; isInStead: boolean } & Pick<
  PersonPoint,
  'now' | 'stage' | 'absent' | 'subject'
>

/**
 * The acts and times to ask about a person: complete cases, and the combinations that the act's policies tell apart,
 * sampled by the seed if they are too many.
 */
export function personPoints(
  sides: readonly Side[],
  does: PersonAction,
  { most, seed = 0 }: { most: number; seed?: number },
): readonly PersonPoint[] {
  const reads = readsOf(sides, does)
  const alike = alikePeople(sides, reads)
  const people = alike.flatMap(([one]) => one ?? [])
  const rest: readonly (readonly [keyof Draft, readonly unknown[]])[] = [
    ['now', timesApart(sides, reads)],
    ['person', people],
    ['stage', does === 'approve' ? stagesOf(sides) : [undefined]],
    ['absent', does === 'standIn' ? alike.flatMap((all) => all.slice(0, 2)) : [undefined]],
    ['subject', subjectsOf(sides, does, reads)],
    ['isDelegated', readsPath(reads, 'resource.delegators') ? [false, true] : [false]],
    ['isInStead', readsPath(reads, 'context.inSteadBy') ? [false, true] : [false]],
  ]
  // Samples changes of the registry separately, since they are few among all requests.
  const drafts = [aboutsFor(sides, does, reads), changesFor(sides, does, reads)].flatMap((abouts) => {
    const dimensions = new Map<string, readonly unknown[]>([['about', abouts], ...rest])
    return combinations({ action: does, dimensions }, [...dimensions.keys()], most, seed)
  })
  const made = drafts.flatMap((draft) => {
    const { about, isDelegated, isInStead, ...act } = draft as Draft
    if (act.absent === act.person) return []
    const { point } = about
    const delegated = isDelegated && point && { ...point, asked: { ...point.asked, delegators: [act.person] } }
    const inSteadBy = isInStead ? people.find((other) => other !== act.person) : undefined
    return [defined({ ...about, ...act, does, point: delegated || point, inSteadBy })]
  })
  return [...eachOnce(sides.flatMap(({ acts }) => acts.filter((act) => act.does === does))), ...made]
}

function subjectsOf(sides: readonly Side[], does: PersonAction, reads: Reads): readonly (string | undefined)[] {
  if (does === 'recertify') return subjectsIn(reads)
  if (does !== 'inspect') return [undefined]
  const agents = sides.flatMap(({ bundle }) => bundle.agents.map(({ id }) => id))
  const own = readsPath(reads, 'context.answersForIt') ? agents : []
  return [...new Set([allAgents, ...subjectsIn(reads), ...own])]
}

function subjectsIn(reads: Reads): readonly string[] {
  const { texts, patterns } = reads.paths['context.subject'] ?? unread
  return ['agent:of-the-case', ...texts, ...patterns.map((each) => each.replaceAll('*', 'example'))]
}

const stagesOf = (sides: readonly Side[]): readonly string[] => [
  ...new Set(sides.flatMap(({ bundle }) => bundle.ladder.tiers.flatMap(namesOfTier))),
]

function aboutsFor(sides: readonly Side[], does: PersonAction, reads: Reads): readonly About[] {
  const profiles = sides.flatMap(({ bundle }) => openingRulesOf(bundle)?.profiles ?? []).map(({ name }) => name)
  if (forOpenings.has(does))
    return [...requestsApart(sides, [undefined], reads), ...[...new Set(profiles)].map((profile) => ({ profile }))]
  if (!forRequests.has(does)) return [{}]
  const found = requestsApart(sides, tiersApart(sides, reads), reads)
  return onlyForRequests.has(does) ? found : [...found, {}]
}

/** Changes of the registry that people decide, each by two people: one of them does not decide it. */
function changesFor(sides: readonly Side[], does: PersonAction, reads: Reads): readonly About[] {
  if (does !== 'approve') return []
  const asked = sides.flatMap(({ bundle }) => changeNames.flatMap((action) => askedChanges(bundle, action, 2)))
  const changes = asked.map((change) => ({ change }))
  return requestsApart(sides, tiersApart(sides, reads), reads, changes)
}

function tiersApart(sides: readonly Side[], reads: Reads): readonly number[] {
  const tiers = [...new Set(sides.flatMap(({ bundle }) => bundle.ladder.tiers.map(({ tier }) => tier)))]
  return readsPath(reads, 'resource.tier') ? tiers : tiers.slice(1, 2)
}

/** Requests that differ in a fact that the act's policies read. */
function requestsApart(
  sides: readonly Side[],
  tiers: readonly (number | undefined)[],
  reads: Reads,
  abouts: readonly About[] = sides.flatMap(pointsOnce),
): readonly About[] {
  const found = new Map<string, About>()
  for (const about of abouts) {
    for (const tier of tiers) {
      const key = JSON.stringify(sides.map(({ bundle }) => seenOf(bundle, about, tier, reads)))
      if (!found.has(key)) found.set(key, { ...about, ...defined({ tier }) })
    }
  }
  return [...found.values()]
}

function factsOf(bundle: Bundle, { point, change }: About, tier: number): RequestFacts | undefined {
  if (change) return changeFactsOf(bundle, change, tier)
  if (!point) return undefined
  const facts = findFacts(bundle, point.asked, point.now)
  return facts.ok ? requestFacts(facts.value, point.asked, tier) : undefined
}

function seenOf(bundle: Bundle, about: About, tier: number | undefined, reads: Reads) {
  const facts = factsOf(bundle, about, tier ?? 0)
  if (!facts) return undefined
  const { resource, owners, ...request } = facts
  const { type: resourceType, id: resourceId, group: ownedBy, ...others } = resource
  const seen = { ...request, ...others, owner: owners[0], resourceType, resourceId, ownedBy, tier }
  return Object.entries(seen).filter(([name]) => readsPath(reads, `resource.${name}`))
}

const known = new WeakMap<Side, readonly About[]>()

/** Each agent with each resource that the rules tell apart, computed once for all acts. */
function pointsOnce(side: Side): readonly About[] {
  const points = known.get(side) ?? pointsOfSide(side)
  known.set(side, points)
  return points
}

const pointsOfSide = (side: Side): readonly About[] =>
  Object.values(side.bundle.actions).flatMap((entry) => {
    const targets = targetsOf(entry, side.bundle, readsOf([side], entry.name), knownArguments(side.known, entry.name))
    return side.bundle.agents.flatMap(({ id }) =>
      targets.map((args) => ({
        point: {
          asked: { agent: id, action: entry.name, arguments: args, purpose: 'remediation' },
          moment: 'request' as const,
          now: usualTime,
        },
      })),
    )
  })
