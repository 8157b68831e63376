import type { StandingPermitId } from '../domain/values.ts'
import { endIfOrphaned } from './end-children.ts'
import type { DecidingPorts, PermitStore } from './ports.ts'

/**
 * Ends what was drawn from a standing permit that was taken back: on their own records, so that cards, workflows and the
 * denies of their sessions follow. Whoever asks for them reads the permit and finds it gone before this has run; this is
 * for what asks nobody, such as an AWS session. As often as it must.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export async function endDrawn(
  id: StandingPermitId,
  ports: Omit<DecidingPorts, 'ids'> & { permits: Pick<PermitStore, 'load'> },
): Promise<void> {
  const stored = await ports.permits.load(id)
  if (!stored?.permit.revoked) return
  for (const request of stored.permit.drawn) await endIfOrphaned(request, ports)
}
