// Rules: test/domain/deciding/questions.test.ts
import { type Halt, isSilenced } from '../halts/halt.ts'
import type { LoginGroups, Readings } from '../people/group-source.ts'
import { personOf } from '../policy/bundle.ts'
import { fillingOf } from '../policy/filling.ts'
import type { PolicyAnswers } from '../policy/question.ts'
import type { Eligibility, PermittedBy } from '../record/commands.ts'
import { type ApprovalRequest, approvalsOf, barredFrom, peopleBehind } from '../record/request.ts'
import type { NumericDate, PersonId } from '../values.ts'
import { type Gathered, type Occasion, unhaltedStandIns } from './gathered.ts'
import { askAboutPerson } from './questions.ts'

/** `claimed`: the groups in the acting person's login. */
export type WhatSourcesSaid = {
  readings?: Readings | undefined
  claimed?: { person: PersonId; groups: LoginGroups | undefined } | undefined
}

/** The decider, if any, and the people they may stand in for. */
export type Deciding = { decider?: PersonId | undefined; absent: readonly PersonId[] }

export type Rights = {
  eligible: Eligibility
  /** By stage name: the absent person whose right the decider uses, and the policies that permit it. */
  standsFor: { readonly [stage: string]: PersonId }
  permittedBy: PermittedBy
}

export const countedApprovers = (state: ApprovalRequest): readonly PersonId[] =>
  approvalsOf(state).flatMap(peopleBehind)

/** The rights of the decider, and of the approvers whose decisions count. */
export function rightsFor(
  policy: PolicyAnswers,
  state: ApprovalRequest,
  gathered: Gathered,
  { decider, claimed, now }: Omit<Occasion, 'moment'>,
): Rights {
  const { halts, readings } = gathered
  const absent = unhaltedStandIns(gathered).map((each) => each.for)
  const people = decider === undefined ? undefined : [...countedApprovers(state), decider, ...absent]
  const said = { readings, claimed: decider && { person: decider, groups: claimed } }
  const own = eligibilityOf(policy, state, people, now, said)
  const rights = rightsOf(policy, state, own.eligible, { decider, absent }, { halts, readings }, now)
  return { ...rights, permittedBy: { ...(decider && own.permittedBy[decider]), ...rights.permittedBy } }
}

type Eligible = { eligible: Eligibility; permittedBy: { readonly [person: PersonId]: PermittedBy } }

/**
 * The stage names under which policy lets each person decide.
 *
 * @param people by default the approvers whose decisions count, under the names by which they approved: each name is a
 * question
 */
export function eligibilityOf(
  policy: PolicyAnswers,
  state: ApprovalRequest,
  people: readonly PersonId[] | undefined,
  now: NumericDate,
  { readings, claimed }: WhatSourcesSaid = {},
): Eligible {
  const groupsOf = loginGroupsOf(state, claimed)
  const eligible: { [person: PersonId]: string[] } = {}
  const permittedBy: { [person: PersonId]: PermittedBy } = {}
  for (const [person, names] of namesToAsk(state, people)) {
    const answers = [...names].map((stage) => ({
      ...askAboutPerson(policy, 'approve', person, now, { state, stage, readings, claimed: groupsOf.get(person) }),
      stage,
    }))
    eligible[person] = answers.filter(({ permit }) => permit).map(({ stage }) => stage)
    permittedBy[person] = Object.fromEntries(answers.map(({ stage, policies }) => [stage, policies]))
  }
  return { eligible, permittedBy }
}

function namesToAsk(state: ApprovalRequest, people: readonly PersonId[] | undefined): Map<PersonId, Set<string>> {
  const all = new Set(state.stages.flatMap((stage) => fillingOf(stage).allNames))
  if (people) return new Map(people.map((person) => [person, all]))
  const given = new Map<PersonId, Set<string>>()
  for (const approval of approvalsOf(state))
    for (const each of peopleBehind(approval)) given.set(each, (given.get(each) ?? new Set()).add(approval.as))
  return given
}

/** The groups in each decider's login, while they hold. */
function loginGroupsOf(state: ApprovalRequest, actor: WhatSourcesSaid['claimed']): ReadonlyMap<PersonId, LoginGroups> {
  const all = new Map<PersonId, LoginGroups>()
  for (const { person, claimed } of approvalsOf(state)) if (claimed) all.set(person, claimed)
  if (actor?.groups) all.set(actor.person, actor.groups)
  return all
}

/** Rights by policy, without those of halted people, and with those of stand-ins. */
export function rightsOf(
  policy: PolicyAnswers,
  state: ApprovalRequest,
  byPolicy: Eligibility,
  deciding: Deciding,
  { halts, readings }: { halts: readonly Halt[]; readings: Readings | undefined },
  now: NumericDate,
): Rights {
  const own = silence(byPolicy, state, halts, now)
  const rights = withStandIns(policy, state, own, deciding, readings, now)
  return { ...rights, eligible: silence(rights.eligible, state, halts, now) }
}

/**
 * Adds the rights of stand-ins: each needs the absent person's right and an active stand-in. A right by stand-in cannot
 * be passed on.
 */
function withStandIns(
  policy: PolicyAnswers,
  state: ApprovalRequest,
  eligible: Eligibility,
  { decider, absent }: Deciding,
  readings: Readings | undefined,
  now: NumericDate,
): Rights {
  const standsFor: { [stage: string]: PersonId } = {}
  const permittedBy: { [stage: string]: readonly string[] } = {}
  const all: { [person: PersonId]: readonly string[] } = { ...eligible }
  const isActive = (person: PersonId) => personOf(policy.bundle, person)?.status === 'active'
  const handedOn = (whose: PersonId, inSteadBy: PersonId) =>
    (eligible[whose] ?? [])
      .map((stage) => ({
        stage,
        ...askAboutPerson(policy, 'approve', whose, now, { state, stage, inSteadBy, readings }),
      }))
      .filter(({ permit }) => permit)
  for (const { person, for: whose } of approvalsOf(state))
    if (whose !== undefined && isActive(person))
      all[person] = [...(all[person] ?? []), ...handedOn(whose, person).map(({ stage }) => stage)]
  if (decider === undefined || !isActive(decider) || barredFrom(state).includes(decider))
    return { eligible: all, standsFor, permittedBy }
  // People who have decided come last, since a different absent person may bring a right that is still open.
  const counted = countedApprovers(state)
  const inTurn = absent.toSorted((one, other) => Number(counted.includes(one)) - Number(counted.includes(other)))
  for (const whose of inTurn)
    for (const { stage, policies } of handedOn(whose, decider)) {
      if ((eligible[decider] ?? []).includes(stage) || standsFor[stage] !== undefined) continue
      standsFor[stage] = whose
      permittedBy[stage] = policies
    }
  all[decider] = [...(all[decider] ?? []), ...Object.keys(standsFor)]
  return { eligible: all, standsFor, permittedBy }
}

/** Removes the rights and the decisions of halted people. */
function silence(eligible: Eligibility, state: ApprovalRequest, halts: readonly Halt[], now: NumericDate): Eligibility {
  const decided = new Map(
    approvalsOf(state).flatMap((approval) => peopleBehind(approval).map((each) => [each, approval] as const)),
  )
  const isStopped = (person: PersonId) => isSilenced(person, halts, decided.get(person) ?? { now })
  return Object.fromEntries(
    Object.entries(eligible).map(([person, names]) => [person, isStopped(person as PersonId) ? [] : names]),
  )
}
