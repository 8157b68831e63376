// Rules: test/adapters/events/event-bus.test.ts
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import type { DecisionEvent } from '../../domain/events/decision-events.ts'
import { detailOf } from '../../domain/events/event-on-the-wire.ts'
import type { EventBus } from '../../operations/events/ports.ts'
import { ReceiverUnavailable } from '../../operations/faults.ts'
import { asItself, bounded } from '../aws-client.ts'

export class EventBridgeBus implements EventBus {
  readonly #name: string
  readonly #client: EventBridgeClient

  constructor(name: string, client: EventBridgeClient = asItself(new EventBridgeClient(bounded(3, 2000)))) {
    this.#name = name
    this.#client = client
  }

  /** @throws ReceiverUnavailable also if EventBridge answers 200 but does not accept the event */
  async put(event: DecisionEvent): Promise<void> {
    const entry = {
      EventBusName: this.#name,
      Source: 'hotwork',
      DetailType: event.type,
      Detail: JSON.stringify(detailOf(event)),
      Time: new Date(event.at * 1000),
    }
    const answer = await this.#client.send(new PutEventsCommand({ Entries: [entry] })).catch((cause: unknown) => {
      throw new ReceiverUnavailable('the bus did not answer', { cause })
    })
    if (answer.FailedEntryCount === 0) return
    throw new ReceiverUnavailable(`the bus refused an event: \`${answer.Entries?.[0]?.ErrorCode}\``)
  }
}
