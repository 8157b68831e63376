import type { JsonObject } from '../../domain/values.ts'
import type { AwsCredentials } from '../../operations/credentials/ports.ts'
import { CallRefused } from '../../operations/faults.ts'
import type { AwsCall, AwsCaller, LookedUp } from '../../operations/uses/ports.ts'
import { updateItem } from './dynamodb.ts'
import { updateFunctionConfiguration } from './lambda.ts'
import type { ClientSettings, MediatedCall } from './mediated-call.ts'
import { makeOnce } from './once.ts'

/** What Hotwork can do itself, by the action's name in the catalogue. */
const calls: { readonly [action: string]: MediatedCall } = {
  'dynamodb:UpdateItem': updateItem,
  'lambda:UpdateFunctionConfiguration': updateFunctionConfiguration,
}

/** Makes mediated calls with AWS's SDK: the stored arguments are the API's own members, and go to it as they are. */
export class SdkCaller implements AwsCaller {
  readonly #endpoint: string | undefined
  readonly #patience: Patience

  /**
   * @param options.endpoint one for all services; without it each is found as AWS clients do by themselves
   * @param options.milliseconds how long the answer of a call is waited for
   */
  constructor({ endpoint, milliseconds }: { endpoint?: string; milliseconds?: number } = {}) {
    this.#endpoint = endpoint
    this.#patience = milliseconds === undefined ? patience.call : { ...patience.call, milliseconds }
  }

  async call(call: AwsCall, credentials: AwsCredentials): Promise<JsonObject> {
    const mediated = calls[call.action]
    if (!mediated) throw new CallRefused('unknown_call')
    return makeOnce(() => mediated.make(call.arguments, this.#settings(call, credentials, this.#patience)))
  }

  async lookUp(call: AwsCall & { begunAt: number }, credentials: AwsCredentials): Promise<LookedUp> {
    const settings = this.#settings(call, credentials, patience.lookUp)
    return (await calls[call.action]?.lookUp(call.arguments, call.begunAt, settings)) ?? { found: 'unknown' }
  }

  #settings({ region }: AwsCall, credentials: AwsCredentials, { attempts, milliseconds }: Patience): ClientSettings {
    return {
      region,
      credentials,
      ...(this.#endpoint === undefined ? {} : { endpoint: this.#endpoint }),
      maxAttempts: attempts,
      requestHandler: { connectionTimeout: 1000, requestTimeout: milliseconds, throwOnRequestTimeout: true },
    }
  }
}

type Patience = { attempts: number; milliseconds: number }

/** The SDK itself tries a call again whose answer was lost: what is made once is sent once. Reading twice is no harm. */
const patience = {
  call: { attempts: 1, milliseconds: 10_000 },
  lookUp: { attempts: 2, milliseconds: 3000 },
} satisfies { [what: string]: Patience }
