import type { Preview } from '../../domain/record/preview.ts'
import type { JsonObject, RequestId, Resource } from '../../domain/values.ts'

export interface StateReader {
  /**
   * The present state of the resource of an action; undefined if its catalogue entry has no preview. Never throws: an
   * unreadable state is `failed`, after 2.5 s, or 0.65 s while a click waits for it.
   */
  read(about: StateAsk): Promise<StateReading | undefined>
}

export type StateAsk = {
  /** Salts the digest of the state. A delegated request uses its first ancestor's id, so that both digests compare. */
  request: RequestId
  action: string
  arguments: JsonObject
  resource: Resource
  classification: string
  /** The largest preview in bytes of JSON, when several share the room. */
  most?: number
}

/** `raw`: the guarded values as the target has them, for the call that carries them. Never store or log them. */
export type StateReading = { preview: Preview; raw?: JsonObject }
