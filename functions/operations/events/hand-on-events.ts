import type { DecisionEvent } from '../../domain/events/decision-events.ts'
import { type Delivery, deliveriesOf, signalOf } from '../../domain/events/receivers.ts'
import { killedToken } from '../../domain/events/security-events.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../domain/requests/request.ts'
import type { Queue } from '../ports.ts'

type Ports = { deliveries: Queue<Delivery>; bundle: Bundle }

/** Hands each event on once for each receiver, so that one that does not answer holds up no other. */
export async function handOnEvents(events: readonly DecisionEvent[], { deliveries, bundle }: Ports): Promise<void> {
  const all = events.flatMap((event) => deliveriesOf(event, bundle))
  if (all.length > 0) await deliveries.send(all)
}

/** Tells the tool that an access token was for, where a change has killed it before its time. */
export async function handOnSignal(
  before: ApprovalRequest | undefined,
  after: ApprovalRequest,
  { deliveries, bundle }: Ports,
): Promise<void> {
  const event = killedToken(before, after)
  const signal = event && signalOf(event, after.ask.action, bundle)
  if (signal) await deliveries.send([signal])
}
