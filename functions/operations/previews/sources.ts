import type { Json, JsonObject } from '../../domain/values.ts'

/** JMESPath. @throws if an expression meets a value of the wrong type */
export interface Expressions {
  search(expression: string, value: JsonObject): Json | undefined
}

/**
 * A constant secret of the deployment. Without it people could guess a state from its digest by trying likely values.
 */
export interface StateKey {
  /** @throws KeyUnavailable */
  read(): Promise<string>
}
