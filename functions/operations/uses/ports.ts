import type { Actual } from '../../domain/uses/actual.ts'
import type { RecordedCall } from '../../domain/uses/recorded-call.ts'
import type { JsonObject, NumericDate, RequestId } from '../../domain/values.ts'
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

export interface CallRecord {
  /** What was called with the credentials of a session, in any order; undefined where the record does not answer. */
  ofSession(session: RecordedSession): Promise<CallsOnRecord | undefined>
}
/** A session by its name and its role's ARN: where it may have called, and when; and when it was issued. */
export type RecordedSession = {
  name: string
  role: string
  regions: readonly string[]
  from: NumericDate
  until: NumericDate
  issued?: { from: NumericDate; until: NumericDate }
}
export type CallsOnRecord = { calls: readonly RecordedCall[]; more: boolean }

/** What CloudTrail has of a request or an opening, held against what was approved. */
export interface ActualReader {
  /** Undefined where it cannot be told now. It never throws. */
  of(request: RequestId): Promise<Actual | undefined>
}
