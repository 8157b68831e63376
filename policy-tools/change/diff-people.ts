// Rules: test/policies/changes/diff.test.ts
import { personOf } from '../../functions/domain/policy/bundle.ts'
import { windowsAt } from '../../functions/domain/policy/calendar.ts'
import { type Answer, type PersonAction, personActions } from '../../functions/domain/policy/question.ts'
import { defined } from '../../functions/domain/values.ts'
import { type Asker, type Cause, causeOf, isSameGround, type Sides } from './asking.ts'
import { type Change, type Changes, changesOf, type Directed, type Direction, isSame } from './change.ts'
import { personExample } from './examples.ts'
import { alikePeople, answerPerson, personPoints } from './person-space.ts'
import { type PersonPoint, readsOf } from './question-space.ts'

const answerOf = (side: Asker, point: PersonPoint): Answer =>
  answerPerson(side, point) ?? { permit: false, policies: [] }

type Found = Cause & { direction: Direction; point: PersonPoint; answer: Answer }

/** People who newly may, or no longer may, decide, lift, revoke, review, recertify and so on. */
export function diffPeople(sides: Sides): Changes {
  const both = [sides.old, sides.new]
  const found: Found[] = []
  for (const does of personActions) {
    if (isSame(sides.old.bundle.policies[does], sides.new.bundle.policies[does]) && isSameGround(sides)) continue
    for (const point of personPoints(both, does, { most: sides.most * 8, seed: sides.seed })) {
      const [was, is] = [answerOf(sides.old, point), answerOf(sides.new, point)]
      if (was.permit === is.permit) continue
      const [direction, refuses, permits] = is.permit
        ? (['widened', was, is] as const)
        : (['narrowed', is, was] as const)
      const { person, now } = point
      const cause = causeOf(sides, does, [...refuses.policies, ...permits.policies], (bundle) => [
        ['calendar.json', windowsAt(bundle.calendar, now)],
        ['directory.json', [bundle.directory.groups, personOf(bundle, person)]],
        ['resources.json', bundle.resources],
      ])
      found.push({ direction, point, answer: is, ...cause })
    }
  }
  return changesOf(found, keyOf, (alike) => changesOfAlike(sides, alike))
}

const keyOf = ({ direction, point: { person, does, stage }, policy, file }: Found) =>
  [direction, person, does, stage, policy, file] as const

function changesOfAlike(sides: Sides, all: readonly Found[]): Directed[] {
  const [first] = all.toSorted((a, b) => sizeOf(a.point) - sizeOf(b.point))
  if (!first) return []
  const { direction, point, policy, file, answer } = first
  const both = [sides.old, sides.new]
  const members = alikePeople(both, readsOf(both, point.does)).find(([one]) => one === point.person) ?? [point.person]
  const [may, mayNot] = [`may ${wordsOf(point)}`, `may not ${wordsOf(point)}`]
  const [from, to] = answer.permit ? [mayNot, may] : [may, mayNot]
  const { bundle, ask } = sides.new
  return members.map((person) => {
    const isActive = personOf(bundle, person)?.status === 'active'
    const change: Change = defined({
      kind: answer.permit ? 'person_may' : 'person_may_not',
      file,
      policy,
      person,
      action: point.does,
      from,
      to,
      example:
        isActive && !point.change
          ? personExample(bundle, ask, { ...point, person }, `${person} ${to}`, answer)
          : undefined,
    })
    return { direction, change }
  })
}

const sizeOf = ({ point, change, inSteadBy }: PersonPoint) =>
  JSON.stringify(point?.asked ?? change ?? {}).length + (inSteadBy === undefined ? 0 : 100)

const acts: { readonly [does in PersonAction]: string } = {
  approve: 'approve',
  ask: 'ask on its behalf for',
  revoke: 'revoke',
  lift: 'lift a halt',
  read: 'read',
  breakGlass: 'use break-glass',
  review: 'review openings of break-glass',
  allowStanding: 'give standing permits',
  standIn: 'stand in',
  erase: 'erase the texts of a person',
  recertify: 'recertify',
  inspect: 'inspect hosts and secrets',
}

function wordsOf({ does, stage, absent, point, change, profile, subject, inSteadBy }: PersonPoint): string {
  const asked = point?.asked
  const parts = [
    acts[does],
    stage && `at the stage \`${stage}\``,
    inSteadBy && `with ${inSteadBy} in their stead`,
    absent && `for ${absent}`,
    asked && `${asked.action} of ${asked.agent}`,
    change && `${change.action} of ${change.arguments['id']}, asked by ${change.person}`,
    asked?.delegators?.length && `for an agent of ${asked.delegators.join(', ')}`,
    profile && `by the profile \`${profile}\``,
    subject === 'agent:of-the-case' ? undefined : subject,
  ]
  return parts.filter(Boolean).join(' ')
}
