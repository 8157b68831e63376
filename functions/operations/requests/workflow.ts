// Rules: test/operations/requests/follow-request.test.ts, test/operations/requests/await-outcome.test.ts
import { originOf } from '../../domain/record/origin.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { outcomeOfStep } from '../../domain/requests/advance-plan.ts'
import { asOf } from '../../domain/requests/due.ts'
import { outcomeOf, startOf, type Wait, waitOf } from '../../domain/requests/wait.ts'
import { RequestId } from '../../domain/values.ts'
import type { Clock, Queue } from '../ports.ts'
import { wake } from '../record/carry-out.ts'
import type { DecidingPorts, RequestReader } from '../record/ports.ts'
import { advancePlan, canAdvance } from './advance-plan.ts'
import type { FollowMessage, RunWorkflow, WaitRecord, WaitStore, Workflow } from './ports.ts'

type Ports = { requests: Pick<RequestReader, 'load'>; waits: WaitStore; workflow: Workflow; clock: Clock }
/** `looks`: the function that looks at a run once. */
type RunPorts = Pick<Ports, 'requests' | 'clock'> & { runs: RunWorkflow; looks: Queue<FollowMessage> }

/**
 * Signals each wait that is over, and deletes it. A second signal is late and changes nothing; if a run dies around
 * the signal, the next run repeats it.
 * @throws the first fault, after all waits were tried
 */
async function endWaits(state: ApprovalRequest, waits: readonly WaitRecord[], ports: Ports): Promise<void> {
  const faults: unknown[] = []
  for (const wait of waits) {
    const stands = outcomeOf(state, wait.wait)
    const moves = stands === 'waiting' && wait.wait === 'AwaitStep' && (await canAdvance(state, ports))
    const outcome = moves ? 'Moved' : stands
    if (outcome === 'waiting') continue
    try {
      await ports.workflow.endWait(wait.taskToken, outcome)
      await ports.waits.ended(wait)
    } catch (fault) {
      faults.push(fault)
    }
  }
  if (faults.length > 0) throw faults[0]
}

/**
 * Stores the task token, and then checks for its outcome: a change meanwhile is seen here or by the follower, so none
 * is missed.
 *
 * A fault is signalled as `Faulted`, which the machine retries with pauses (docs/adr/0008).
 * @throws the fault, after it was signalled
 */
export async function awaitOutcome(wait: WaitRecord, ports: Ports): Promise<void> {
  try {
    await rememberAndLook(wait, ports)
  } catch (fault) {
    // If that signal fails too, the throw fails the state for Step Functions.
    await ports.workflow.endWait(wait.taskToken, 'Faulted').catch(() => {})
    throw fault
  }
}

async function rememberAndLook(wait: WaitRecord, ports: Ports): Promise<void> {
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

/**
 * Starts the execution of a waiting request without one, and ends the waits that are over. A repeat changes nothing.
 * @param created true if the request is or may be new
 * @throws the fault that kept a wait open
 */
export async function followRequest(id: RequestId, created: boolean, ports: Ports & RunPorts): Promise<void> {
  const stored = await ports.requests.load(id)
  if (!stored) return
  const start = startOf(stored.state)
  if (start && (created || start.run > 1)) await ports.workflow.start(id, start)
  await endWaits(asOf(stored.state, ports.clock.now()), await ports.waits.open(id), ports)
  await followPlan(asOf(stored.state, ports.clock.now()), ports)
  await watchRun(asOf(stored.state, ports.clock.now()), ports)
}

/** Has a run looked at until its end; at once if it is to be cancelled, or should have ended. */
async function watchRun({ ask, status, run }: ApprovalRequest, { runs, looks, clock }: RunPorts): Promise<void> {
  if (run?.status !== 'running') return
  await runs.start(ask.id, 1)
  if (status !== 'approved' || run.atMost <= clock.now()) await looks.send([{ requestId: ask.id }])
}

/** Starts another execution in the place of one that ended early, if its run goes on. @param execution its name */
export async function watchAgain(execution: string, { requests, runs }: Pick<RunPorts, 'requests' | 'runs'>) {
  const [, id, attempt = '1'] = /^(\w+)(?:-(\d+))?$/.exec(execution) ?? []
  const request = RequestId.safeParse(id)
  const stored = request.success ? await requests.load(request.data) : undefined
  if (stored?.state.run?.status === 'running') await runs.start(stored.state.ask.id, Number(attempt) + 1)
}

/** The end of a step ends a wait of its plan, which then continues. */
async function followPlan(step: ApprovalRequest, ports: Ports): Promise<void> {
  const origin = originOf(step.ask)
  if (origin.kind !== 'step' || outcomeOfStep(step) === undefined) return
  const plan = await ports.requests.load(origin.plan)
  if (plan) await endWaits(asOf(plan.state, ports.clock.now()), await ports.waits.open(origin.plan), ports)
}
