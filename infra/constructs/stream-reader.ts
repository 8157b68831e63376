import { type CfnElement, Duration, Stack, Validations } from 'aws-cdk-lib'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Grant } from 'aws-cdk-lib/aws-iam'
import { EventSourceMapping, FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { HotworkFunction } from './hotwork-function.ts'
import { deadLetters } from './work-queue.ts'

export type StreamReaderProps = {
  table: TableV2
  reader: HotworkFunction
  /** How the keys of the items begin that it follows. */
  of: readonly ('REQ#' | 'HALT#' | 'PERMIT#' | 'PRESS#')[]
}

/**
 * A function that follows the requests table. DynamoDB serves two readers of a stream well and no more, so there are
 * two. Readers are idempotent; what is lost for good after the retries is followed again by the sweep.
 */
export class StreamReader extends Construct {
  readonly deadLetters: Queue

  constructor(scope: Construct, id: string, { table, reader, of }: StreamReaderProps) {
    super(scope, id)
    this.deadLetters = deadLetters(this)
    const streamArn = table.tableStreamArn ?? ''
    // Written out, since CDK's own event source asks for ListStreams on `*`, and more than sending of the dead letters.
    Grant.addToPrincipal({
      grantee: reader.role,
      actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      resourceArns: [streamArn],
    })
    const listing = `${table.tableArn}/stream/*`
    Grant.addToPrincipal({ grantee: reader.role, actions: ['dynamodb:ListStreams'], resourceArns: [listing] })
    const letters = this.deadLetters.queueArn
    Grant.addToPrincipal({ grantee: reader.role, actions: ['sqs:SendMessage'], resourceArns: [letters] })
    const mapping = new EventSourceMapping(this, 'Mapping', {
      target: reader.lambda,
      eventSourceArn: streamArn,
      // LATEST loses what is written while the mapping is being made; reading a day again does no harm.
      startingPosition: StartingPosition.TRIM_HORIZON,
      // What it is of alone: not evaluations, idempotency keys or replay marks. TTL's removals say nothing either.
      filters: [
        FilterCriteria.filter({
          eventName: FilterRule.or('INSERT', 'MODIFY'),
          dynamodb: { Keys: { pk: { S: of.flatMap((prefix) => FilterRule.beginsWith(prefix)) } } },
        }),
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
    const label = Stack.of(table).getLogicalId(table.node.defaultChild as CfnElement)
    Validations.of(reader.role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${label}.Arn>/stream/*]`,
      reason: 'ListStreams is asked for the streams of a table, whose labels are known once it is made',
    })
    Validations.of(this.deadLetters).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'This is the dead-letter queue, of a stream, which the rule does not see',
    })
  }
}
