import { setTimeout } from 'node:timers/promises'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { StoreUnavailable } from '../../operations/faults.ts'
import { asItself } from '../aws-client.ts'

/** How long a caller can wait for the store. Everything else about a client comes from the environment. */
export type Patience = {
  /** Requests on the wire for one call, the first included. */
  attempts: number
  attemptMs: number
  /** For the call as a whole, with the pauses between attempts, in milliseconds. */
  totalMs: number
}

/** Where no person waits: long enough to sit out a throttled partition. */
export const patient: Patience = { attempts: 4, attemptMs: 2000, totalMs: 8000 }

/** For Slack's three seconds. The SDK's own four attempts pause 3 to 4 s when throttled (performance.md 1.6). */
export const hurried: Patience = { attempts: 2, attemptMs: 450, totalMs: 950 }

/**
 * `shards`: of each index partition that could become hot, as the deployment says. One where it says nothing. `mayStart`:
 * whether there is time for a write. A write that begins later throws `NotInTime`: a person who was told that nothing
 * came of a click is never proved wrong.
 */
export type Connection = { client: DynamoDBClient; patience: Patience; shards?: number; mayStart?: () => boolean }

/** @throws TypeError where `SHARDS` is no whole number from 1 up: handlers connect at their start, which fails */
export function connect(patience: Patience = patient): Connection {
  const { attempts, attemptMs } = patience
  const client = asItself(
    new DynamoDBClient({
      maxAttempts: attempts,
      // Without `throwOnRequestTimeout` the SDK only logs a warning when time is up.
      requestHandler: { connectionTimeout: attemptMs, requestTimeout: attemptMs, throwOnRequestTimeout: true },
    }),
  )
  return { client, patience, shards: readShards(process.env['SHARDS']) }
}

/** No number would make every list empty, and that of the sweep too. */
function readShards(told = '1'): number {
  if (!/^[1-9]\d*$/.test(told)) throw new TypeError('`SHARDS` is a whole number from 1 up')
  return Number(told)
}

/** A vendor's fault as ours: what was tried and what kind of fault it was, and nothing of what an item holds. */
export function unavailable(trying: string, cause: unknown): StoreUnavailable {
  if (cause instanceof StoreUnavailable) return cause
  const name = cause instanceof Error ? cause.name : typeof cause
  return new StoreUnavailable(`the store did not ${trying}: \`${name}\``, { cause: withoutItems(cause) })
}

/** The SDK hangs the items that failed a condition on the error itself, where a logger would print them. */
function withoutItems(cause: unknown): unknown {
  if (cause instanceof Error) {
    if ('CancellationReasons' in cause) cause.CancellationReasons = undefined
    if ('Item' in cause) cause.Item = undefined
  }
  return cause
}

/** Waits twice as long before each attempt, and up to half of it less by chance, so that callers do not come back together. */
export const pause = (milliseconds: number, attempt: number): Promise<void> =>
  setTimeout(milliseconds * 2 ** attempt * (0.5 + Math.random() / 2))
