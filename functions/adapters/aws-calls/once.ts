import { CallNotSent, CallRefused, CallUnanswered } from '../../operations/faults.ts'

/** As much of an SDK's fault as says what it means. */
type Fault = {
  name?: string
  /** What the operating system was asked for when it failed. */
  syscall?: string
  /** One for each address that was tried. */
  errors?: readonly Fault[]
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
 * @throws CallRefused, CallNotSent, CallUnanswered
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

function judge(cause: Fault): CallRefused | CallNotSent | CallUnanswered {
  const name = cause.name ?? 'unknown'
  if (isUnsent(cause)) return new CallNotSent(`the call was not sent: \`${name}\``, { cause })
  return isNo(cause.$metadata?.httpStatusCode)
    ? new CallRefused(name, { cause })
    : new CallUnanswered(`nobody knows whether the call was done: \`${name}\``, { cause })
}

/** No address was found, or none took a connection: there was nothing to send it on. */
const isUnsent = ({ syscall, errors = [] }: Fault): boolean =>
  syscall === 'getaddrinfo' || syscall === 'connect' || (errors.length > 0 && errors.every(isUnsent))

/** A status of AWS's that says it did nothing. 408 does not, and neither does any fault of AWS's own. */
const isNo = (status: number | undefined): boolean =>
  status !== undefined && status >= 400 && status < 500 && status !== 408
