import { hasLostApprover } from '../../domain/credentials/issue.ts'
import { type Halt, haltKey, haltOf, isSilenced, liftedBefore, silencerOf, targetsOf } from '../../domain/halts/halt.ts'
import { type Claimed, groupsToRead } from '../../domain/people/group-source.ts'
import type { Given } from '../../domain/people/login-strength.ts'
import { isInForce, type StandIn } from '../../domain/people/stand-in.ts'
import { isLive, type StandingPermit } from '../../domain/permits/permit.ts'
import { personOf } from '../../domain/policy/bundle.ts'
import { whyNotNow } from '../../domain/policy/calendar.ts'
import type { Observed } from '../../domain/policy/observed.ts'
import type { Answer, Moment } from '../../domain/policy/question.ts'
import type { Authority, Eligibility, Ending, PermittedBy } from '../../domain/record/commands.ts'
import { originOf } from '../../domain/record/origin.ts'
import { keptSteps } from '../../domain/record/plan-step.ts'
import { type ApprovalRequest, approvalsOf, ownersOf, peopleBehind } from '../../domain/record/request.ts'
import { asOf, dueAt } from '../../domain/requests/due.ts'
import { defined, type HaltId, type NumericDate, type PersonId, type StandingPermitId } from '../../domain/values.ts'
import type { AskingPorts, RequestReader, Stored } from '../record/ports.ts'
import { runWithObserved, wouldBeAt, wouldBeOf } from './compare-observed.ts'
import type { Policy } from './ports.ts'
import {
  askAboutPerson,
  askAboutRequest,
  countedApprovers,
  eligibilityOf,
  eligibilityOfApprovers,
  type WhatSourcesSaid,
} from './questions.ts'

type Ports = Pick<AskingPorts, 'policy'> & { requests: Pick<RequestReader, 'dependencies'> }
export type Found = Authority & {
  permittedBy: PermittedBy
  standsFor?: { readonly [stage: string]: PersonId }
  /** With which login each absent person named the decider. */
  givenBy?: { readonly [person: PersonId]: Given }
  /** Halts of the decider, and of the people they stand in for, that were lifted before this act. */
  afterHalts?: HaltId[]
  /** By stage name, where observed policies say otherwise of the decider. */
  wouldBe?: { readonly [stage: string]: Observed }
}

/**
 * All that an act on a request rests on now, read strongly each time, so that what was stopped before the act began is
 * stopped.
 *
 * @param decider a person whose eligibility is wanted beside that of the approvers who count
 * @param role the place where the credential would end
 */
export async function authorityOf(
  state: ApprovalRequest,
  moment: Moment,
  now: NumericDate,
  ports: Ports,
  { decider, role, claimed }: { decider?: PersonId; role?: string; claimed?: Claimed | undefined } = {},
): Promise<Found> {
  await lookAtAgents(state, ports)
  const targets = targetsOf(state, role)
  const asked = decider === undefined ? targets : [...targets, { kind: 'person', value: decider } as const]
  const permit = permitOf(state)
  const { ancestors, standIns, ...read } = await ports.requests.dependencies(state.ask.ancestors, asked, {
    ...defined({ standIn: decider, permit }),
    groups: groupsToRead(ports.policy.bundle.directory),
  })
  const said = { readings: read.readings, ...(decider && { claimed: { person: decider, groups: claimed } }) }
  const named = standIns.filter((each) => each.by === decider && isInForce(each, now))
  // Only now is it known who is absent; whether they are stopped is read too.
  const ofAbsent = named.map(({ for: value }) => ({ kind: 'person', value }) as const)
  const more = named.length === 0 ? [] : (await ports.requests.dependencies([], ofAbsent)).halts
  const halts = [...read.halts, ...more]
  const given = unhaltedStandIns(named, halts)
  const absent = given.map((each) => each.for)
  const line = [...ancestors.map((each) => each.state), state]
  const run = (policy: Policy) => {
    const found =
      decider === undefined
        ? eligibilityOfApprovers(policy, state, now, said)
        : eligibilityOf(policy, state, [...countedApprovers(state), decider, ...absent], now, said)
    const own = silence(found.eligible, state, halts, now)
    const { eligible, ...rights } = withStandIns(state, own, { decider, absent, now, said }, { policy })
    const answer = askAll(line, moment, now, { policy }, read.readings)
    return { found, ...rights, eligible: silence(eligible, state, halts, now), answer }
  }
  const compared = runWithObserved(ports.policy, run)
  const { found, eligible, standsFor, permittedBy, answer } = compared.came
  const ending =
    endingOf(state, ancestors, halts, now, role) ??
    lostAncestor(ancestors, said, now, ports) ??
    withdrawnPermit(state, read.permit, now)
  const bound = boundOf(ancestors, now)
  return {
    answer: {
      ...answer,
      ...defined({ wouldBe: wouldBeOf(compared, (came) => ({ ...came.answer, permit: stands(state, came) })) }),
    },
    ...defined({ bound }),
    eligible,
    ...(decider === undefined ? {} : defined({ wouldBe: wouldBeAt(compared, (came) => came.eligible[decider] ?? []) })),
    ...(decider === undefined ? {} : liftedBefore(ofPeople(halts, [decider, ...absent]), now)),
    permittedBy: { ...(decider === undefined ? {} : found.permittedBy[decider]), ...permittedBy },
    ...(Object.keys(standsFor).length === 0 ? {} : { standsFor, givenBy: Object.fromEntries(given.map(givenIn)) }),
    ...defined({ ending }),
  }
}

