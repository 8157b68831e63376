// Rules: test/infra/resources.test.ts
import { type CfnElement, Duration, Stack, Validations } from 'aws-cdk-lib'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { type CfnRule, Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import {
  EventInvokeConfig,
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda'
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { HotworkFunction } from './hotwork-function.ts'
import { say } from './variables.ts'

/**
 * Suppresses the finding for every queue: a TLS-only policy would refuse all calls of the emulator, which speaks http.
 */
const plainHttp = {
  id: 'AwsSolutions-SQS4',
  reason:
    'The local emulator speaks http, so a TLS-only policy would deny all of it; on AWS the SDK and AWS itself speak https',
}

/** A queue of messages that could not be processed. An alarm watches it, and a person redrives them. */
function letterQueue(scope: Construct, id: string, fifo = false): Queue {
  const queue = new Queue(scope, id, {
    ...(fifo && { fifo: true }),
    encryption: QueueEncryption.SQS_MANAGED,
    retentionPeriod: Duration.days(14),
  })
  Validations.of(queue).acknowledge(plainHttp)
  return queue
}

/** A dead-letter queue for sources besides queues, which cdk-nag does not recognize. */
function otherLetters(scope: Construct, id: string, of: string): Queue {
  const queue = letterQueue(scope, id)
  const reason = `This is the dead-letter queue, ${of}, which the check does not see`
  Validations.of(queue).acknowledge({ id: 'AwsSolutions-SQS3', reason })
  return queue
}

/**
 * The dead-letter queue of a rule. It has the whole event, with the session token in STS's answer, so roles of Hotwork
 * may not read it, and it is separate from the other dead letters.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 */
export const undelivered = (scope: Construct): Queue => otherLetters(scope, 'DeadLetters', 'of a rule of EventBridge')

/**
 * The dead letters of the whole stack, each with its source. SQS redrives only messages that came from a queue, so
 * Lambda's are separate (docs/runbooks).
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
export class DeadLetters extends Construct {
  readonly standard: Queue
  readonly ordered: Queue
  /** Lambda's dead letters: records of a stream, and asynchronous invocations. */
  readonly invocations: Queue

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.standard = letterQueue(this, 'Standard')
    this.ordered = letterQueue(this, 'Ordered', true)
    this.invocations = otherLetters(this, 'Invocations', 'of streams and invocations')
  }

  /**
   * Keeps failed asynchronous invocations of `worker`: after three attempts in three minutes.
   * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
   */
  keepInvocations(worker: HotworkFunction): void {
    const config = new EventInvokeConfig(worker, 'Invocations', {
      function: worker.lambda,
      retryAttempts: 2,
      maxEventAge: Duration.minutes(5),
      onFailure: this.takeFrom(worker),
    })
    config.node.addDependency(worker.role)
  }

  /** The destination for failures of `worker`. CDK's own grants more. */
  takeFrom(worker: HotworkFunction): { bind: () => { destination: string } } {
    const destination = this.invocations.queueArn
    worker.allow(['sqs:SendMessage'], [destination])
    return { bind: () => ({ destination }) }
  }
}

type WorkQueueProps = {
  deadLetters: DeadLetters
  variable: string
  order: 'none' | 'group'
  attempts: number
  /** True if timers send to it too: their messages have no deduplication id. */
  timed?: boolean
  worker?: Duration
  name?: string
  retention?: Duration
  /** The time that each message waits first. */
  delay?: Duration
}

/** A queue of ids for one function. With `order: 'group'` a failing message blocks only its own group. */
export class WorkQueue extends Construct {
  readonly queue: Queue

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id)
    const {
      deadLetters,
      variable,
      order,
      attempts,
      timed = false,
      worker = Duration.seconds(10),
      name,
      retention,
      delay,
    } = props
    const fifo = order === 'group'
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      ...(name !== undefined && { queueName: name }),
      ...(retention !== undefined && { retentionPeriod: retention }),
      ...(delay !== undefined && { deliveryDelay: delay }),
      deadLetterQueue: { queue: fifo ? deadLetters.ordered : deadLetters.standard, maxReceiveCount: attempts },
      // Six times the worker's timeout, as Lambda recommends, so that a retry cannot overlap the attempt before.
      visibilityTimeout: Duration.seconds(6 * worker.toSeconds()),
      ...(fifo && {
        fifo: true,
        deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
        fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
        contentBasedDeduplication: timed,
      }),
    })
    Validations.of(this.queue).acknowledge(plainHttp)
    say(this, { [variable]: this.queue.queueUrl })
  }

  /** CDK's own grant has more rights. */
  grantSend(to: HotworkFunction): void {
    to.allow(['sqs:SendMessage'], [this.queue.queueArn])
  }

  /** Allows delaying the retry of a failed message. */
  grantHold(to: HotworkFunction): void {
    to.allow(['sqs:ChangeMessageVisibility'], [this.queue.queueArn])
  }

  /**
   * Retries only the messages of a batch that the worker reports as failed.
   * @param atOnce the most concurrent workers
   * @param window the time in which messages are gathered
   */
  consumedBy(
    worker: HotworkFunction,
    { batchSize, atOnce, window }: { batchSize: number; atOnce?: number; window?: Duration },
  ): void {
    // CDK's own event source grants more than Lambda needs.
    worker.allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], [this.queue.queueArn])
    const mapping = new EventSourceMapping(this, 'Mapping', {
      target: worker.lambda,
      eventSourceArn: this.queue.queueArn,
      batchSize,
      reportBatchItemFailures: true,
      ...(atOnce !== undefined && { maxConcurrency: atOnce }),
      ...(window !== undefined && { maxBatchingWindow: window }),
    })
    mapping.node.addDependency(worker.role)
  }
}

