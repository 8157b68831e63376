import { type Halt, type HaltTarget, haltKey, isSilenced, liftedBefore, targetsOf } from '../../domain/halts/halt.ts'
import { agentOf } from '../../domain/policy/bundle.ts'
import { type ApprovalRequest, grantOf } from '../../domain/requests/request.ts'
import { type AgentId, defined, type HaltId, type NumericDate, type PersonId } from '../../domain/values.ts'
import { endIfOver } from '../requests/carry-out.ts'
import type { DecidingPorts } from '../requests/ports.ts'
import type { HaltStore } from './ports.ts'

/** The halt in force that stops the asker, if there is one; and those that were lifted before they ask, for the ask to keep. */
type FoundHalts = { halt?: Halt | undefined; afterHalts?: HaltId[] }
type Ports = Pick<DecidingPorts, 'requests' | 'policy' | 'clock'>

/**
 * The halt in force that stops an agent from asking for anything: its own, its owner's, or that of everything. Read
 * strongly. One that was lifted stops what was asked before, and no agent from asking anew.
 *
 * @param role the target role of what is asked for, whose halt in force stops no asking
 */
export async function findHaltOfAgent(agent: AgentId, ports: Ports, role?: string): Promise<FoundHalts> {
  const owner = agentOf(ports.policy.bundle, agent)?.owner
  return find(
    [
      { kind: 'agent', value: agent },
      ...(owner === undefined ? [] : [ownerOf(owner)]),
      ...(role === undefined ? [] : [{ kind: 'role', value: role } as const]),
    ],
    ports,
  )
}

/** The same for a person who uses break-glass: their own, that of all they own, or that of everything. */
export const findHaltOfPerson = (person: PersonId, ports: Ports): Promise<FoundHalts> =>
  find([{ kind: 'person', value: person }, ownerOf(person)], ports)

/**
 * Whether a person's word counts for nothing: given at `at`, or to be given now, and a halt of theirs is in force or
 * was until after that. Read strongly.
 */
export async function isStopped(
  person: PersonId,
  { requests }: { requests: Pick<DecidingPorts['requests'], 'dependencies'> },
  at?: NumericDate,
): Promise<boolean> {
  const { halts } = await requests.dependencies([], [{ kind: 'person', value: person }])
  return isSilenced(person, halts, at === undefined ? undefined : { at })
}

const ownerOf = (value: PersonId): HaltTarget => ({ kind: 'owner', value })

async function find(targets: readonly HaltTarget[], { requests, clock }: Ports): Promise<FoundHalts> {
  const { halts } = await requests.dependencies([], [{ kind: 'all', value: 'all' }, ...targets])
  const halt = halts.find(({ target, lifted }) => target.kind !== 'role' && lifted === undefined)
  return { halt, ...liftedBefore(halts, clock.now()) }
}

type EndPorts = Omit<DecidingPorts, 'ids'> & { halts: Pick<HaltStore, 'find' | 'load'> }

/** So many are looked at at once, and so many ended side by side. */
const [page, side] = [100, 10]

/**
 * Ends every request that a halt covers: on its own record, so that its card, its workflow, the denies of its sessions
 * and what was delegated from it follow. Whoever decides, issues or uses reads the halt and needs none of this; it is
 * for what asks no one, such as an AWS session of a child, or one that a stopped person approved. As often as it must.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export async function endHalted(id: HaltId, ports: EndPorts): Promise<void> {
  const found = await ports.halts.find(id)
  if (!found) return
  for (const status of ['approved', 'pending'] as const)
    for (let after: string | undefined; ; ) {
      const { items, next } = await ports.requests.list({ status }, { limit: page, ...defined({ after }) })
      const covered = items.map(({ state }) => state).filter((state) => covers(found.target, state))
      for (let from = 0; from < covered.length; from += side)
        await Promise.all(covered.slice(from, from + side).map((state) => endIfHalted(state, found.target, ports)))
      if (next === undefined) break
      after = next
    }
}

/** Whether a halt of this target could end that request; whether one does is found where it is ended. */
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
