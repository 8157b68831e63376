import { type CfnElement, Duration, RemovalPolicy, Stack, Token, Validations } from 'aws-cdk-lib'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { EventSourceMapping, FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler'
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { HotworkFunction } from './hotwork-function.ts'

/** Of every queue: the emulator that `npm start` runs speaks http, and would then refuse every call. */
const plainHttp = {
  id: 'AwsSolutions-SQS4',
  reason:
    'The local emulator speaks http, so a TLS-only policy would deny all of it; on AWS the SDK speaks https, and messages are ids alone',
}

/** Where messages go that could not be worked off. An alarm watches it; a person redrives it. */
function deadLetters(scope: Construct, fifo = false): Queue {
  const queue = new Queue(scope, 'DeadLetters', {
    ...(fifo && { fifo: true }),
    encryption: QueueEncryption.SQS_MANAGED,
    retentionPeriod: Duration.days(14),
  })
  Validations.of(queue).acknowledge(plainHttp)
  return queue
}

/**
 * The same of a stream or a rule, which the check of cdk-nag does not see. What a rule leaves keeps the whole event, with
 * the session token that STS answered, so no role of ours may read it.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 */
export function undelivered(scope: Construct, of: 'of a stream' | 'of a rule of EventBridge'): Queue {
  const queue = deadLetters(scope)
  const reason = `This is the dead-letter queue, ${of}, which the check does not see`
  Validations.of(queue).acknowledge({ id: 'AwsSolutions-SQS3', reason })
  return queue
}

type WorkQueueProps = {
  variable: string
  order: 'none' | 'group'
  attempts: number
  /** Whether timers send to it too: their messages have no deduplication id of their own. */
  timed?: boolean
  worker?: Duration
  name?: string
  retention?: Duration
}

/** Ids handed on to one function. With `order: 'group'` a message that cannot be worked off holds up its own group alone. */
export class WorkQueue extends Construct {
  readonly queue: Queue
  readonly deadLetters: Queue
  readonly #variable: string

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id)
    const { variable, order, attempts, timed = false, worker = Duration.seconds(10), name, retention } = props
    this.#variable = variable
    const fifo = order === 'group'
    this.deadLetters = deadLetters(this, fifo)
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

  /** CDK's own grant would add more. */
  grantSend(to: HotworkFunction): void {
    to.tell({ [this.#variable]: this.queue.queueUrl })
    to.allow(['sqs:SendMessage'], [this.queue.queueArn])
  }

  /** Allows saying when a failed message shall come again. */
  grantHold(to: HotworkFunction): void {
    to.tell({ [this.#variable]: this.queue.queueUrl })
    to.allow(['sqs:ChangeMessageVisibility'], [this.queue.queueArn])
  }

  /** What the worker reports as failed comes again, the rest of the batch does not. @param atOnce most workers at a time */
  consumedBy(worker: HotworkFunction, { batchSize, atOnce }: { batchSize: number; atOnce?: number }): void {
    // CDK's own event source asks for more than Lambda needs.
    worker.allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], [this.queue.queueArn])
    const mapping = new EventSourceMapping(this, 'Mapping', {
      target: worker.lambda,
      eventSourceArn: this.queue.queueArn,
      batchSize,
      reportBatchItemFailures: true,
      ...(atOnce !== undefined && { maxConcurrency: atOnce }),
    })
    mapping.node.addDependency(worker.role)
  }
}

type StreamReaderProps = {
  table: TableV2
  reader: HotworkFunction
  /** Beside requests. */
  of?: readonly ('HALT#' | 'PERMIT#' | 'CLICK#')[]
  /** Which changes of requests: functions/domain/requests/grant-change.ts. */
  tells: readonly string[]
}

const changesOf = (prefixes: readonly string[], more: { [of: string]: unknown } = {}) =>
  FilterCriteria.filter({
    eventName: FilterRule.or('INSERT', 'MODIFY'),
    dynamodb: { Keys: { pk: { S: prefixes.flatMap((prefix) => FilterRule.beginsWith(prefix)) } }, ...more },
  })

/**
 * A function that follows the requests table. DynamoDB serves two readers of a stream well and no more, so there are
 * two. What is lost after the retries is followed again by the sweep.
 */
export class StreamReader extends Construct {
  readonly deadLetters: Queue

  constructor(scope: Construct, id: string, { table, reader, of = [], tells }: StreamReaderProps) {
    super(scope, id)
    this.deadLetters = undelivered(this, 'of a stream')
    const streamArn = table.tableStreamArn ?? ''
    grantStream(reader, table)
    const letters = this.deadLetters.queueArn
    reader.allow(['sqs:SendMessage'], [letters])
    const mapping = new EventSourceMapping(this, 'Mapping', {
      target: reader.lambda,
      eventSourceArn: streamArn,
      // LATEST loses what is written while the mapping is being made; reading a day again does no harm.
      startingPosition: StartingPosition.TRIM_HORIZON,
      // No evaluations, idempotency keys or replay marks, and no removals by TTL.
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
      onFailure: { bind: () => ({ destination: letters }) },
    })
    mapping.node.addDependency(reader.role)
  }
}

/**
 * A function that follows the ledger table, all that is done to it, in order. A batch that fails is tried again as long as
 * the stream has it, which is a day; what is lost then is found by the reconciliation.
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
      // Each batch costs a signature and some puts, however small it is.
      maxBatchingWindow: Duration.seconds(1),
      reportBatchItemFailures: true,
    })
    mapping.node.addDependency(reader.role)
  }
}

/** CDK's own event source asks for ListStreams on `*`. */
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
 * One-time entries of EventBridge Scheduler that put a message into one queue, or have one function look at a request.
 * One role for both, since either only has something looked at.
 */
export class Timers extends Construct {
  readonly #group: string
  readonly #told: { readonly [variable: string]: string }
  readonly #roleArn: string

  constructor(scope: Construct, id: string, { draws, stores }: { draws: WorkQueue; stores: HotworkFunction }) {
    super(scope, id)
    const { stackName, account } = Stack.of(this)
    this.#group = `${stackName}-timers`
    const group = new ScheduleGroup(this, 'Group', {
      scheduleGroupName: this.#group,
      // CDK keeps it otherwise, and its name with it: after a first deployment that failed, none would ever succeed.
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const role = new Role(this, 'Role', {
      // Of this group alone.
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': account, 'aws:SourceArn': group.scheduleGroupArn },
        },
      }),
    })
    const [queue, advance] = [draws.queue.queueArn, stores.lambda.functionArn]
    Grant.addToPrincipal({ grantee: role, actions: ['sqs:SendMessage'], resourceArns: [queue] })
    Grant.addToPrincipal({ grantee: role, actions: ['lambda:InvokeFunction'], resourceArns: [advance] })
    this.#roleArn = role.roleArn
    this.#told = {
      TIMER_GROUP: this.#group,
      TIMER_ROLE: role.roleArn,
      CARDS_QUEUE: queue,
      ADVANCE_FUNCTION: advance,
    }
  }

  /** Allows making timers, in this group, with this role. Neither changing nor removing one. */
  grantSet(to: HotworkFunction): void {
    const { region, account, partition } = Stack.of(this)
    const timersOf = (...place: string[]) => `arn:${place.join(':')}:schedule/${this.#group}/*`
    to.tell(this.#told)
    to.allow(['scheduler:CreateSchedule'], [timersOf(partition, 'scheduler', region, account)])
    to.allow(['iam:PassRole'], [this.#roleArn], {
      StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
    })
    Validations.of(to.role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${timersOf('<AWS::Partition>', 'scheduler', known(region, '<AWS::Region>'), known(account, '<AWS::AccountId>'))}]`,
      reason: 'A timer is named by what it is for; its group holds nothing else',
    })
  }
}

/** As cdk-nag writes a stack's place: by value, or by what CloudFormation fills in. */
const known = (value: string, otherwise: string) => (Token.isUnresolved(value) ? otherwise : value)

type RunEveryProps = { every: Duration; worker: HotworkFunction; within?: Duration; enabled?: boolean }

/** A run that fails or is missed is made good by the next. @param within how late a run may begin */
export function runEvery(scope: Construct, id: string, props: RunEveryProps): void {
  const { every, worker, within = every, enabled = true } = props
  new Rule(scope, id, {
    schedule: Schedule.rate(every),
    enabled,
    targets: [new LambdaFunction(worker.lambda, { retryAttempts: 0, maxEventAge: within })],
  })
}
