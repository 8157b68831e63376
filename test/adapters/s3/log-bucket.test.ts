import { randomUUID } from 'node:crypto'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { S3LogBucket } from '../../../functions/adapters/s3/log-bucket.ts'
import type { LogBucket } from '../../../functions/operations/anchor/ports.ts'
import { MemoryLogBucket } from '../../support/anchor/memory-anchor.ts'
import { onBoth } from '../both.ts'
import { useAws } from '../emulator.ts'

/** A bucket like infra's, for this test alone. */
async function makeBucket(): Promise<string> {
  const Bucket = `log-${randomUUID()}`
  const s3 = new S3Client({ forcePathStyle: true })
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }))
  const Rule = { DefaultRetention: { Mode: 'COMPLIANCE' as const, Days: 400 } }
  const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled' as const, Rule }
  await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }))
  s3.destroy()
  return Bucket
}

const bytes = (...values: number[]) => Uint8Array.from(values)

onBoth<LogBucket>(
  'the bucket of the log',
  { memory: () => new MemoryLogBucket(), real: async () => new S3LogBucket(await makeBucket()) },
  (make) => {
    let bucket: LogBucket
    beforeEach(async () => {
      bucket = await make()
    })

    test('a file that was never put is missing', async () => {
      expect(await bucket.read('tile/0/000')).toBeUndefined()
      expect(await bucket.readVersion('checkpoint')).toBeUndefined()
    })

    test('a file comes back to the byte, and is added once', async () => {
      expect(await bucket.add('tile/0/000', bytes(0, 255, 10))).toBe(true)
      expect(await bucket.add('tile/0/000', bytes(1))).toBe(false)
      expect(await bucket.read('tile/0/000')).toEqual(bytes(0, 255, 10))
    })

    test('a file is replaced only if it is unchanged since it was read', async () => {
      const first = await bucket.replace('checkpoint', bytes(1), undefined)
      expect(first).toBeDefined()
      expect(await bucket.replace('checkpoint', bytes(2), undefined)).toBeUndefined()
      const second = await bucket.replace('checkpoint', bytes(2), first)
      expect(second).toBeDefined()
      expect(await bucket.replace('checkpoint', bytes(3), first)).toBeUndefined()
      expect(await bucket.readVersion('checkpoint')).toEqual({
        bytes: bytes(2),
        version: second,
        since: expect.any(Number),
      })
    })

    test('one of three concurrent replacements of a file succeeds', async () => {
      const first = await bucket.replace('checkpoint', bytes(0), undefined)
      const done = await Promise.all([1, 2, 3].map((byte) => bucket.replace('checkpoint', bytes(byte), first)))
      expect(done.filter((version) => version !== undefined)).toHaveLength(1)
    })
  },
)

useAws()

test('a missing bucket is a fault with its own name', async () => {
  const bucket = new S3LogBucket(`log-${randomUUID()}`)
  await expect(bucket.add('checkpoint', bytes(1))).rejects.toMatchObject({ name: 'AnchorUnavailable' })
  await expect(bucket.read('checkpoint')).rejects.toMatchObject({ name: 'AnchorUnavailable' })
})

test('a put file is locked: no version of it can be deleted', async () => {
  const Bucket = await makeBucket()
  await new S3LogBucket(Bucket).add('tile/0/000', bytes(1))
  const s3 = new S3Client({ forcePathStyle: true })
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }))
  const [version] = Versions
  const deleting = new DeleteObjectCommand({ Bucket, Key: version?.Key, VersionId: version?.VersionId })
  await expect(s3.send(deleting)).rejects.toMatchObject({ name: 'AccessDenied' })
  s3.destroy()
})
