import type { JsonObject, NumericDate } from '../../domain/values.ts'
import type { AwsCredentials } from '../../operations/credentials/ports.ts'
import type { LookedUp } from '../../operations/uses/ports.ts'

/** Settings of an SDK client for one call. */
export type ClientSettings = {
  region: string
  credentials: AwsCredentials
  endpoint?: string
  maxAttempts: number
  requestHandler: { connectionTimeout: number; requestTimeout: number; throwOnRequestTimeout: boolean }
}

/** One action that Hotwork does itself. */
export type MediatedCall = {
  /** Makes it. What it gives back is what the agent may know: an answer may hold far more than was asked for. */
  make(args: JsonObject, settings: ClientSettings): Promise<JsonObject>
  /** Finds out by reading whether it was made. `unknown` rather than a guess: others change the same things. */
  lookUp(args: JsonObject, begunAt: NumericDate, settings: ClientSettings): Promise<LookedUp>
}
