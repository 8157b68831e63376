import { agentOf, type Bundle, personOf } from '../../functions/domain/policy/bundle.ts'
import { windowsAt } from '../../functions/domain/policy/calendar.ts'
import { namesOfTier } from '../../functions/domain/policy/filling.ts'
import { type Answer, type PersonAction, personActions } from '../../functions/domain/policy/question.ts'
import { defined } from '../../functions/domain/values.ts'
import { type Change, type Changes, changesOf, type Directed, type Direction, isSame } from './change.ts'
import type { Asker, Sides } from './diff-decisions.ts'
import { personExample } from './examples.ts'
import { alikePeople, answerPerson, personPoints } from './person-space.ts'
import { type PersonPoint, readsOf } from './question-space.ts'

const refused: Answer = { permit: false, policies: [] }

const answerOf = (side: Asker, point: PersonPoint): Answer => answerPerson(side, point) ?? refused

/** The act's policies and the facts that they read are the same. */
function isAlike({ old: before, new: after }: Sides, does: PersonAction): boolean {
  const same = (read: (bundle: Bundle) => unknown) => isSame(read(before.bundle), read(after.bundle))
  return (
    same(({ policies }) => policies[does]) &&
    same(({ directory }) => directory) &&
    same(({ agents, resources, actions }) => [agents, resources, actions]) &&
    same(({ calendar }) => calendar) &&
    same(({ breakGlass }) => breakGlass?.profiles) &&
    same(({ ladder }) => ladder.tiers.map((tier) => [tier.tier, namesOfTier(tier)]))
  )
}

type Found = {
  direction: Direction
  point: PersonPoint
  answers: readonly [Answer, Answer]
  policy?: string
  file: string
}

/** Who newly may decide, lift, revoke, review, recertify and so on, and who no longer may. */
export function diffPeople(sides: Sides): Changes {
  const both = [sides.old, sides.new]
  const found: Found[] = []
  for (const does of personActions) {
    if (isAlike(sides, does)) continue
    for (const point of personPoints(both, does, { most: sides.most * 8, seed: sides.seed })) {
      const [was, is] = [answerOf(sides.old, point), answerOf(sides.new, point)]
      if (was.permit === is.permit) continue
      const direction = is.permit ? 'widened' : 'narrowed'
      found.push({ direction, point, answers: [was, is], ...causeOf(sides, does, [was, is], point) })
    }
  }
  return changesOf(found, keyOf, (alike) => changesOfAlike(sides, alike))
}

function causeOf(
  { old: before, new: after }: Sides,
  does: PersonAction,
  [was, is]: readonly [Answer, Answer],
  { person, now }: PersonPoint,
) {
  const [there, here] = [before.bundle.policies[does] ?? {}, after.bundle.policies[does] ?? {}]
  const all = [...(is.permit ? was : is).policies, ...(is.permit ? is : was).policies]
  const policy = all.find((id) => there[id] !== here[id])
  const file = policy && (after.fileOf(policy) ?? before.fileOf(policy))
  if (policy !== undefined && file !== undefined) return { policy, file }
  const windows = ({ bundle }: Asker) => windowsAt(bundle.calendar, now).join()
  if (windows(before) !== windows(after)) return { file: 'calendar.json' }
  const seen = ({ bundle: { directory } }: Asker) =>
    JSON.stringify([directory.groups, directory.people.find(({ id }) => id === person)])
  return { file: seen(before) === seen(after) ? 'resources.json' : 'directory.json' }
}

const keyOf = ({ direction, point: { person, does, stage }, policy, file }: Found) =>
  [direction, person, does, stage, policy, file] as const

function changesOfAlike(sides: Sides, all: readonly Found[]): Directed[] {
  const [first] = all.toSorted((a, b) => sizeOf(a.point) - sizeOf(b.point))
  if (!first) return []
  const { direction, point, policy, file, answers } = first
  const both = [sides.old, sides.new]
  const members = alikePeople(both, readsOf(both, point.does)).find(([one]) => one === point.person) ?? [point.person]
  const act = wordsOf(point, sides)
  return members.map((person) => {
    const permit = direction === 'widened'
    const change: Change = defined({
      kind: permit ? 'person_may' : 'person_may_not',
      file,
      policy,
      person,
      action: point.does,
      from: `may ${permit ? 'not ' : ''}${act}`,
      to: `may ${permit ? '' : 'not '}${act}`,
      example: exampleFor(sides.new, { ...point, person }, permit, answers[1].policies, act),
    })
    return { direction, change }
  })
}

function exampleFor(
  { bundle, ask }: Asker,
  point: PersonPoint,
  permit: boolean,
  policies: readonly string[],
  act: string,
) {
  if (personOf(bundle, point.person)?.status !== 'active') return undefined
  const name = `${point.person} may ${permit ? '' : 'not '}${act}`
  return personExample(bundle, ask, point, { name, permit, policies })
}

const sizeOf = ({ point, inSteadBy }: PersonPoint) =>
  JSON.stringify(point?.asked ?? {}).length + (inSteadBy === undefined ? 0 : 100)

const acts: { readonly [does in PersonAction]: string } = {
  approve: 'approve',
  ask: 'ask on its behalf for',
  revoke: 'revoke',
  lift: 'lift a halt',
  read: 'read',
  breakGlass: 'use break-glass',
  review: 'review what was opened by break-glass',
  allowStanding: 'allow more of the same ahead',
  standIn: 'stand in',
  erase: 'erase the texts of a person',
  recertify: 'recertify',
}

/** `approve at the stage sre what agent:builder asks for on the resources of payments-owners`. */
function wordsOf(
  { does, stage, absent, point, profile, subject, inSteadBy }: PersonPoint,
  { new: after, old: before }: Sides,
) {
  const asked = point?.asked
  const by = asked && (agentOf(after.bundle, asked.agent) ?? agentOf(before.bundle, asked.agent))?.id
  const parts = [
    acts[does],
    ...(stage === undefined ? [] : [`at the stage \`${stage}\``]),
    ...(inSteadBy === undefined ? [] : [`with ${inSteadBy} in their stead`]),
    ...(absent === undefined ? [] : [`for ${absent}`]),
    ...(asked ? [`${asked.action} of ${by ?? asked.agent}`] : []),
    ...(asked?.delegators?.length ? [`for an agent of ${asked.delegators.join(', ')}`] : []),
    ...(profile === undefined ? [] : [`by the profile \`${profile}\``]),
    ...(subject === undefined || subject === 'agent:of-the-case' ? [] : [subject]),
  ]
  return parts.join(' ')
}
