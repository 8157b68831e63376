import { KMSClient } from '@aws-sdk/client-kms'
import { KeyUnavailable } from '../../operations/faults.ts'

/** KMS, for callers who wait: a key that does not answer within seconds is one that cannot be used. */
export const connect = (): KMSClient =>
  new KMSClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
  })

/** Turns KMS's no into a fault of ours, with KMS's own as its cause. */
export const orUnavailable =
  (trying: string) =>
  (cause: unknown): never => {
    const name = cause instanceof Error ? cause.name : typeof cause
    throw new KeyUnavailable(`KMS did not ${trying}: \`${name}\``, { cause })
  }
