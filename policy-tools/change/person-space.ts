import { factsOfAction, factsOfProfile, type OpenedFacts } from '../../functions/domain/break-glass/rights.ts'
import { groupsOf } from '../../functions/domain/people/organisation.ts'
import { findFacts, requestFacts } from '../../functions/domain/policy/assess.ts'
import { type Bundle, personOf } from '../../functions/domain/policy/bundle.ts'
import { namesOfTier } from '../../functions/domain/policy/filling.ts'
import { isForOthers } from '../../functions/domain/policy/policy-case.ts'
import {
  type Answer,
  type Ask,
  onlyForRequests,
  type PersonAction,
  type PersonQuestion,
} from '../../functions/domain/policy/question.ts'
import type { NumericDate, PersonId } from '../../functions/domain/values.ts'
import { defined } from '../../functions/domain/values.ts'
import { eachOnce } from './change.ts'
import { names, type Reads, readsPath, unread } from './policy-reads.ts'
import {
  knownArguments,
  type PersonPoint,
  type Point,
  readsOf,
  type Side,
  timesApart,
  usualTime,
} from './question-space.ts'
import { pick, seeded } from './random.ts'
import { targetsOf } from './targets.ts'

const forOpenings = new Set<PersonAction>(['breakGlass', 'review'])
const forRequests = new Set<PersonAction>([...onlyForRequests, 'read', 'revoke'])

/** People who are the same to policy, on every side: the first two stand for all. */
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

/** Undefined where this side knows nothing of it: then it may not be done there. */
export function personQuestionOf(bundle: Bundle, at: PersonPoint): PersonQuestion | undefined {
  const { person, does, stage, inSteadBy, absent, point, tier = 0, profile, subject, now } = at
  const isActive = (id: PersonId | undefined) => id === undefined || personOf(bundle, id)?.status === 'active'
  if (!isActive(person) || !isActive(inSteadBy)) return undefined
  const groups = (id: PersonId) => ({ id, groups: groupsOf(bundle.directory, id) })
  const asked = { kind: 'person', action: does, person: groups(person), now } as const
  const facts = point && findFacts(bundle, point.asked, point.now)
  if (facts && !facts.ok) return undefined
  if (forOpenings.has(does)) {
    const opened: OpenedFacts | undefined = facts ? factsOfAction(facts.value) : factsOfProfile(bundle, profile)[0]
    const opening = opened && {
      id: 'bgl_case',
      incident: 'a case',
      moment: 'request' as const,
      drill: false,
      ...opened,
    }
    return opening && { ...asked, opening }
  }
  if (does === 'standIn') return absent && personOf(bundle, absent) ? { ...asked, absent: groups(absent) } : undefined
  if (does === 'recertify') return { ...asked, ...defined({ subject }) }
  const request = point && facts && requestFacts(facts.value, point.asked, tier)
  const question = { ...asked, ...defined({ request, stage, inSteadBy }) }
  return isForOthers(question) ? undefined : question
}

/** Undefined where this side knows nothing of it. */
export function answerPerson({ bundle, ask }: { bundle: Bundle; ask: Ask }, point: PersonPoint): Answer | undefined {
  const question = personQuestionOf(bundle, point)
  return question && ask(question)
}

/**
 * What a person could do and when: what the cases ask, whole, and what the policies of that act tell apart; of very many of
 * these some, by the seed.
 */
export function personPoints(
  sides: readonly Side[],
  does: PersonAction,
  { most, seed = 0 }: { most: number; seed?: number },
): readonly PersonPoint[] {
  const reads = readsOf(sides, does)
  const points = pointsAtOnce(sides, does, reads)
  const all = timesApart(sides, reads).flatMap((now) => points.map((point) => ({ ...point, now })))
  const random = seeded(seed)
  const some = all.length <= most ? all : Array.from({ length: most }, () => pick(random, all))
  return [...eachOnce(sides.flatMap(({ acts }) => acts.filter((act) => act.does === does))), ...some]
}

function pointsAtOnce(sides: readonly Side[], does: PersonAction, reads: Reads): readonly PersonPoint[] {
  const alike = alikePeople(sides, reads)
  const people = alike.flatMap(([one]) => one ?? [])
  const now = usualTime
  if (does === 'standIn') {
    const absent = alike.flatMap((all) => all.slice(0, 2))
    return people.flatMap((person) =>
      absent.filter((other) => other !== person).map((other) => ({ person, does, absent: other, now })),
    )
  }
  if (does === 'recertify') {
    const { texts, patterns } = reads.paths['context.subject'] ?? unread
    const subjects = ['agent:of-the-case', ...texts, ...patterns.map((each) => each.replaceAll('*', 'example'))]
    return people.flatMap((person) => subjects.map((subject) => ({ person, does, subject, now })))
  }
  const about = [
    ...(forRequests.has(does) || forOpenings.has(does) ? requestsApart(sides, does, reads) : []),
    ...(forOpenings.has(does) ? profilesOf(sides) : []),
    ...(onlyForRequests.has(does) || forOpenings.has(does) ? [] : [{}]),
  ]
  return withVariants(sides, does, reads, people, about, now)
}

