/**
 * How long AWS and Slack take to answer, in milliseconds: medians of warm calls within one Region. What no page publishes
 * is an estimate of ours, said to be one. The first row that fits a call counts; `operation` is `X-Amz-Target`'s last part,
 * or the HTTP method.
 */
export const delays = [
  { service: 'dynamodb', operation: /^Transact/, milliseconds: 12, source: 'estimate: two rounds of a write' },
  { service: 'dynamodb', operation: /^(Get|BatchGet|Query|Scan)/, milliseconds: 4, source: 'AWS: "single-digit"' },
  { service: 'dynamodb', operation: /./, milliseconds: 6, source: 'AWS: "single-digit"' },
  { service: 'kms', operation: /./, milliseconds: 15, source: 'estimate' },
  { service: 'sts', operation: /./, milliseconds: 60, source: 'estimate' },
  { service: 'sqs', operation: /./, milliseconds: 10, source: 'estimate' },
  { service: 'states', operation: /./, milliseconds: 25, source: 'estimate' },
  { service: 'lambda', operation: /./, milliseconds: 10, source: 'estimate, the run of the called one included' },
  { service: 'ssm', operation: /./, milliseconds: 15, source: 'estimate' },
  { service: 'secretsmanager', operation: /./, milliseconds: 15, source: 'estimate' },
  { service: 'iam', operation: /./, milliseconds: 100, source: 'estimate, before it takes effect everywhere' },
  { service: 'scheduler', operation: /./, milliseconds: 40, source: 'estimate' },
  { service: 'events', operation: /./, milliseconds: 30, source: 'estimate' },
  { service: 's3', operation: /^GET|^HEAD/, milliseconds: 20, source: 'estimate' },
  { service: 's3', operation: /./, milliseconds: 30, source: 'estimate' },
] as const

/** Of what is in no row. */
export const otherDelay = 20

/** From a write to the invocation that its stream brings: a shard is polled four times a second. */
export const streamDelay = 250

/** Of a method of Slack's Web API. */
export const slackDelay = 150

export const delayOf = (service: string, operation: string): number =>
  delays.find((row) => row.service === service && row.operation.test(operation))?.milliseconds ?? otherDelay
