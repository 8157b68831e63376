import type { Preview } from '../../domain/record/preview.ts'
import type { JsonObject, RequestId, Resource } from '../../domain/values.ts'

export interface StateReader {
  /**
   * The present state of what an action would change; undefined where its catalogue entry has no preview. Never throws:
   * what cannot be read in time is `failed`: in 2.5 s, and in 0.65 s where a click waits for it.
   */
  read(about: StateAsk): Promise<StateReading | undefined>
}

export type StateAsk = {
  /** It salts the digest of the state. For a delegated request the first of its ancestors, so that both compare. */
  request: RequestId
  action: string
  arguments: JsonObject
  resource: Resource
  classification: string
  /** Bytes of JSON that the preview may be, where it shares its room with others. */
  most?: number
}

/** `raw`: the guarded values as the target has them, for a call that carries them. They are never stored and never logged. */
export type StateReading = { preview: Preview; raw?: JsonObject }
