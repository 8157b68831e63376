import { DynamoDBClient } from '@aws-sdk/client-dynamodb'

/** How long a caller can wait for the store. Everything else about a client comes from the environment. */
export type Patience = {
  /** Requests on the wire for one call, the first included. */
  attempts: number
  /** For one of them, in milliseconds. */
  attemptMs: number
  /** For the call as a whole, with the pauses between attempts, in milliseconds. */
  totalMs: number
}

/** For callers that nobody holds a line open for: long enough to sit out a throttled partition. */
export const patient: Patience = { attempts: 4, attemptMs: 2000, totalMs: 8000 }

/**
 * For Slack's three seconds. The SDK's own four attempts pause 3 to 4 s when throttled (performance.md 1.6), which is
 * longer than anybody waits.
 */
export const hurried: Patience = { attempts: 2, attemptMs: 450, totalMs: 950 }

/** A client made once per cold start, with the bound for each of its calls. */
export type Connection = { client: DynamoDBClient; patience: Patience }

export function connect(patience: Patience = patient): Connection {
  const { attempts, attemptMs } = patience
  const client = new DynamoDBClient({
    maxAttempts: attempts,
    // Without `throwOnRequestTimeout` the SDK only logs a warning when time is up.
    requestHandler: { connectionTimeout: attemptMs, requestTimeout: attemptMs, throwOnRequestTimeout: true },
  })
  return { client, patience }
}

/** Bounds one call as a whole: the SDK gives up on a pause between attempts too. */
export const within = ({ patience }: Connection): { abortSignal: AbortSignal } => ({
  abortSignal: AbortSignal.timeout(patience.totalMs),
})
