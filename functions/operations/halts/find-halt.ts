// Rules: test/operations/halts/halts.test.ts
import type { Act, Halt, HaltTarget } from '../../domain/halts/halt.ts'
import { haltKey, isHaltInForce, isSilenced, liftedBefore, targetsOf } from '../../domain/halts/halt.ts'
import { groupsToRead, type Readings } from '../../domain/people/group-source.ts'
import { type Agent, factsOf } from '../../domain/people/organisation.ts'
import { agentOf } from '../../domain/policy/bundle.ts'
import { type ApprovalRequest, grantOf } from '../../domain/record/request.ts'
import {
  type AgentId,
  defined,
  type HaltId,
  type NumericDate,
  type PersonId,
  type Resource,
  rfc3339,
} from '../../domain/values.ts'
import type { Policy } from '../policy/ports.ts'
import { endIfOver } from '../record/carry-out.ts'
import type { AskingPorts, DecidingPorts, RequestReader } from '../record/ports.ts'
import type { HaltStore } from './ports.ts'

type FoundHalts = { halt?: Halt | undefined; afterHalts?: HaltId[] }
type Ports = AskingPorts

/**
 * The halt in force that stops this ask. Strong read.
 * @param of `role`: its halt does not stop the ask, but is recorded with it
 */
export async function findHaltOfAgent(
  agent: AgentId,
  of: { action: string; resource: Resource; role?: string | undefined },
  ports: Ports,
): Promise<FoundHalts> {
  const { bundle } = ports.policy
  const owner = agentOf(bundle, agent)?.owner
  const environment = factsOf(bundle.resources, of.resource)?.environment
  return find(
    [
      { kind: 'agent', value: agent },
      { kind: 'action', value: of.action },
      ...(environment === undefined ? [] : [{ kind: 'environment', value: environment } as const]),
      ...(owner === undefined ? [] : [ownerOf(owner)]),
      ...(of.role === undefined ? [] : [{ kind: 'role', value: of.role } as const]),
    ],
    ports,
  )
}

/** The halt in force that stops all acts of this agent. Strong read. */
export async function findHaltOfCaller(agent: AgentId, ports: Ports): Promise<Halt | undefined> {
  const owner = agentOf(ports.policy.bundle, agent)?.owner
  const targets = [{ kind: 'agent', value: agent } as const, ...(owner === undefined ? [] : [ownerOf(owner)])]
  return (await find(targets, ports)).halt
}

/** The first step of a plan that a halt in force stops, in one strong read. */
export async function findHaltOfSteps(
  steps: readonly { agent: Pick<Agent, 'id' | 'owner'>; entry: { name: string }; resource: { environment: string } }[],
  { requests, clock }: Ports,
): Promise<{ halt: Halt; step: number } | undefined> {
  const targets = steps.map(({ agent, entry, resource }): readonly HaltTarget[] => [
    { kind: 'agent', value: agent.id },
    ownerOf(agent.owner),
    { kind: 'action', value: entry.name },
    { kind: 'environment', value: resource.environment },
  ])
  const { halts } = await requests.dependencies([], targets.flat())
  const now = clock.now()
  const inForce = halts.filter((each) => isHaltInForce(each, now))
  for (const [index, own] of targets.entries()) {
    const halt = inForce.find(({ target }) => own.some((each) => haltKey(each) === haltKey(target)))
    if (halt) return { halt, step: index + 1 }
  }
  return undefined
}

/** The halt that stops a person's opening. Halts of environments do not stop it; halts of its actions do. */
export const findHaltOfPerson = (person: PersonId, actions: readonly string[], ports: Ports): Promise<FoundHalts> =>
  find(
    [
      { kind: 'person', value: person },
      ownerOf(person),
      ...actions.map((value) => ({ kind: 'action', value }) as const),
    ],
    ports,
  )

/** The part of a halt that agents and tools are told: only its id if the target reveals the owner of an agent. */
export const toldOf = ({
  id,
  target,
  until,
}: Halt): { reason: 'agent_suspended' | 'policy_denied'; detail: string } => ({
  reason: target.kind === 'action' || target.kind === 'environment' ? 'policy_denied' : 'agent_suspended',
  detail: `stopped by the halt \`${id}\`${ofWhat(target, until)}`,
})

const ofWhat = ({ kind, value }: HaltTarget, until: NumericDate | undefined): string => {
  if (kind !== 'action' && kind !== 'environment') return ''
  return ` of ${kind} \`${value}\`${until === undefined ? '' : `, until ${rfc3339(until)}`}`
}

/** Strong read. */
export async function isStopped(
  person: PersonId,
  { requests }: { requests: Pick<RequestReader, 'dependencies'> },
  when: Act | { now: NumericDate },
): Promise<boolean> {
  const { halts } = await requests.dependencies([], [{ kind: 'person', value: person }])
  return isSilenced(person, halts, when)
}

/** Halts and the latest group readings, in one read. */
export async function whatStops(
  person: PersonId,
  { requests, policy }: { requests: Pick<RequestReader, 'dependencies'>; policy: Pick<Policy, 'bundle'> },
  when: Act | { now: NumericDate },
): Promise<{ stopped: boolean; readings: Readings | undefined }> {
  const groups = groupsToRead(policy.bundle.directory)
  const { halts, readings } = await requests.dependencies([], [{ kind: 'person', value: person }], { groups })
  return { stopped: isSilenced(person, halts, when), readings }
}

const ownerOf = (value: PersonId): HaltTarget => ({ kind: 'owner', value })

async function find(targets: readonly HaltTarget[], { requests, clock }: Ports): Promise<FoundHalts> {
  const { halts } = await requests.dependencies([], [{ kind: 'all', value: 'all' }, ...targets])
  const now = clock.now()
  const halt = halts.find((each) => each.target.kind !== 'role' && isHaltInForce(each, now))
  return { halt, ...liftedBefore(halts, now) }
}

type EndPorts = DecidingPorts & { halts: Pick<HaltStore, 'find' | 'load'> }

const [page, side] = [100, 10]

/**
 * Ends, on its own record, every request that a halt covers. Each decision, issue and use reads the halt itself; this
 * ends AWS sessions and other credentials that are used without asking Hotwork.
 * @throws StoreUnavailable, StaleRequest
 */
export async function endHalted(id: HaltId, ports: EndPorts): Promise<void> {
  const found = await ports.halts.find(id)
  if (!found) return
  const { target } = found.halt
  for (const status of ['approved', 'pending'] as const)
    for (let after: string | undefined; ; ) {
      const { items, next } = await ports.requests.list({ status }, { limit: page, ...defined({ after }) })
      const covered = items.map(({ state }) => state).filter((state) => covers(target, state))
      for (let from = 0; from < covered.length; from += side)
        await Promise.all(covered.slice(from, from + side).map((state) => endIfHalted(state, target, ports)))
      if (next === undefined) break
      after = next
    }
}

function covers(target: HaltTarget, state: ApprovalRequest): boolean {
  if (target.kind === 'role') return hasSessionOf(target.value, state)
  return targetsOf(state, undefined).some((each) => haltKey(each) === haltKey(target))
}

const hasSessionOf = (role: string, state: ApprovalRequest): boolean =>
  (grantOf(state)?.sessions ?? []).some((session) => session.role === role)

async function endIfHalted({ ask }: ApprovalRequest, target: HaltTarget, ports: EndPorts): Promise<void> {
  await endIfOver(ask.id, ports, (state) =>
    target.kind === 'role' && hasSessionOf(target.value, state) ? target.value : undefined,
  )
}