/** Policy permits it, and all who approved it still may. */
const stands = (state: ApprovalRequest, { answer, eligible }: Pick<Authority, 'answer' | 'eligible'>): boolean =>
  answer.permit && !hasLostApprover(state, eligible)

/** So that policy may be asked about it: its agents may have been recertified since the bundle was made. */
export async function lookAtAgents(
  state: Pick<ApprovalRequest, 'ask'>,
  { policy }: Pick<AskingPorts, 'policy'>,
): Promise<void> {
  const { agent, chain } = state.ask
  const doers = keptSteps(state).map((step) => step.agent)
  await policy.look?.([agent.id, ...chain.map(({ id }) => id), ...doers])
}

/** A stand-in that was given before a halt of its giver, or before its lifting, is dead for good. */
export const unhaltedStandIns = (standIns: readonly StandIn[], halts: readonly Halt[]): readonly StandIn[] =>
  standIns.filter((each) => !isSilenced(each.for, halts, each))

const givenIn = ({ for: absent, at, login }: StandIn): [PersonId, Given] => [absent, { at, ...defined({ login }) }]

const ofPeople = (halts: readonly Halt[], people: readonly PersonId[]): readonly Halt[] =>
  halts.filter(({ target }) => target.kind === 'person' && people.includes(target.value))

/** The standing permit that it was drawn from. */
function permitOf({ ask }: ApprovalRequest): StandingPermitId | undefined {
  const origin = originOf(ask)
  return origin.kind === 'draw' ? origin.permit : undefined
}

function withdrawnPermit(state: ApprovalRequest, permit: StandingPermit | undefined, now: NumericDate) {
  const id = permitOf(state)
  return id === undefined || (permit && isLive(permit, now)) ? undefined : ({ by: 'standing_permit', id } as const)
}

type Dependencies = {
  decider: PersonId | undefined
  absent: readonly PersonId[]
  now: NumericDate
  said: WhatSourcesSaid
}

/**
 * A decision for another rests on the absent person's right still being there and on the stand-in's being active. A
 * right held for another is handed on no further.
 *
 * @returns `permittedBy`: what policy said of the decider for the names in `standsFor`
 */
