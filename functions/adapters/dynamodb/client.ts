// Rules: test/adapters/faults.test.ts
import { setTimeout } from 'node:timers/promises'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { StoreUnavailable } from '../../operations/faults.ts'
import { asItself } from '../aws-client.ts'

/** The time for which a caller can wait for the store. All other settings of the client come from the environment. */
export type Patience = {
  /** Attempts of one call, the first included. */
  attempts: number
  attemptMs: number
  /** The limit of the whole call, with the pauses between attempts. Milliseconds. */
  totalMs: number
}

/** For background work: long enough to outlast a throttled partition. */
export const patient: Patience = { attempts: 4, attemptMs: 2000, totalMs: 8000 }

/** For Slack's three seconds. The SDK's own four attempts pause 3 to 4 s when throttled (performance.md 1.6). */
export const hurried: Patience = { attempts: 2, attemptMs: 450, totalMs: 950 }

/**
 * `shards`: of each index partition that could become hot, as in the deployment; one by default. `mayStart`: whether
 * there is time for a write. A later write throws `NotInTime`, so that a click reported as without effect stays without
 * one.
 */
export type Connection = { client: DynamoDBClient; patience: Patience; shards?: number; mayStart?: () => boolean }

/** @throws TypeError if `SHARDS` is not a whole number from 1 up, which fails the handler's start */
export function connect(patience: Patience = patient): Connection {
  const { attempts, attemptMs } = patience
  const client = asItself(
    new DynamoDBClient({
      maxAttempts: attempts,
      // Without `throwOnRequestTimeout` the SDK only logs a warning at the timeout.
      requestHandler: { connectionTimeout: attemptMs, requestTimeout: attemptMs, throwOnRequestTimeout: true },
    }),
  )
  return { client, patience, shards: readShards(process.env['SHARDS']) }
}

/** NaN would make every list empty, even the sweep's. */
function readShards(told = '1'): number {
  if (!/^[1-9]\d*$/.test(told)) throw new TypeError('`SHARDS` is a whole number from 1 up')
  return Number(told)
}

/** Maps a vendor's fault to ours: the operation and the kind of fault, without the item's content. */
export function unavailable(trying: string, cause: unknown): StoreUnavailable {
  if (cause instanceof StoreUnavailable) return cause
  const name = cause instanceof Error ? cause.name : typeof cause
  return new StoreUnavailable(`the store failed to ${trying}: \`${name}\``, { cause: withoutItems(cause) })
}

/** The SDK attaches the items that failed a condition to the error itself, where a logger would print them. */
function withoutItems(cause: unknown): unknown {
  if (cause instanceof Error) {
    if ('CancellationReasons' in cause) cause.CancellationReasons = undefined
    if ('Item' in cause) cause.Item = undefined
  }
  return cause
}

/** Waits twice as long before each attempt, less up to half of it by chance, so that callers do not retry together. */
export const pause = (milliseconds: number, attempt: number): Promise<void> =>
  setTimeout(milliseconds * 2 ** attempt * (0.5 + Math.random() / 2))
