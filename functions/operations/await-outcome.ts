import { asOf } from '../domain/due.ts'
import { endWaits } from './end-waits.ts'
import type { Clock, RequestStore, WaitRecord, WaitStore, Workflow } from './ports.ts'

type Ports = { requests: Pick<RequestStore, 'load'>; waits: WaitStore; workflow: Workflow; clock: Clock }

/**
 * The task of a waiting state: remembers its task token, and then looks whether what it waits for has happened already.
 * Whichever of token and settlement lands second signals, so none can slip between.
 */
export async function awaitOutcome(wait: WaitRecord, ports: Ports): Promise<void> {
  await ports.waits.remember(wait)
  const stored = await ports.requests.load(wait.request)
  if (!stored) return
  // One that another has claimed is left to it: it can only be the follower, whose queue looks again should it die.
  await endWaits(asOf(stored.state, ports.clock.now()), [wait], ports)
}
