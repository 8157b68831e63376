import { type DecisionDelivery, notifyOf } from '../../domain/events/receivers.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { SecretUnavailable } from '../faults.ts'
import type { Log } from '../ports.ts'
import type { EventBus, Webhooks } from './ports.ts'

type Ports = { bus: EventBus; webhooks: Webhooks; bundle: Bundle; log: Log }

/** Delivers one event to one receiver. @throws ReceiverUnavailable or SecretUnavailable: it should be sent again */
export async function deliverEvent({ receiver, event }: DecisionDelivery, ports: Ports): Promise<void> {
  if (receiver === 'bus') return ports.bus.put(event)
  const id = receiver.slice('webhook:'.length)
  const url = notifyOf(id, ports.bundle)
  // The registration may have lost its address since the event was queued.
  if (url === undefined) return
  try {
    if ((await ports.webhooks.send({ id, url }, event)) === 'gone')
      ports.log.error('webhook_gone', { receiver: id, event: event.id })
  } catch (fault) {
    if (fault instanceof SecretUnavailable) ports.log.error('webhook_unsigned', { receiver: id, event: event.id })
    throw fault
  }
}

const [minute, hour] = [60, 3600]
const waits = [5, 30, 2 * minute, 10 * minute, hour, 3 * hour]

/**
 * Seconds until the next attempt; 21 attempts span a week. `share`, from 0 to 1, is the jitter between messages.
 */
export function pauseAfter(attempt: number, share: number): number {
  // SQS can hide a message for at most twelve hours.
  const wait = waits[attempt - 1] ?? 11 * hour
  return Math.floor(wait * (1 + share / 12))
}
