import { GetObjectCommand, PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3'
import type { NumericDate } from '../../domain/values.ts'
import type { LogBucket } from '../../operations/anchor/ports.ts'
import { AnchorUnavailable, faultName } from '../../operations/faults.ts'
import { asItself, bounded } from '../aws-client.ts'

/** `patient` outlasts a slow bucket; the other is for a picture, which can do without. */
const patient = bounded(4, 3000)
export const hurried = bounded(2, 450)

const connect = (patience = patient) =>
  asItself(
    new S3Client({
      ...patience,
      // True for an emulator, which has no host name for each bucket.
      forcePathStyle: process.env['AWS_ENDPOINT_URL'] !== undefined,
    }),
  )

/**
 * The log's files as objects of one bucket. The bucket locks each for its retention time. Each put is conditional, so
 * the second of two writers learns of the first.
 */
export class S3LogBucket implements LogBucket {
  readonly #name: string
  readonly #client: S3Client

  constructor(name: string, patience = patient) {
    this.#name = name
    this.#client = connect(patience)
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    return (await this.readVersion(path))?.bytes
  }

  async readVersion(path: string): Promise<{ bytes: Uint8Array; version: string; since: NumericDate } | undefined> {
    try {
      const { Body, ETag, LastModified } = await this.#client.send(
        new GetObjectCommand({ Bucket: this.#name, Key: path }),
      )
      if (!Body || ETag === undefined || !LastModified)
        throw new AnchorUnavailable(`the bucket answered without \`${path}\``)
      return { bytes: await Body.transformToByteArray(), version: ETag, since: LastModified.getTime() / 1000 }
    } catch (fault) {
      if (fault instanceof S3ServiceException && fault.name === 'NoSuchKey') return undefined
      throw unavailable('give', path, fault)
    }
  }

  async add(path: string, bytes: Uint8Array): Promise<boolean> {
    return (await this.#put(path, bytes, { IfNoneMatch: '*' })) !== undefined
  }

  async replace(path: string, bytes: Uint8Array, version: string | undefined): Promise<string | undefined> {
    const condition = version === undefined ? { IfNoneMatch: '*' } : { IfMatch: version }
    return this.#put(path, bytes, condition)
  }

  async #put(path: string, bytes: Uint8Array, condition: { IfNoneMatch?: string; IfMatch?: string }) {
    const ContentType = path === 'checkpoint' ? 'text/plain; charset=utf-8' : 'application/octet-stream'
    const put = new PutObjectCommand({ Bucket: this.#name, Key: path, Body: bytes, ContentType, ...condition })
    try {
      const { ETag } = await this.#client.send(put)
      return ETag
    } catch (fault) {
      // 409: another put of the same path is in progress.
      if (fault instanceof S3ServiceException && [409, 412].includes(fault.$metadata.httpStatusCode ?? 0))
        return undefined
      throw unavailable('take', path, fault)
    }
  }
}

const unavailable = (trying: string, path: string, cause: unknown) =>
  cause instanceof AnchorUnavailable
    ? cause
    : new AnchorUnavailable(`the bucket of the log failed to ${trying} \`${path}\`: \`${faultName(cause)}\``, { cause })
