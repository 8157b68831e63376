import { outcomeOfStep } from '../../domain/requests/advance-plan.ts'
import { asOf } from '../../domain/requests/due.ts'
import type { ApprovalRequest } from '../../domain/requests/request.ts'
import { outcomeOf, startOf, type Wait, waitOf } from '../../domain/requests/wait.ts'
import type { RequestId } from '../../domain/values.ts'
import { WaitClaimed } from '../faults.ts'
import type { Clock } from '../ports.ts'
import { advancePlan, canAdvance } from './advance-plan.ts'
import { wake } from './carry-out.ts'
import type { DecidingPorts, RequestReader, WaitRecord, WaitStore, Workflow } from './ports.ts'

/** A sender that claimed a wait and has not sent after this long counts as dead. Seconds. */
const leaseSeconds = 30

type EndPorts = { requests: Pick<RequestReader, 'load'>; waits: WaitStore; workflow: Workflow; clock: Clock }

/**
 * Claims each wait, then signals. A late signal changes nothing. A claim whose signal failed is given back.
 * @returns false when another sender has claimed one of them, and may have died
 * @throws what kept a wait from being ended, after all others had their turn
 */
async function endWaits(state: ApprovalRequest, waits: readonly WaitRecord[], ports: EndPorts): Promise<boolean> {
  const faults: unknown[] = []
  let allEnded = true
  for (const wait of waits) {
    const stands = outcomeOf(state, wait.wait)
    const moves = stands === 'waiting' && wait.wait === 'AwaitStep' && (await canAdvance(state, ports))
    const outcome = moves ? 'Moved' : stands
    if (outcome === 'waiting') continue
    try {
      if (!(await endWait(wait, outcome, ports))) allEnded = false
    } catch (fault) {
      faults.push(fault)
    }
  }
  if (faults.length > 0) throw faults[0]
  return allEnded
}

async function endWait(
  wait: WaitRecord,
  outcome: Parameters<Workflow['signal']>[1],
  { waits, workflow, clock }: EndPorts,
): Promise<boolean> {
  if (!(await waits.claim(wait, clock.now(), leaseSeconds))) return false
  try {
    await workflow.signal(wait.taskToken, outcome)
  } catch (fault) {
    // Perhaps it was sent and only its answer was lost: then the next one is late. A claim that cannot be given back
    // runs out.
    await waits.release(wait).catch(() => {})
    throw fault
  }
  await waits.ended(wait)
  return true
}

type AwaitPorts = { requests: Pick<RequestReader, 'load'>; waits: WaitStore; workflow: Workflow; clock: Clock }

/**
 * Remembers the task token, and then looks whether what it waits for has happened: the second of the two signals, so
 * none is missed.
 *
 * A fault is signalled as `Faulted`, which the machine tries again with pauses (docs/adr/0008).
 * @throws what failed, after it was signalled
 */
export async function awaitOutcome(wait: WaitRecord, ports: AwaitPorts): Promise<void> {
  try {
    await rememberAndLook(wait, ports)
  } catch (fault) {
    // Should that fail as well, what is thrown fails the state, as Step Functions does.
    await ports.workflow.signal(wait.taskToken, 'Faulted').catch(() => {})
    throw fault
  }
}

async function rememberAndLook(wait: WaitRecord, ports: AwaitPorts): Promise<void> {
  await ports.waits.remember(wait)
  const stored = await ports.requests.load(wait.request)
  if (!stored) return
  await endWaits(asOf(stored.state, ports.clock.now()), [wait], ports)
}

export async function advanceWorkflow(
  id: RequestId,
  ports: DecidingPorts,
): Promise<{ requestId: RequestId; wait: Wait }> {
  const woken = await wake(id, ports)
  if (!woken.ok) return { requestId: id, wait: 'Close' }
  const { state } = woken.value
  if (waitOf(state) !== 'AwaitStep') return { requestId: id, wait: waitOf(state) }
  await advancePlan(id, ports)
  const moved = await ports.requests.load(id)
  return { requestId: id, wait: waitOf(moved?.state ?? state) }
}

type FollowPorts = { requests: Pick<RequestReader, 'load'>; waits: WaitStore; workflow: Workflow; clock: Clock }

/**
 * Starts the execution of a request that waits and has none, and ends the waits that are over. A second time changes nothing.
 * @param created whether the request is new, or may be
 * @throws WaitClaimed when another is ending one of the waits: ask again, in case it died
 */
export async function followRequest(id: RequestId, created: boolean, ports: FollowPorts): Promise<void> {
  const stored = await ports.requests.load(id)
  if (!stored) return
  const start = startOf(stored.state)
  if (start && (created || start.run > 1)) await ports.workflow.start(id, start)
  const ended = await endWaits(asOf(stored.state, ports.clock.now()), await ports.waits.open(id), ports)
  if (!ended) throw new WaitClaimed(`another is ending a wait of \`${id}\``)
  if (stored.state.ask.step !== undefined) await followPlan(asOf(stored.state, ports.clock.now()), ports)
}

/** A step that has ended ends the wait of its plan, which then goes on. */
async function followPlan(step: ApprovalRequest, ports: FollowPorts): Promise<void> {
  const id = step.ask.ancestors.at(-1)
  if (id === undefined || outcomeOfStep(step) === undefined) return
  const plan = await ports.requests.load(id)
  if (!plan) return
  const ended = await endWaits(asOf(plan.state, ports.clock.now()), await ports.waits.open(id), ports)
  if (!ended) throw new WaitClaimed(`another is ending a wait of \`${id}\``)
}
