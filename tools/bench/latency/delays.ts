const aws = 'AWS promises single-digit milliseconds (DynamoDB developer guide, on-demand capacity)'
const estimate = 'an estimate of ours: no page publishes it'

/**
 * Response times of AWS and Slack in milliseconds: medians of warm calls within one Region. The
 * first row that fits a call counts; `operation` is the last part of `X-Amz-Target`, or begins with the HTTP method.
 */
export const delays = [
  { kind: 'DynamoDB transaction', service: 'dynamodb', operation: /^Transact/, milliseconds: 12, source: estimate },
  { kind: 'DynamoDB read', service: 'dynamodb', operation: /^(Get|BatchGet|Query|Scan)/, milliseconds: 4, source: aws },
  { kind: 'DynamoDB write', service: 'dynamodb', operation: /./, milliseconds: 6, source: aws },
  { kind: 'KMS', service: 'kms', operation: /./, milliseconds: 15, source: estimate },
  { kind: 'STS', service: 'sts', operation: /./, milliseconds: 60, source: estimate },
  { kind: 'SQS', service: 'sqs', operation: /./, milliseconds: 10, source: estimate },
  { kind: 'Step Functions', service: 'states', operation: /./, milliseconds: 25, source: estimate },
  { kind: 'Lambda invocation', service: 'lambda', operation: /./, milliseconds: 10, source: estimate },
  { kind: 'SSM', service: 'ssm', operation: /./, milliseconds: 15, source: estimate },
  { kind: 'Secrets Manager', service: 'secretsmanager', operation: /./, milliseconds: 15, source: estimate },
  { kind: 'IAM', service: 'iam', operation: /./, milliseconds: 100, source: estimate },
  { kind: 'Scheduler', service: 'scheduler', operation: /./, milliseconds: 40, source: estimate },
  { kind: 'EventBridge', service: 'events', operation: /./, milliseconds: 30, source: estimate },
  { kind: 'S3 read', service: 's3', operation: /^(GET|HEAD)/, milliseconds: 20, source: estimate },
  { kind: 'S3 write', service: 's3', operation: /./, milliseconds: 30, source: estimate },
] as const

/** The delay of a call that is in no row. */
export const otherDelay = 20

/** The delay from a write to its stream's invocation: a shard is polled four times a second. */
export const streamDelay = 250

/** The delay of a method of Slack's Web API. */
export const slackDelay = 150

const rowOf = (service: string, operation: string) =>
  delays.find((row) => row.service === service && row.operation.test(operation))

export const delayOf = (service: string, operation: string): number =>
  rowOf(service, operation)?.milliseconds ?? otherDelay

export const kindOf = (service: string, operation: string): string => rowOf(service, operation)?.kind ?? service
