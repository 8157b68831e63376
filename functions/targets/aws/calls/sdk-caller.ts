// Rules: test/targets/aws/calls/aws-calls.test.ts
import { bounded } from '../../../adapters/aws-client.ts'
import { defined, type JsonObject, type NumericDate } from '../../../domain/values.ts'
import { CallNotSent, CallOutdated, CallRefused, CallUnanswered } from '../../../operations/faults.ts'
import type { LookedUp } from '../../reach.ts'
import type { AwsCall, AwsCaller, AwsCredentials } from '../ports.ts'
import { updateItem } from './dynamodb.ts'
import { updateFunctionConfiguration } from './lambda.ts'

export type ClientSettings = {
  region: string
  credentials: AwsCredentials
  endpoint?: string
} & ReturnType<typeof bounded>

export type MediatedCall = {
  /**
   * Makes the call, conditional on the `expected` state if AWS supports that. Returns only the part of the answer for
   * the agent, since the answer may have more than was asked for.
   */
  make(args: JsonObject, settings: ClientSettings, expected?: JsonObject): Promise<JsonObject>
  /**
   * Finds by reading whether the call was made. `unknown` if reading cannot tell, since others change the same
   * resources.
   */
  lookUp(args: JsonObject, begunAt: NumericDate, settings: ClientSettings): Promise<LookedUp>
}

type Fault = {
  name?: string
  syscall?: string
  errors?: readonly Fault[]
  $metadata?: { httpStatusCode?: number }
  $retryable?: { throttling?: boolean }
}

/** Names by which AWS reports that it throttled the call and did nothing. */
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
 * Makes a call that takes effect at most once. A throttled call was not done, so it is retried. A call without a clear
 * refusal may have been done, and is not repeated.
 * @throws CallOutdated, CallRefused, CallNotSent, CallUnanswered
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

/** AWS found a different state than expected, and did nothing. */
const outdated = new Set(['ConditionalCheckFailedException', 'PreconditionFailedException'])

function judge(cause: Fault): CallOutdated | CallRefused | CallNotSent | CallUnanswered {
  const name = cause.name ?? 'unknown'
  if (outdated.has(name) && isNo(cause.$metadata?.httpStatusCode))
    return new CallOutdated(`AWS found another state: \`${name}\``, { cause })
  if (isUnsent(cause)) return new CallNotSent(`the call was not sent: \`${name}\``, { cause })
  return isNo(cause.$metadata?.httpStatusCode)
    ? new CallRefused(name, { cause })
    : new CallUnanswered(`it is unknown whether the call was done: \`${name}\``, { cause })
}

const isUnsent = ({ syscall, errors = [] }: Fault): boolean =>
  syscall === 'getaddrinfo' || syscall === 'connect' || (errors.length > 0 && errors.every(isUnsent))

/** Whether the status means that AWS did nothing; 408 and 5xx leave it open. */
const isNo = (status: number | undefined): boolean =>
  status !== undefined && status >= 400 && status < 500 && status !== 408

const calls: { readonly [action: string]: MediatedCall } = {
  'dynamodb:UpdateItem': updateItem,
  'lambda:UpdateFunctionConfiguration': updateFunctionConfiguration,
}

/** Makes mediated calls with AWS's SDK. The stored arguments are the API's own members, and are sent unchanged. */
export class SdkCaller implements AwsCaller {
  readonly #endpoint: string | undefined
  readonly #patience: Patience

  /** @param options.endpoint the endpoint of all services; by default AWS clients find each */
  constructor({ endpoint, milliseconds }: { endpoint?: string; milliseconds?: number } = {}) {
    this.#endpoint = endpoint
    this.#patience = milliseconds === undefined ? patience.call : { ...patience.call, milliseconds }
  }

  async call(call: AwsCall, credentials: AwsCredentials): Promise<JsonObject> {
    const mediated = calls[call.action]
    if (!mediated) throw new CallRefused('unknown_call')
    return makeOnce(() =>
      mediated.make(call.arguments, this.#settings(call, credentials, this.#patience), call.expected),
    )
  }

  async lookUp(call: AwsCall & { begunAt: number }, credentials: AwsCredentials): Promise<LookedUp> {
    const settings = this.#settings(call, credentials, patience.lookUp)
    return (await calls[call.action]?.lookUp(call.arguments, call.begunAt, settings)) ?? { found: 'unknown' }
  }

  #settings({ region }: AwsCall, credentials: AwsCredentials, { attempts, milliseconds }: Patience): ClientSettings {
    return {
      region,
      credentials,
      ...defined({ endpoint: this.#endpoint }),
      ...bounded(attempts, milliseconds),
    }
  }
}

type Patience = { attempts: number; milliseconds: number }

/** One attempt, since the SDK would repeat a call after a lost answer. Readings are retried. */
const patience = {
  call: { attempts: 1, milliseconds: 10_000 },
  lookUp: { attempts: 2, milliseconds: 3000 },
} satisfies { [what: string]: Patience }
