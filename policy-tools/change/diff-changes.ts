// Rules: test/policies/changes/diff-changes.test.ts
import { changeNames } from '../../functions/domain/agents/agent-change.ts'
import {
  type ChangeAsked,
  changeQuestion,
  findChange,
  lowestOfChanges,
} from '../../functions/domain/agents/assess-change.ts'
import { findTier } from '../../functions/domain/policy/assess.ts'
import { personOf } from '../../functions/domain/policy/bundle.ts'
import { windowsAt } from '../../functions/domain/policy/calendar.ts'
import type { NumericDate, PersonId } from '../../functions/domain/values.ts'
import { defined } from '../../functions/domain/values.ts'
import { type Asker, type Cause, causeOf, isSameGround, type Sides } from './asking.ts'
import { type Changes, changesOf, type Directed, type Direction, eachOnce, isSame } from './change.ts'
import { askedChanges } from './change-questions.ts'
import { fileOfAction, kindOf, never, wordsOf } from './diff-decisions.ts'
import { changeExample } from './examples.ts'
import { alikePeople } from './person-space.ts'
import { combinations, readsOf, timesApart } from './question-space.ts'

type Point = { asked: ChangeAsked; now: NumericDate }
type Outcome = { tier: number; policies: readonly string[] }
type Found = Cause & { direction: Direction; point: Point; from: number; to: number }

/** Changes of the registry that people newly may, or no longer may, ask for, or that are decided on another rung. */
export function diffChanges(sides: Sides): Changes {
  const found = changeNames.flatMap((action) => {
    const isSamePolicy = isSame(sides.old.bundle.policies[action], sides.new.bundle.policies[action])
    return isSamePolicy && isSameGround(sides)
      ? []
      : pointsFor(sides, action).flatMap((point) => differenceAt(sides, point))
  })
  return changesOf(found, keyOf, (alike) => changesOfAlike(sides, alike))
}

/** A sample by the seed if they are too many. The first of people that policy cannot tell apart stands for all. */
function pointsFor({ seed, most, ...both }: Sides, action: string): readonly Point[] {
  const sides = [both.old, both.new]
  const reads = readsOf(sides, action)
  const askers = new Set(alikePeople(sides, reads).flatMap(([one]) => one ?? []))
  const asked = eachOnce(sides.flatMap(({ bundle }) => askedChanges(bundle, action)))
  const dimensions = new Map<string, readonly unknown[]>([
    ['now', timesApart(sides, reads)],
    ['asked', asked.filter(({ person }) => askers.has(person))],
  ])
  return combinations(
    { action, dimensions },
    [...dimensions.keys()],
    most * 8,
    seed,
  ) as readonly unknown[] as readonly Point[]
}

function differenceAt(sides: Sides, point: Point): Found[] {
  const [was, is] = [outcomeOf(sides.old, point), outcomeOf(sides.new, point)]
  const [from, to] = [was.tier, is.tier]
  if (from === to) return []
  const direction = to < from ? 'widened' : 'narrowed'
  const { asked, now } = point
  const cause = causeOf(sides, asked.action, [...is.policies, ...was.policies], (bundle) => [
    [fileOfAction(sides, asked.action), bundle.changes?.[asked.action]],
    ['resources.json', bundle.resources],
    ['calendar.json', windowsAt(bundle.calendar, now)],
    ['ladder.json', bundle.ladder.tiers.map(({ tier }) => tier)],
    ['directory.json', [bundle.directory.groups, personOf(bundle, asked.person)]],
  ])
  return [{ direction, point, from, to, ...cause }]
}

/** The lowest rung that permits it, with all policies of the answers up to it. */
function outcomeOf({ bundle, ask }: Asker, { asked, now }: Point): Outcome {
  const found = findChange(bundle, asked)
  if (!found.ok || personOf(bundle, asked.person)?.status !== 'active') return { tier: never, policies: [] }
  const rungs = bundle.ladder.tiers.filter(({ tier }) => tier >= lowestOfChanges)
  const search = findTier(rungs, (tier) => ask(changeQuestion(bundle, found.value, asked, tier, now)))
  if (search.outcome === 'refused') return { tier: never, policies: search.policies }
  return { tier: search.tier.tier, policies: [...search.below, ...search.policies] }
}

const keyOf = ({ direction, point: { asked }, from, to, policy, file }: Found) =>
  [direction, asked.action, asked.person, from, to, policy, file] as const

function changesOfAlike(sides: Sides, [first]: readonly Found[]): Directed[] {
  if (!first) return []
  const { direction, point, from, to, policy, file } = first
  const { asked, now } = point
  const { action, person } = asked
  const both = [sides.old, sides.new]
  const alike = alikePeople(both, readsOf(both, action)).find(([one]) => one === person) ?? [person]
  const words = { from: wordsOf(sides.old.bundle, from), to: wordsOf(sides.new.bundle, to) }
  const { bundle, ask } = sides.new
  return alike.map((each: PersonId) => {
    const name = `${each} asks for ${action}${to === never ? ', and is refused' : `: tier ${to}`}`
    const example = changeExample(bundle, ask, { ...asked, person: each }, now, name)
    return {
      direction,
      change: defined({ kind: kindOf(from, to), file, policy, person: each, action, ...words, example }),
    }
  })
}
