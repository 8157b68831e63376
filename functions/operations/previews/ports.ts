import type { Preview } from '../../domain/record/preview.ts'
import type { JsonObject, RequestId, Resource } from '../../domain/values.ts'

export interface StateReader {
  /**
   * The present state of an action's resource; undefined if its catalogue entry has neither preview nor reach. It never throws: an
   * unreadable state is `failed`, after 2.5 s, or after 0.65 s while a click waits for it.
   */
  read(about: StateAsk): Promise<StateReading | undefined>
}

export type StateAsk = {
  /**
   * The salt of the state's digest. A delegated request uses its first ancestor's id, so that both digests can be
   * compared.
   */
  request: RequestId
  action: string
  arguments: JsonObject
  resource: Resource
  classification: string
  /** The largest preview in bytes of JSON, if several previews share the room. */
  most?: number
}

/** `raw`: the target's own guarded values, for the call that carries them. Never store or log them. */
export type StateReading = {
  preview: Preview
  raw?: JsonObject
  /** The reason for which it must not be asked for, for the agent. */
  words?: string
}
