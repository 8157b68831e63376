// Rules: test/adapters/events/webhooks.test.ts
import type { DecisionEvent } from '../../domain/events/decision-events.ts'
import { webhookBodyOf } from '../../domain/events/event-on-the-wire.ts'
import type { Webhooks } from '../../operations/events/ports.ts'
import { ReceiverUnavailable, SecretUnavailable } from '../../operations/faults.ts'
import type { Clock } from '../../operations/ports.ts'
import { macOf } from './incident-events.ts'
import type { Post } from './post.ts'

type Ports = {
  /** The valid secrets, newest first; empty if the operator has put none. */
  secretsOf(id: string): Promise<readonly string[]>
  post: Post
  clock: Clock
}

/** Standard Webhooks 1.0. The event's id is the message's, so a receiver that stores ids processes each event once. */
export class SignedWebhooks implements Webhooks {
  readonly #ports: Ports

  constructor(ports: Ports) {
    this.#ports = ports
  }

  async send({ id, url }: { id: string; url: string }, event: DecisionEvent): Promise<'taken' | 'gone'> {
    const { secretsOf, post, clock } = this.#ports
    const secrets = await secretsOf(id)
    if (secrets.length === 0) throw new SecretUnavailable(`no secret for the webhook of \`${id}\``)
    const body = webhookBodyOf(event)
    const timestamp = String(clock.now())
    const signed = { id: event.id, timestamp, body }
    const signatures = secrets.map((secret) => `v1,${macOf(secret, signed).toString('base64')}`)
    const { status } = await post(url, {
      headers: {
        'content-type': 'application/json',
        'webhook-id': event.id,
        'webhook-timestamp': timestamp,
        'webhook-signature': signatures.join(' '),
      },
      body,
    })
    if (status >= 200 && status < 300) return 'taken'
    if (status === 410) return 'gone'
    throw new ReceiverUnavailable(`the webhook of \`${id}\` answered ${status}`)
  }
}
