// Rules: test/infra/lambdas.test.ts
import { connect, hurried } from '../../adapters/dynamodb/client.ts'
import { DynamoLogIndex } from '../../adapters/dynamodb/log-index.ts'
import { hurried as hurriedBucket, S3LogBucket } from '../../adapters/s3/log-bucket.ts'
import type { AnchorPorts } from '../../operations/anchor/read-anchor.ts'

/** Ports for a picture, with a short timeout: a late answer is dropped. */
export const anchorPorts = (told: { LOG_BUCKET: string; LOG_INDEX_TABLE: string }): AnchorPorts => ({
  index: new DynamoLogIndex(connect(hurried), told.LOG_INDEX_TABLE),
  bucket: new S3LogBucket(told.LOG_BUCKET, hurriedBucket),
})
