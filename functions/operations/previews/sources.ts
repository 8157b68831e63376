import type { Json, JsonObject } from '../../domain/values.ts'

/** JMESPath. @throws where an expression meets a value of another type than it takes */
export interface Expressions {
  search(expression: string, value: JsonObject): Json | undefined
}

/** A secret of the deployment, the same for good. Without it the digest of a few possible values could be guessed. */
export interface StateKey {
  /** @throws KeyUnavailable */
  read(): Promise<string>
}
