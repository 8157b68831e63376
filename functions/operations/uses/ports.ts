import type { JsonObject, NumericDate } from '../../domain/values.ts'
import type { AwsCredentials } from '../credentials/ports.ts'

/** Makes the one stored call of a mediated action with AWS credentials for it, and looks up one whose answer was lost. */
export interface AwsCaller {
  /**
   * Makes the call once: what AWS answered, as JSON, without what the caller of the agent has no business to read.
   *
   * @throws CallRefused when AWS said no and so did nothing, CallNotSent when AWS never heard of it, CallUnanswered when it
   *   may have been done or not
   */
  call(call: AwsCall, credentials: AwsCredentials): Promise<JsonObject>
  /** What became of a call that was begun at `begunAt`, found by reading. `unknown` where reading cannot tell. */
  lookUp(call: AwsCall & { begunAt: NumericDate }, credentials: AwsCredentials): Promise<LookedUp>
}
/** An action of the catalogue with the arguments that were approved, in the vendor API's own members. */
export type AwsCall = { action: string; arguments: JsonObject; region: string }
export type LookedUp = { found: 'done'; output: JsonObject } | { found: 'not_done' } | { found: 'unknown' }
