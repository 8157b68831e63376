import type { DecisionEvent } from '../../domain/events/decision-events.ts'

/** Any fault of these ports is ReceiverUnavailable or SecretUnavailable: the event comes again. */
export type EventBus = { put(event: DecisionEvent): Promise<void> }

export type Webhooks = {
  /** `gone`: the receiver wants no more (HTTP 410). @throws SecretUnavailable where there is none to sign with */
  send(to: { id: string; url: string }, event: DecisionEvent): Promise<'taken' | 'gone'>
}
