import { endingOf, permitOf } from '../../domain/deciding/endings.ts'
import type { Gathered, Occasion } from '../../domain/deciding/gathered.ts'
import { type Judged, judge } from '../../domain/deciding/judge.ts'
import { targetsOf } from '../../domain/halts/halt.ts'
import { groupsToRead } from '../../domain/people/group-source.ts'
import { isInForce } from '../../domain/people/stand-in.ts'
import type { Ending } from '../../domain/record/commands.ts'
import { keptSteps } from '../../domain/record/plan-step.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { defined, type NumericDate } from '../../domain/values.ts'
import type { StateReading } from '../previews/ports.ts'
import type { RequestReader } from '../record/ports.ts'
import type { Policy } from './ports.ts'

type Ports = { policy: Policy; requests: Pick<RequestReader, 'dependencies'> }

/**
 * Reads everything that an act on a request rests on, once, in parallel and strongly, so that a halt from before the
 * act stops it. A decider who stands in for others needs a second read, since the absent people are known only after
 * the first.
 *
 * @param present a running read of the resource
 */
export async function gather(
  state: ApprovalRequest,
  { decider, role, now }: Omit<Occasion, 'moment'>,
  { policy, requests }: Ports,
  present?: Promise<StateReading | undefined>,
): Promise<Gathered & Pick<StateReading, 'raw'>> {
  const targets = targetsOf(state, role)
  const asked = decider === undefined ? targets : [...targets, { kind: 'person', value: decider } as const]
  const beside = {
    ...defined({ standIn: decider, permit: permitOf(state) }),
    groups: groupsToRead(policy.bundle.directory),
  }
  const readRecord = async () => {
    const { ancestors, standIns, halts, ...rest } = await requests.dependencies(state.ask.ancestors, asked, beside)
    const given = standIns.filter((each) => each.by === decider && isInForce(each, now))
    const ofAbsent = given.map(({ for: value }) => ({ kind: 'person', value }) as const)
    const more = given.length === 0 ? [] : (await requests.dependencies([], ofAbsent)).halts
    return { ...rest, ancestors: ancestors.map((each) => each.state), standIns: given, halts: [...halts, ...more] }
  }
  const [record, seen] = await Promise.all([readRecord(), present, lookAtAgents(state, { policy })])
  return { ...record, ...(seen && { present: seen.preview, ...defined({ raw: seen.raw }) }) }
}

/** The authority for an act on a request now. */
export const authorityOf = async (
  state: ApprovalRequest,
  occasion: Occasion,
  ports: Ports,
  present?: Promise<StateReading | undefined>,
): Promise<Judged> => judge(ports.policy, state, await gather(state, occasion, ports, present), occasion)

/** Loads recertifications of the request's agents that are newer than the bundle, before policy is asked. */
export async function lookAtAgents(
  state: Pick<ApprovalRequest, 'ask'>,
  { policy }: Pick<Ports, 'policy'>,
): Promise<void> {
  const { agent, chain } = state.ask
  const doers = keptSteps(state).map((step) => step.agent)
  await policy.look?.([agent.id, ...chain.map(({ id }) => id), ...doers])
}

export async function findEnding(
  state: ApprovalRequest,
  now: NumericDate,
  { requests, policy }: Pick<Ports, 'requests'> & { policy: Pick<Policy, 'bundle'> },
  role?: string,
): Promise<Ending | undefined> {
  const beside = defined({ permit: permitOf(state) })
  const { ancestors, ...others } = await requests.dependencies(state.ask.ancestors, targetsOf(state, role), beside)
  const { registry } = policy.bundle
  return endingOf(
    state,
    { ...others, ...defined({ registry }), ancestors: ancestors.map((each) => each.state) },
    role,
    now,
  )
}
