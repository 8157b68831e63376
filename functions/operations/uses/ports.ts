import type { JsonObject, NumericDate } from '../../domain/values.ts'
import type { AwsCredentials } from '../credentials/ports.ts'

export interface AwsCaller {
  /**
   * Makes the call once: AWS's answer as JSON, without members that the agent may not read.
   *
   * @throws CallRefused when AWS said no and did nothing, CallNotSent when AWS never heard of it, CallUnanswered when
   * it may have been done or not
   */
  call(call: AwsCall, credentials: AwsCredentials): Promise<JsonObject>
  /** What became of a call that was begun at `begunAt`, found by reading. `unknown` where reading cannot tell. */
  lookUp(call: AwsCall & { begunAt: NumericDate }, credentials: AwsCredentials): Promise<LookedUp>
}
/**
 * An action with the arguments that were approved, in the vendor API's own members. `expected`: the guarded values as
 * they were read last, which the call carries where AWS can be told.
 */
export type AwsCall = { action: string; arguments: JsonObject; region: string; expected?: JsonObject }
export type LookedUp = { found: 'done'; output: JsonObject } | { found: 'not_done' } | { found: 'unknown' }
