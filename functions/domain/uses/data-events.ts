/**
 * What CloudTrail calls data events: its event history has none of them, whether or not a trail keeps them.
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

/** @param action of IAM: `dynamodb:UpdateItem` */
export function isDataEvent(action: string): boolean {
  const [service = '', name = ''] = action.split(':')
  return dataEvents[service]?.test(name) ?? false
}
