import type { ApprovalRequest, Run } from '../../../functions/domain/record/request.ts'
import type { RequestId, UseId } from '../../../functions/domain/values.ts'
import type { RequestReader } from '../../../functions/operations/record/ports.ts'
import type { WaitRecord } from '../../../functions/operations/requests/ports.ts'
import { awaitOutcome, followRequest } from '../../../functions/operations/requests/workflow.ts'
import { MemoryQueue } from '../../support/requests/memory-queue.ts'
import { MemoryWaitStore } from '../../support/requests/memory-wait-store.ts'
import { MemoryRunWorkflow, MemoryWorkflow } from '../../support/requests/memory-workflow.ts'
import { World } from '../../support/world.ts'

/** A world with its workflow: executions that wait, and the functions that wake them. */
export class Clockwork extends World {
  readonly waits = new MemoryWaitStore()
  readonly workflow = new MemoryWorkflow()
  readonly runs = new MemoryRunWorkflow()
  /** The requests whose runs are to be looked at now. */
  readonly looks = new MemoryQueue()

  get moving() {
    const { requests, waits, workflow, runs, looks, clock } = this
    return { requests, waits, workflow, runs, looks, clock }
  }

  /** A waiting state is entered: its task token is good from now on, and its task has not run yet. */
  enter({ ask }: ApprovalRequest, wait: string, attempt = '1'): WaitRecord {
    const taskToken = `${ask.id} ${wait} ${attempt}`
    this.workflow.openWait(taskToken)
    return { request: ask.id, wait, attempt, taskToken, expiresAt: this.clock.now() + 86_400 }
  }

  /** The task of a waiting state runs. */
  runTask = (wait: WaitRecord) => awaitOutcome(wait, this.moving)
  /** The first reader of the stream sees a change; `created` if it is the first one, or may be. */
  follow = ({ ask }: ApprovalRequest, { created = false } = {}) => followRequest(ask.id, created, this.moving)
  /** How a wait ended, or `open`. */
  endOf = ({ taskToken }: WaitRecord) => this.workflow.endOf(taskToken)
}

/** The requests, each with a run. */
export const withRun = (requests: Pick<RequestReader, 'load'>, run: Pick<Run, 'status'> & Partial<Run>, more = {}) => ({
  load: async (id: RequestId) => {
    const stored = await requests.load(id)
    const [use, since] = ['use_00000000000000000000000001' as UseId, stored?.state.updatedAt ?? 0]
    const whole = { id: 'run-1', use, since, atMost: since + 3600, ...run }
    return stored && { ...stored, state: { ...stored.state, ...more, run: whole } as ApprovalRequest }
  },
})
