/** A limit of a service, per second by default, with the value of a new account in us-east-1 and its source. */
export type Quota = {
  what: string
  /** The name in Service Quotas, or another remedy. */
  raise: string
  limit: number
  source: string
}

export const partition = { reads: 1500, writes: 500 }

export const quotas = {
  api: {
    what: 'API Gateway, calls',
    raise: '"Throttle rate" of API Gateway',
    limit: 10_000,
    source: 'docs.aws.amazon.com/apigateway/latest/developerguide/limits.html',
  },
  lambda: {
    what: 'Lambda, at once',
    raise: '"Concurrent executions" of Lambda',
    limit: 1000,
    source: 'docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
  },
  tableWrites: {
    what: 'DynamoDB, write units of the requests table',
    raise: '"Table-level write throughput limit" of DynamoDB',
    limit: 40_000,
    source: 'docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html',
  },
  tableReads: {
    what: 'DynamoDB, read units of the requests table',
    raise: '"Table-level read throughput limit" of DynamoDB',
    limit: 40_000,
    source: 'docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html',
  },
  start: {
    what: 'Step Functions, StartExecution',
    raise: '"StartExecution throttle token refill rate"',
    limit: 300,
    source: 'docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html',
  },
  sendTask: {
    what: 'Step Functions, SendTaskSuccess and SendTaskFailure',
    raise: '"SendTaskSuccess throttle token refill rate", the same of SendTaskFailure',
    limit: 500,
    source: 'docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html',
  },
  transitions: {
    what: 'Step Functions, state transitions',
    raise: '"StateTransition throttle token refill rate"',
    limit: 5000,
    source: 'docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html',
  },
  schedules: {
    what: 'EventBridge Scheduler, CreateSchedule',
    raise: '"CreateSchedule request rate"',
    limit: 5000,
    source: 'docs.aws.amazon.com/scheduler/latest/UserGuide/scheduler-quotas.html',
  },
  kms: {
    what: 'KMS, signatures (ECC)',
    raise: '"Cryptographic operations (ECC) request rate"',
    limit: 1000,
    source: 'docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html',
  },
  sts: {
    what: 'STS, AssumeRole',
    raise: 'ask AWS support: 600 a second for an account and Region',
    limit: 600,
    source: 'docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html',
  },
  fifo: {
    what: 'SQS, messages to the queue of cards (FIFO)',
    raise: 'high throughput is on; 70,000 a second in the largest Regions',
    limit: 70_000,
    source: 'docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html',
  },
  notary: {
    what: 'Hotwork, entries that the notary adds to the log',
    raise: 'nothing: the log follows later, or the work is spread over deployments',
    limit: 1300,
    source:
      'functions/operations/anchor/notarize.ts: 990 a checkpoint, ten transactions of 50 ms and some 250 ms beside them',
  },
  compared: {
    what: 'Hotwork, AWS sessions compared with CloudTrail',
    raise: 'nothing: the comparison follows later, or the work is spread over deployments',
    limit: 50 / 60,
    source: 'functions/operations/uses/compare-calls.ts: 50 each minute; LookupEvents takes two a second',
  },
  post: {
    what: 'Slack, messages to one channel',
    raise: 'channels of owners, or more in the ladder; people do not read one a second',
    limit: 1,
    source: 'docs.slack.dev/apis/web-api/rate-limits',
  },
  update: {
    what: 'Slack, chat.update of a workspace',
    raise: 'nothing: 50 a minute and more; a card follows later',
    limit: 50 / 60,
    source: 'docs.slack.dev/reference/methods/chat.update (tier 3)',
  },
} as const satisfies { [name: string]: Quota }

export type QuotaName = keyof typeof quotas