type About = { point?: Pick<Point, 'asked'> & { now: NumericDate }; tier?: number; profile?: string }

const profilesOf = (sides: readonly Side[]): readonly About[] => [
  ...new Map(
    sides.flatMap(({ bundle }) =>
      (bundle.breakGlass?.profiles ?? []).map(({ name }) => [name, { profile: name }] as const),
    ),
  ).values(),
]

function withVariants(
  sides: readonly Side[],
  does: PersonAction,
  reads: Reads,
  people: readonly PersonId[],
  about: readonly About[],
  now: NumericDate,
): readonly PersonPoint[] {
  const stages = does === 'approve' ? stagesOf(sides) : [undefined]
  const isDelegated = readsPath(reads, 'resource.delegators') ? [false, true] : [false]
  const instead = readsPath(reads, 'context.inSteadBy') ? [false, true] : [false]
  return about.flatMap((each) =>
    people.flatMap((person) =>
      stages.flatMap((stage) =>
        isDelegated.flatMap((delegated) =>
          instead.map((inStead) => ({
            ...each,
            ...(delegated && each.point && { point: delegatedBy(each.point, person) }),
            person,
            does,
            stage,
            inSteadBy: inStead ? people.find((other) => other !== person) : undefined,
            now,
          })),
        ),
      ),
    ),
  )
}

const delegatedBy = <T extends Pick<Point, 'asked'>>(point: T, person: PersonId): T => ({
  ...point,
  asked: { ...point.asked, delegators: [person] },
})

const stagesOf = (sides: readonly Side[]): readonly string[] => [
  ...new Set(sides.flatMap(({ bundle }) => bundle.ladder.tiers.flatMap(namesOfTier))),
]

/** Requests that differ in something that the policies of the act read. */
function requestsApart(sides: readonly Side[], does: PersonAction, reads: Reads): readonly About[] {
  const tiers = [...new Set(sides.flatMap(({ bundle }) => bundle.ladder.tiers.map(({ tier }) => tier)))]
  const asking = readsPath(reads, 'resource.tier') ? tiers : tiers.slice(1, 2)
  const found = new Map<string, About>()
  for (const point of somePoints(sides)) {
    for (const tier of forOpenings.has(does) ? [undefined] : asking) {
      const key = JSON.stringify(sides.map(({ bundle }) => seenOf(bundle, point, tier, reads)))
      if (!found.has(key)) found.set(key, { point, ...defined({ tier }) })
    }
  }
  return [...found.values()]
}

function seenOf(bundle: Bundle, point: Point, tier: number | undefined, reads: Reads) {
  const facts = findFacts(bundle, point.asked, point.now)
  if (!facts.ok) return undefined
  const { resource, owners, agent, action, group } = requestFacts(facts.value, point.asked, tier ?? 0)
  const { type: resourceType, id: resourceId, group: ownedBy, environment, classification } = resource
  const seen = {
    agent,
    owner: owners[0],
    action,
    group,
    resourceType,
    resourceId,
    ownedBy,
    environment,
    classification,
    tier,
  }
  return Object.entries(seen).filter(([name]) => readsPath(reads, `resource.${name}`))
}

/** Each agent, with each resource that the rules tell apart. Made once for all acts. */
const somePoints = (sides: readonly Side[]): readonly Point[] =>
  sides.flatMap((side) => {
    const points = known.get(side) ?? pointsOfSide(side)
    known.set(side, points)
    return points
  })

const known = new WeakMap<Side, readonly Point[]>()

const pointsOfSide = (side: Side): readonly Point[] =>
  Object.values(side.bundle.actions).flatMap((entry) => {
    const targets = targetsOf(entry, side.bundle, readsOf([side], entry.name), knownArguments(side.known, entry.name))
    return side.bundle.agents.flatMap(({ id }) =>
      targets.map((args) => ({
        asked: { agent: id, action: entry.name, arguments: args, purpose: 'remediation' },
        moment: 'request' as const,
        now: usualTime,
      })),
    )
  })