export function withStandIns(
  state: ApprovalRequest,
  eligible: Eligibility,
  { decider, absent, now, said }: Dependencies,
  { policy }: Pick<Ports, 'policy'>,
): { eligible: Eligibility; standsFor: { [stage: string]: PersonId }; permittedBy: PermittedBy } {
  const standsFor: { [stage: string]: PersonId } = {}
  const permittedBy: { [stage: string]: readonly string[] } = {}
  const all: { [person: PersonId]: readonly string[] } = { ...eligible }
  const isActive = (person: PersonId) => personOf(policy.bundle, person)?.status === 'active'
  const handedOn = (whose: PersonId, inSteadBy: PersonId) =>
    (eligible[whose] ?? [])
      .map((stage) => ({
        stage,
        ...askAboutPerson(policy, 'approve', whose, now, { state, stage, inSteadBy, readings: said.readings }),
      }))
      .filter(({ permit }) => permit)
  for (const { person, for: whose } of approvalsOf(state))
    if (whose !== undefined && isActive(person))
      all[person] = [...(all[person] ?? []), ...handedOn(whose, person).map(({ stage }) => stage)]
  if (decider === undefined || !isActive(decider) || ownersOf(state).includes(decider))
    return { eligible: all, standsFor, permittedBy }
  // People who have decided already come last: another absent person may bring a right that is still open.
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

/** What has ended a request by now, except its own clock. A halt of an approver ends it too. */
export async function findEnding(
  state: ApprovalRequest,
  now: NumericDate,
  { requests }: Pick<Ports, 'requests'>,
  role?: string,
): Promise<Ending | undefined> {
  const targets = targetsOf(state, role)
  const beside = defined({ permit: permitOf(state) })
  const { ancestors, halts, permit } = await requests.dependencies(state.ask.ancestors, targets, beside)
  const silencer = state.status === 'approved' ? silencerOf(state, halts) : undefined
  return (
    endingOf(state, ancestors, halts, now, role) ??
    (silencer && { by: 'halt', id: silencer.id }) ??
    withdrawnPermit(state, permit, now)
  )
}

/** Every ancestor must be there and live, and no halt may cover it or the request. */
function endingOf(
  state: ApprovalRequest,
  ancestors: readonly Stored[],
  halts: readonly Halt[],
  now: NumericDate,
  role: string | undefined,
): Ending | undefined {
  const halt = haltOf(state, halts)
  if (halt) return { by: 'halt', id: halt.id }
  // A halt that was lifted before the child was made still ended what it was made from.
  const isHalted = (ancestor: ApprovalRequest) => {
    const own = new Set(targetsOf(ancestor, role).map(haltKey))
    return (
      haltOf(
        ancestor,
        halts.filter(({ target }) => own.has(haltKey(target))),
      ) !== undefined
    )
  }
  const live = new Set(
    ancestors
      .filter((each) => asOf(each.state, now).status === 'approved' && !isHalted(each.state))
      .map((each) => each.state.ask.id),
  )
  const dead = state.ask.ancestors.find((id) => !live.has(id))
  return dead === undefined ? undefined : { by: 'ancestor', id: dead }
}

/** An ancestor that has lost an approver is dead at its next act, and so is what came of it. */
function lostAncestor(
  ancestors: readonly Stored[],
  { readings }: WhatSourcesSaid,
  now: NumericDate,
  ports: Pick<Ports, 'policy'>,
): Ending | undefined {
  const lost = ancestors.find(({ state }) => {
    const own = eligibilityOfApprovers(ports.policy, state, now, { readings }).eligible
    const { eligible } = withStandIns(state, own, { decider: undefined, absent: [], now, said: { readings } }, ports)
    return hasLostApprover(state, eligible)
  })
  return lost && { by: 'ancestor', id: lost.state.ask.id }
}

function askAll(
  line: readonly ApprovalRequest[],
  moment: Moment,
  now: NumericDate,
  { policy }: Pick<Ports, 'policy'>,
  readings: WhatSourcesSaid['readings'],
): Answer {
  const askAt = (at: NumericDate) => line.map((each) => askAboutRequest(policy, each, moment, at, readings))
  const answers = askAt(now)
  const no = answers.find(({ permit }) => !permit)
  if (!no || no.error) return no ?? (answers.at(-1) as Answer)
  const notNow = whyNotNow(policy.bundle.calendar, (at) => askAt(at).every(({ permit }) => permit), now)
  return { ...no, ...defined({ notNow }) }
}

/** The end of the first of its ancestors: a target, which judges a credential, cannot look at them. */
function boundOf(ancestors: readonly Stored[], now: NumericDate): NumericDate | undefined {
  const ends = ancestors.map(({ state }) => dueAt(asOf(state, now)) ?? now)
  return ends.length === 0 ? undefined : Math.min(...ends)
}

/** Takes away what stopped people may decide, and what they decided. */
export function silence(
  eligible: Eligibility,
  state: ApprovalRequest,
  halts: readonly Halt[],
  now: NumericDate,
): Eligibility {
  const decided = new Map(
    approvalsOf(state).flatMap((approval) => peopleBehind(approval).map((each) => [each, approval] as const)),
  )
  return Object.fromEntries(
    Object.entries(eligible).map(([id, names]) => {
      const person = id as PersonId
      return [person, isSilenced(person, halts, decided.get(person) ?? { now }) ? [] : names]
    }),
  )
}
