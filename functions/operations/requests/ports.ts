import type { Start } from '../../domain/requests/wait.ts'
import type { NumericDate, RequestId } from '../../domain/values.ts'
import type { TargetId } from '../../targets/kinds.ts'
import type { Fifo } from '../ports.ts'

export interface WaitStore {
  /** A repeat changes nothing. */
  remember(wait: WaitRecord): Promise<void>
  open(request: RequestId): Promise<readonly WaitRecord[]>
  ended(wait: WaitRecord): Promise<void>
}
export type WaitRecord = {
  request: RequestId
  wait: string
  attempt: string
  taskToken: string
  expiresAt: NumericDate
}

/** The workflow, which keeps the deadlines. */
export interface Workflow {
  /** Starts the one execution of a request's run. A repeat changes nothing. */
  start(request: RequestId, start: Start): Promise<void>
  /** `Faulted`: the waiting task itself failed, and the machine retries it. `late`: the token has expired. */
  endWait(taskToken: string, outcome: 'succeeded' | 'Settled' | 'Moved' | 'Faulted'): Promise<'sent' | 'late'>
}

/** The executions that look at runs until their end. */
export interface RunWorkflow {
  /** Starts an execution for a request's run. A repeat changes nothing. @param attempt 1, and one more after each early end */
  start(request: RequestId, attempt: number): Promise<void>
}
export type FollowMessage = { requestId: RequestId }
/** `target`: the target of its call. */
export type CallMessage = FollowMessage & { target: TargetId }
export type FifoMessage = Fifo & { requestId: RequestId }
