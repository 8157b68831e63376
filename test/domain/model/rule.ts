import type { Event } from '../../../functions/domain/record/events.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { PersonId } from '../../../functions/domain/values.ts'
import { stateDigest } from '../../support/ask.ts'
import { type Left, roundsOf, type Scenario } from './scenarios.ts'
import type { Step } from './search.ts'
import type { Witness } from './witness.ts'
import { eligibleIn } from './world.ts'

/** A rule of Hotwork, with the invariant of the design that it belongs to; `broken` says how a step breaks it. */
export type Rule = {
  id: string
  rule: string
  broken: (step: Step) => string | undefined
  /** Only steps with such an event can break it; or only steps that change the state or add an event. */
  about?: readonly Event['type'][] | 'state'
}

type Of<T extends Event['type']> = Extract<Event, { type: T }>

/** A rule about each event of some types, and the witness just before it. */
export const on = <T extends Event['type']>(
  id: string,
  rule: string,
  types: readonly T[],
  broken: (event: Of<T>, seen: Witness, step: Step) => string | false | undefined,
): Rule => ({
  id,
  rule,
  about: types,
  broken: (step) => {
    for (const { event, seen } of step.told) {
      const why = (types as readonly string[]).includes(event.type) && broken(event as Of<T>, seen, step)
      if (why) return why
    }
    return undefined
  },
})

/** A rule about the state and the witness, after any step. */
export const always = (
  id: string,
  rule: string,
  broken: (after: ApprovalRequest, sees: Witness, scenario: Scenario) => string | undefined,
): Rule => ({ id, rule, about: 'state', broken: ({ after, sees, scenario }) => broken(after, sees, scenario) })

/** The first stage that lacks its quorum; each person counts once. */
export const unfilled = (scenario: Scenario, seen: Witness) =>
  inForce(scenario, seen).stages.find(
    ({ name, quorum }) =>
      new Set(seen.approvals.filter((each) => each.stage === name).map((each) => each.for ?? each.person)).size <
      quorum,
  )
export const ineligible = (step: Step, { approvals }: Witness) => {
  const eligible = eligibleIn(step.scenario, step.world)
  return approvals.find(({ person, for: absent, as }) => !eligible[(absent ?? person) as PersonId]?.includes(as))
}
/** The ask and its rung in force: by the number of narrowings in the ledger and by the present state. */
export const inForce = (scenario: Scenario, { round, state }: Pick<Witness, 'round' | 'state'>): Left => {
  if (!scenario.states) return roundsOf(scenario)[round - 1] ?? { ...scenario, stages: [] }
  const there = scenario.states.find(({ name }) => stateDigest(name) === state)
  return { ask: scenario.ask, tier: there?.tier ?? 0, stages: there?.stages ?? [] }
}
export const termsOf = (scenario: Scenario, seen: Witness, name: string) =>
  inForce(scenario, seen).stages.find((stage) => stage.name === name)
export const ended = ({ status }: ApprovalRequest) => status !== 'pending' && status !== 'approved'
/**
 * Whether two states differ in more than refusals. Usually the members are identical objects, so that is compared
 * first.
 */
export const differ = (before: ApprovalRequest, after: ApprovalRequest): boolean =>
  !isVerySame(before, after) && bare(before) !== bare(after)
/** Whether all members but refusals are identical objects. */
export function isVerySame(before: ApprovalRequest, after: ApprovalRequest): boolean {
  // Cached, since several rules ask it of one step.
  if (compared.before !== before || compared.after !== after)
    compared = { before, after, same: areVerySame(before, after) }
  return compared.same
}
let compared: { before?: ApprovalRequest; after?: ApprovalRequest; same: boolean } = { same: true }
function areVerySame(before: ApprovalRequest, after: ApprovalRequest): boolean {
  for (const member in after) {
    if (member === 'updatedAt' || member === 'refusals') continue
    if (before[member as keyof ApprovalRequest] !== after[member as keyof ApprovalRequest]) return false
  }
  return true
}
const bare = ({ updatedAt: _, refusals: __, ...rest }: ApprovalRequest) => JSON.stringify(rest)
export const asSeen = ({ command, scenario, seen }: Step) =>
  command.type !== 'decide' ||
  (command.round === seen.round && command.digest === inForce(scenario, seen).ask.digest.slice(0, 16))
/** The outcome of a call, or that it was not sent, may be reported after the end. */
export const tellsOfCall = ({ command: { type } }: Step) =>
  ['end_call', 'return_call', 'resolve_call', 'start_run', 'end_run'].includes(type)
export const endOf = (seen: Witness) => (seen.grant?.claimed ? seen.grant.notAfter : seen.grant?.claimBy) ?? 0
