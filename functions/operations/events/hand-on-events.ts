import { eventsOfHalts, eventsOfRequest } from '../../domain/events/decision-events.ts'
import { type Delivery, deliveriesOf, signalOf } from '../../domain/events/receivers.ts'
import { killedToken } from '../../domain/events/security-events.ts'
import type { Halt } from '../../domain/halts/halt.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import type { Queue } from '../ports.ts'

type Ports = { deliveries: Queue<Delivery>; bundle: Bundle }

/**
 * Queues the decision events of a changed request, once for each event and receiver, so that a slow receiver does not
 * stop others. It also tells a tool about its access tokens that the change has ended early.
 */
export async function handOnEventsOfRequest(
  before: ApprovalRequest | undefined,
  after: ApprovalRequest,
  { deliveries, bundle }: Ports,
): Promise<void> {
  const killed = killedToken(before, after)
  const signal = killed && signalOf(killed, after.ask.action, bundle)
  const all = eventsOfRequest(before, after).flatMap((event): Delivery[] => [...deliveriesOf(event, bundle)])
  if (signal) all.push(signal)
  if (all.length > 0) await deliveries.send(all)
}

export async function handOnEventsOfHalts(
  before: readonly Halt[],
  after: readonly Halt[],
  { deliveries, bundle }: Ports,
): Promise<void> {
  const all = eventsOfHalts(before, after).flatMap((event) => deliveriesOf(event, bundle))
  if (all.length > 0) await deliveries.send(all)
}
