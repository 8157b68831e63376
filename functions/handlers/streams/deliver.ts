// Rules: test/adapters/events/webhooks.test.ts
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoStreamStore } from '../../adapters/dynamodb/stream-store.ts'
import { EventBridgeBus } from '../../adapters/eventbridge/event-bus.ts'
import { LambdaStatementSigner } from '../../adapters/lambda/statement-signer.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { WebhookSecretReader } from '../../adapters/secretsmanager/secrets.ts'
import { SqsVisibility } from '../../adapters/sqs/queue.ts'
import { HttpSetPush } from '../../adapters/ssf/push.ts'
import { makePost } from '../../adapters/standard-webhooks/post.ts'
import { SignedWebhooks } from '../../adapters/standard-webhooks/webhooks.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import { Delivery, isSignal, toolOfStream } from '../../domain/events/receivers.ts'
import { parseJson } from '../../domain/values.ts'
import { deliverEvent, pauseAfter } from '../../operations/events/deliver-event.ts'
import { pushSignal } from '../../operations/events/push-signal.ts'
import { faultName } from '../../operations/faults.ts'
import { failing } from '../batches.ts'
import type { Wiring } from '../environment.ts'
import { currentPolicy } from '../wiring/ports.ts'

type Ports = Parameters<typeof deliverEvent>[1] &
  Parameters<typeof pushSignal>[2] & {
    hold(receiptHandle: string, seconds: number): Promise<void>
  }

/** Delivers the messages of a batch independently and concurrently. A failed one is retried, later each time. */
export const createHandler =
  (ports: Ports) =>
  async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
    const failed = await Promise.all(Records.map(async (record) => ((await deliver(record, ports)) ? [] : [record])))
    return failing(failed.flat().map(({ messageId }) => messageId))
  }

async function deliver({ body, messageId, receiptHandle, attributes }: SQSRecord, ports: Ports): Promise<boolean> {
  const message = Delivery.safeParse(parseJson(body)).data
  try {
    if (!message) throw new TypeError('invalid delivery message')
    if (isSignal(message)) await pushSignal(toolOfStream(message), message.event, ports)
    else await deliverEvent(message, ports)
    return true
  } catch (fault) {
    ports.log.warn('delivery_failed', {
      ...{
        receiver: message?.receiver,
        event: message && ('id' in message.event ? message.event.id : message.event.type),
      },
      fault: faultName(fault),
    })
    const attempt = Number(attributes.ApproximateReceiveCount) || 1
    // When `hold` fails, the queue's own visibility timeout decides when the message is retried.
    await Promise.allSettled([ports.hold(receiptHandle, pauseAfter(attempt, shareOf(messageId)))])
    return false
  }
}

/** Jitter from 0 to 1, from the random message id. It spreads the retries of messages that failed together. */
const shareOf = (messageId: string): number => (Number.parseInt(messageId.slice(0, 4), 16) || 0) / 0xffff

export const wire: Wiring<
  typeof createHandler,
  'ISSUER' | 'REQUESTS_TABLE' | 'SIGN_FUNCTION' | 'DELIVERIES_QUEUE' | 'EVENT_BUS' | 'WEBHOOK_SECRET'
> = (told) => {
  const [clock, log, policy] = [new SystemClock(), new PowertoolsLog(), currentPolicy(told)]
  const queue = new SqsVisibility(told.DELIVERIES_QUEUE)
  const secrets = told.WEBHOOK_SECRET === undefined ? undefined : new WebhookSecretReader(told.WEBHOOK_SECRET, clock)
  const post = makePost({ inside: ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(told.ISSUER).hostname) })
  return {
    ...{ policy, issuer: told.ISSUER, clock, log },
    // Read at each delivery, since an agent's address may change.
    get bundle() {
      return policy.bundle
    },
    bus: new EventBridgeBus(told.EVENT_BUS),
    webhooks: new SignedWebhooks({
      secretsOf: secrets?.secretsOf ?? (() => Promise.resolve([])),
      ...{ post, clock },
    }),
    streams: new DynamoStreamStore(connect(), { requests: told.REQUESTS_TABLE, ledger: '' }),
    statements: new LambdaStatementSigner(told.SIGN_FUNCTION, { clock, log }),
    sets: new HttpSetPush(post),
    hold: (receiptHandle: string, seconds: number) => queue.hold(receiptHandle, seconds),
  }
}
