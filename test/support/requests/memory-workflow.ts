import type { Start } from '../../../functions/domain/requests/wait.ts'
import type { RequestId } from '../../../functions/domain/values.ts'
import type { RunWorkflow, Workflow } from '../../../functions/operations/requests/ports.ts'

type WaitOutcome = Parameters<Workflow['endWait']>[1]

/** Executions and their waits in memory. A test opens a wait, as a waiting state would, and sees how it ended. */
export class MemoryWorkflow implements Workflow {
  readonly #executions = new Map<string, string>()
  readonly #waits = new Map<string, WaitOutcome | 'open' | 'timed_out'>()

  /** The number of next signals that fail, as when Step Functions does not answer. */
  failSignals = 0

  async start(request: RequestId, { run, wait }: Start): Promise<void> {
    await Promise.resolve()
    const name = `${request} ${run}`
    if (!this.#executions.has(name)) this.#executions.set(name, wait)
  }

  async endWait(taskToken: string, outcome: WaitOutcome): Promise<'sent' | 'late'> {
    await Promise.resolve()
    if (this.failSignals > 0) {
      this.failSignals -= 1
      throw new Error('Step Functions does not answer')
    }
    if (this.#waits.get(taskToken) !== 'open') return 'late'
    this.#waits.set(taskToken, outcome)
    return 'sent'
  }

  openWait(taskToken: string): void {
    this.#waits.set(taskToken, 'open')
  }

  timeOut(taskToken: string): void {
    if (this.#waits.get(taskToken) === 'open') this.#waits.set(taskToken, 'timed_out')
  }

  endOf(taskToken: string): WaitOutcome | 'open' | 'timed_out' | undefined {
    return this.#waits.get(taskToken)
  }

  /** The wait that an execution was started in, if it was started. */
  startedIn(request: RequestId, run = 1): string | undefined {
    return this.#executions.get(`${request} ${run}`)
  }
}

/** Executions that look at runs, in memory, by their attempts. */
export class MemoryRunWorkflow implements RunWorkflow {
  readonly #executions = new Set<string>()

  async start(request: RequestId, attempt: number): Promise<void> {
    await Promise.resolve()
    this.#executions.add(`${request} ${attempt}`)
  }

  /** The attempts for a request's run. */
  attemptsOf(request: RequestId): readonly number[] {
    return [...this.#executions].flatMap((each) => (each.startsWith(request) ? Number(each.split(' ')[1]) : []))
  }
}