type StreamReaderProps = {
  deadLetters: DeadLetters
  table: TableV2
  reader: HotworkFunction
  /** The rows beside requests that it reads. */
  of?: readonly ('HALT#' | 'PERMIT#' | 'CLICK#')[]
  /** The changes of requests that it reads: functions/domain/requests/grant-change.ts. */
  tells: readonly string[]
}

const changesOf = (prefixes: readonly string[], more: { [of: string]: unknown } = {}) =>
  FilterCriteria.filter({
    eventName: FilterRule.or('INSERT', 'MODIFY'),
    dynamodb: { Keys: { pk: { S: prefixes.flatMap((prefix) => FilterRule.beginsWith(prefix)) } }, ...more },
  })

/**
 * A function that follows the requests table. There are two, since DynamoDB serves only two readers of a stream well.
 * The sweep recovers the workflow of records that outlast their retries; a person hands on their cards and denies
 * (docs/runbooks).
 */
export class StreamReader extends Construct {
  constructor(scope: Construct, id: string, { deadLetters, table, reader, of = [], tells }: StreamReaderProps) {
    super(scope, id)
    const streamArn = table.tableStreamArn ?? ''
    grantStream(reader, table)
    const mapping = new EventSourceMapping(this, 'Mapping', {
      target: reader.lambda,
      eventSourceArn: streamArn,
      // LATEST loses writes while the mapping is being made; reading a day again is harmless.
      startingPosition: StartingPosition.TRIM_HORIZON,
      // Skips evaluations, idempotency keys, replay marks and removals by TTL.
      filters: [
        changesOf(['REQ#'], { NewImage: { tells: { S: FilterRule.or(...tells) } } }),
        ...(of.length === 0 ? [] : [changesOf(of)]),
      ],
      batchSize: 25,
      maxBatchingWindow: Duration.seconds(0),
      parallelizationFactor: 4,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      retryAttempts: 5,
      maxRecordAge: Duration.hours(1),
      onFailure: deadLetters.takeFrom(reader),
    })
    mapping.node.addDependency(reader)
  }
}

/**
 * A function that follows the ledger table, every change in order. A failed batch is retried as long as the stream
 * keeps it, which is a day; the reconciliation finds lost ones.
 */
export class LedgerStreamReader extends Construct {
  constructor(scope: Construct, id: string, { table, reader }: { table: TableV2; reader: HotworkFunction }) {
    super(scope, id)
    const streamArn = table.tableStreamArn ?? ''
    grantStream(reader, table)
    const mapping = new EventSourceMapping(this, 'Mapping', {
      target: reader.lambda,
      eventSourceArn: streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 1000,
      // Each batch costs one signature and some puts, independent of its size.
      maxBatchingWindow: Duration.seconds(1),
      reportBatchItemFailures: true,
    })
    mapping.node.addDependency(reader.role)
  }
}

/** CDK's own event source needs ListStreams on `*`. */
function grantStream(reader: HotworkFunction, table: TableV2): void {
  const streamArn = table.tableStreamArn ?? ''
  reader.allow(['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'], [streamArn])
  reader.allow(['dynamodb:ListStreams'], [`${table.tableArn}/stream/*`])
  const label = Stack.of(table).getLogicalId(table.node.defaultChild as CfnElement)
  Validations.of(reader.role).acknowledge({
    id: `AwsSolutions-IAM5[Resource::<${label}.Arn>/stream/*]`,
    reason: 'ListStreams is asked for the streams of a table, whose labels are known once it is made',
  })
}

/**
 * Lets a rule see read-only events such as `AssumeRole`, which an enabled rule does not by default.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html
 */
export function hearReading(rule: Rule): void {
  ;(rule.node.defaultChild as CfnRule).state = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'
}

type RunEveryProps = { every: Duration; worker: HotworkFunction; within?: Duration; enabled?: boolean }

/**
 * Runs a function on a schedule. The next run makes up for a failed or missed one.
 * @param within the latest delay of a run
 */
export function runEvery(scope: Construct, id: string, props: RunEveryProps): void {
  const { every, worker, within = every, enabled = true } = props
  new Rule(scope, id, {
    schedule: Schedule.rate(every),
    enabled,
    targets: [new LambdaFunction(worker.lambda, { retryAttempts: 0, maxEventAge: within })],
  })
}
