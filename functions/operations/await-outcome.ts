import { asOf } from '../domain/requests/due.ts'
import { endWaits } from './end-waits.ts'
import type { Clock, RequestStore, WaitRecord, WaitStore, Workflow } from './ports.ts'

type Ports = { requests: Pick<RequestStore, 'load'>; waits: WaitStore; workflow: Workflow; clock: Clock }

/**
 * The task of a waiting state: remembers its task token, and then looks whether what it waits for has happened already.
 * Whichever of token and settlement lands second signals, so none can slip between.
 *
 * When something fails in it, it signals that itself, and the machine enters the state again, a few times with pauses.
 * It does not signal `Moved`: asked where to wait, the table would send the execution back into the same fault, as fast
 * as transitions can be paid for (docs/adr/0008).
 *
 * @throws what failed, after it was signalled, so that it is counted and logged too
 */
export async function awaitOutcome(wait: WaitRecord, ports: Ports): Promise<void> {
  try {
    await rememberAndLook(wait, ports)
  } catch (fault) {
    // Should that fail as well, what is thrown fails the state where the engine looks at it, as Step Functions does.
    await ports.workflow.signal(wait.taskToken, 'Faulted').catch(() => {})
    throw fault
  }
}

async function rememberAndLook(wait: WaitRecord, ports: Ports): Promise<void> {
  await ports.waits.remember(wait)
  const stored = await ports.requests.load(wait.request)
  if (!stored) return
  // One that another has claimed is left to it: it can only be the follower, whose queue looks again should it die.
  await endWaits(asOf(stored.state, ports.clock.now()), [wait], ports)
}
