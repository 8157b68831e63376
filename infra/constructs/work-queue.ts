import { Duration, Validations } from 'aws-cdk-lib'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda'
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { HotworkFunction } from './hotwork-function.ts'

/** Acknowledged for every queue: the emulator that `npm start` runs speaks http, and would then refuse everybody. */
const plainHttp = {
  id: 'AwsSolutions-SQS4',
  reason:
    'The local emulator speaks http, so a TLS-only policy would deny all of it; on AWS the SDK speaks https, and messages are ids alone',
}

/** Where messages go that could not be worked off. An alarm watches it; a person redrives it. */
export const deadLetters = (scope: Construct, { fifo = false } = {}): Queue => {
  const queue = new Queue(scope, 'DeadLetters', {
    ...(fifo && { fifo: true }),
    encryption: QueueEncryption.SQS_MANAGED,
    retentionPeriod: Duration.days(14),
  })
  Validations.of(queue).acknowledge(plainHttp)
  return queue
}

export type WorkQueueProps = {
  order: 'none' | 'group'
  attempts: number
  /** Whether timers send to it too, whose messages have no deduplication id of their own. */
  timed?: boolean
  /** The timeout of the function that works it off. */
  worker?: Duration
  /** A fixed name, where another stack must name it. */
  name?: string
  /** How long a message waits for whoever works it off, if not the usual four days. */
  retention?: Duration
}

/** Ids handed on to one function. With `order: 'group'` a message that cannot be worked off holds up its own group alone. */
export class WorkQueue extends Construct {
  readonly queue: Queue
  readonly deadLetters: Queue

  constructor(
    scope: Construct,
    id: string,
    { order, attempts, timed = false, worker = Duration.seconds(10), name, retention }: WorkQueueProps,
  ) {
    super(scope, id)
    const fifo = order === 'group'
    this.deadLetters = deadLetters(this, { fifo })
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      ...(name !== undefined && { queueName: name }),
      ...(retention !== undefined && { retentionPeriod: retention }),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: attempts },
      // Six times a worker's timeout, as Lambda asks, so that a retry cannot overlap the attempt before it.
      visibilityTimeout: Duration.seconds(6 * worker.toSeconds()),
      ...(fifo && {
        fifo: true,
        deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
        fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
        contentBasedDeduplication: timed,
      }),
    })
    Validations.of(this.queue).acknowledge(plainHttp)
  }

  get url(): string {
    return this.queue.queueUrl
  }

  /** Allows sending, and nothing else that CDK's own grant would add. */
  grantSend(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({ grantee, actions: ['sqs:SendMessage'], resourceArns: [this.queue.queueArn] })
  }

  /** Allows saying when a message that could not be worked off shall come again. */
  grantHold(grantee: IGrantable): Grant {
    const [actions, resourceArns] = [['sqs:ChangeMessageVisibility'], [this.queue.queueArn]]
    return Grant.addToPrincipal({ grantee, actions, resourceArns })
  }

  /**
   * Has a function work the messages off; what it reports as failed comes again, the rest of the batch does not.
   *
   * @param atOnce how many of it may be at work at a time; without it, as many as there is work for
   */
  consumedBy({ lambda, role }: HotworkFunction, { batchSize, atOnce }: { batchSize: number; atOnce?: number }): void {
    // Written out, since CDK's own event source asks for more than Lambda needs.
    Grant.addToPrincipal({
      grantee: role,
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      resourceArns: [this.queue.queueArn],
    })
    const mapping = new EventSourceMapping(this, 'Mapping', {
      target: lambda,
      eventSourceArn: this.queue.queueArn,
      batchSize,
      reportBatchItemFailures: true,
      ...(atOnce !== undefined && { maxConcurrency: atOnce }),
    })
    mapping.node.addDependency(role)
  }
}
