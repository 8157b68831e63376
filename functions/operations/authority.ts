import type { Moment } from '../domain/circumstances.ts'
import type { Authority, Eligibility, Ending } from '../domain/commands.ts'
import { asOf } from '../domain/due.ts'
import { type Halt, haltOf, isSilenced, silencerOf, targetsOf } from '../domain/halt.ts'
import { type ApprovalRequest, approvalsOf } from '../domain/request.ts'
import type { NumericDate, PersonId } from '../domain/values.ts'
import type { DecidingPorts, Stored } from './ports.ts'
import { askAboutRequest, countedApprovers, eligibilityOf } from './questions.ts'

type Ports = Pick<DecidingPorts, 'requests' | 'policy'>
export type Found = Authority & { policies: readonly string[] }

/**
 * All that an act on a request rests on at this moment: the one question, who of the approvers still may, and whether a
 * halt or the end of an ancestor has ended it. Read anew each time, strongly, so that what was stopped before this began
 * is stopped now.
 *
 * @param decider someone whose eligibility is wanted beside that of those who count
 * @param role    the target role that would be assumed, where one would
 */
export async function authorityOf(
  state: ApprovalRequest,
  moment: Moment,
  now: NumericDate,
  ports: Ports,
  { decider, role }: { decider?: PersonId; role?: string } = {},
): Promise<Found> {
  const targets = targetsOf(state, role)
  const asked = decider === undefined ? targets : [...targets, { kind: 'person', value: decider } as const]
  const { ancestors, halts } = await ports.requests.standing(state.ask.ancestors, asked)
  const people = [...countedApprovers(state), ...(decider === undefined ? [] : [decider])]
  const { eligible, policies } = eligibilityOf(ports.policy, state, people, now)
  const ending = endingOf(state, ancestors, halts, now)
  return {
    answer: askAboutRequest(ports.policy, state, moment, now),
    eligible: silence(eligible, state, halts, now),
    policies,
    ...(ending ? { ending } : {}),
  }
}

/**
 * What has ended a request by now, if anything has but its own clock: that somebody who approved it has been stopped
 * since, too. Read strongly, like all that an act rests on.
 */
export async function findEnding(
  state: ApprovalRequest,
  now: NumericDate,
  { requests }: { requests: Pick<Ports['requests'], 'standing'> },
  role?: string,
): Promise<Ending | undefined> {
  const { ancestors, halts } = await requests.standing(state.ask.ancestors, targetsOf(state, role))
  const silencer = state.status === 'approved' ? silencerOf(state, halts) : undefined
  return endingOf(state, ancestors, halts, now) ?? (silencer && { by: 'halt', id: silencer.id })
}

/** Every ancestor must be there and live, and no halt may cover the request. */
function endingOf(
  state: ApprovalRequest,
  ancestors: readonly Stored[],
  halts: readonly Halt[],
  now: NumericDate,
): Ending | undefined {
  const halt = haltOf(state, halts)
  if (halt) return { by: 'halt', id: halt.id }
  const live = new Set(
    ancestors.filter((each) => asOf(each.state, now).status === 'approved').map((each) => each.state.ask.id),
  )
  const dead = state.ask.ancestors.find((id) => !live.has(id))
  return dead === undefined ? undefined : { by: 'ancestor', id: dead }
}

/** Takes away what people may decide, and what they decided, where they are stopped. */
function silence(eligible: Eligibility, state: ApprovalRequest, halts: readonly Halt[], now: NumericDate): Eligibility {
  const decidedAt = new Map(approvalsOf(state).map(({ person, at }) => [person, at]))
  return Object.fromEntries(
    Object.entries(eligible).map(([id, names]) => {
      const person = id as PersonId
      return [person, isSilenced(person, decidedAt.get(person) ?? now, halts) ? [] : names]
    }),
  )
}
