import { CallRefused, CallUnanswered } from '../../operations/faults.ts'

/** As much of an SDK's fault as says what it means. */
type Fault = {
  name?: string
  $metadata?: { httpStatusCode?: number }
  $retryable?: { throttling?: boolean }
}

/** Names under which AWS says that it did nothing since it had too much to do. */
const throttled = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
])

const pausesMilliseconds = [200, 600]

/**
 * Makes a call that takes effect at most once. What was throttled was certainly not done, so it is tried again; whatever
 * else has no clear no for an answer may have been done, and is never sent again.
 *
 * @throws CallRefused, CallUnanswered
 */
export async function makeOnce<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call()
    } catch (cause) {
      const pause = pausesMilliseconds[attempt]
      if (pause === undefined || !isThrottled(cause as Fault)) throw judge(cause as Fault)
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}

const isThrottled = ({ name = '', $retryable, $metadata }: Fault) =>
  isNo($metadata?.httpStatusCode) && (throttled.has(name) || $retryable?.throttling === true)

function judge(cause: Fault): CallRefused | CallUnanswered {
  const name = cause.name ?? 'unknown'
  return isNo(cause.$metadata?.httpStatusCode)
    ? new CallRefused(name, { cause })
    : new CallUnanswered(`nobody knows whether the call was done: \`${name}\``, { cause })
}

/** A status of AWS's that says it did nothing. 408 does not, and neither does any fault of AWS's own. */
const isNo = (status: number | undefined): boolean =>
  status !== undefined && status >= 400 && status < 500 && status !== 408
