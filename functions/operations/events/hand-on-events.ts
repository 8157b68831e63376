import type { DecisionEvent } from '../../domain/events/decision-events.ts'
import { type DecisionDelivery, deliveriesOf } from '../../domain/events/receivers.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { Queue } from '../ports.ts'

/** Hands each event on once for each receiver, so that one that does not answer holds up no other. */
export async function handOnEvents(
  events: readonly DecisionEvent[],
  { deliveries, bundle }: { deliveries: Queue<DecisionDelivery>; bundle: Bundle },
): Promise<void> {
  const all = events.flatMap((event) => deliveriesOf(event, bundle))
  if (all.length > 0) await deliveries.send(all)
}
