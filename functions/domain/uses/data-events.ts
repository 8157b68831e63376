// Rules: test/domain/uses/actual.test.ts
/**
 * The data events of CloudTrail, which its event history lacks, whether or not a trail has them.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
 */
const dataEvents: { readonly [service: string]: RegExp } = {
  dynamodb:
    /^(?:(?:Batch)?(?:Get|Write)Item|(?:Put|Update|Delete)Item|Query|Scan|ConditionCheckItem|PartiQL\w+|GetRecords)$/,
  kinesis: /^(?:PutRecords?|GetRecords|GetShardIterator|SubscribeToShard)$/,
  lambda: /^Invoke/,
  logs: /^PutLogEvents$/,
  s3: /Object|^(?:ListBucket|ListMultipartUploadParts|AbortMultipartUpload)$/,
  sns: /^Publish/,
  sqs: /^(?:SendMessage|ReceiveMessage|DeleteMessage|ChangeMessageVisibility)$/,
  states: /^InvokeHTTPEndpoint$/,
}

/** @param action in IAM's form: `dynamodb:UpdateItem` */
export function isDataEvent(action: string): boolean {
  const [service = '', name = ''] = action.split(':')
  return dataEvents[service]?.test(name) ?? false
}
