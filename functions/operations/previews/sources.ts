import type { Json, JsonObject } from '../../domain/values.ts'

/** JMESPath. @throws when an expression meets a value of the wrong type */
export interface Expressions {
  search(expression: string, value: JsonObject): Json | undefined
}

/** A secret of the deployment that never changes. Without it people could guess a digest by trying likely values. */
export interface StateKey {
  /** @throws KeyUnavailable */
  read(): Promise<string>
}
