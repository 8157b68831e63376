import type { Start } from '../../domain/requests/wait.ts'
import type { NumericDate, RequestId } from '../../domain/values.ts'
import type { TargetId } from '../../targets/kinds.ts'
import type { Fifo } from '../ports.ts'

export interface WaitStore {
  /** Twice is once. */
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

/** The workflow, which is the clock. */
export interface Workflow {
  /** Starts the one execution of a request's run: twice is once. */
  start(request: RequestId, start: Start): Promise<void>
  /**
   * `Faulted` is the waiting task's own failure, which the machine tries again. `late`: the token is no longer good.
   */
  endWait(taskToken: string, outcome: 'succeeded' | 'Settled' | 'Moved' | 'Faulted'): Promise<'sent' | 'late'>
}
export type FollowMessage = { requestId: RequestId }
/** `target`: where its call was made. */
export type CallMessage = FollowMessage & { target: TargetId }
export type FifoMessage = Fifo & { requestId: RequestId }
