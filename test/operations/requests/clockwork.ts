import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { WaitRecord } from '../../../functions/operations/requests/ports.ts'
import { awaitOutcome, followRequest } from '../../../functions/operations/requests/workflow.ts'
import { MemoryWaitStore } from '../../support/requests/memory-wait-store.ts'
import { MemoryWorkflow } from '../../support/requests/memory-workflow.ts'
import { World } from '../../support/world.ts'

/** A world with its workflow: executions that wait, and the functions that wake them. */
export class Clockwork extends World {
  readonly waits = new MemoryWaitStore()
  readonly workflow = new MemoryWorkflow()

  get moving() {
    const { requests, waits, workflow, clock } = this
    return { requests, waits, workflow, clock }
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
