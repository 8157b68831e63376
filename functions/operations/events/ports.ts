import type { DecisionEvent } from '../../domain/events/decision-events.ts'
import type { StreamRow } from '../../domain/events/stream.ts'
import type { ToolId } from '../../domain/values.ts'
import type { Appended } from '../ports.ts'

/** Every fault of these ports is ReceiverUnavailable or SecretUnavailable: the event is sent again. */
export type EventBus = { put(event: DecisionEvent): Promise<void> }

export type Webhooks = {
  /** `gone`: the receiver wants no more (HTTP 410). @throws SecretUnavailable without a secret to sign with */
  send(to: { id: string; url: string }, event: DecisionEvent): Promise<'taken' | 'gone'>
}

export interface StreamReader {
  /** Read strongly. `version` is 0 for a stream that never existed. */
  load(tool: ToolId): Promise<StreamRow & { version: number }>
}

export type StreamChange = { tool: ToolId; version: number; row: StreamRow; appended?: Appended }

interface StreamWriter {
  /** A row with its entries, all or none; false when another writer came first. @throws StoreUnavailable */
  save(change: StreamChange): Promise<boolean>
}

export type StreamStore = StreamReader & StreamWriter

/**
 * Pushes one Security Event Token (RFC 8935). `refused`: the receiver says by a code of the standard that it will never
 * take it. `again`: every other answer but an acknowledgement. It never throws.
 */
export interface SetPush {
  push(to: { endpoint: string; authorization?: string | undefined }, token: string): Promise<Pushed>
}
export type Pushed = { outcome: 'taken' } | { outcome: 'refused'; code: string } | { outcome: 'again'; fault: string }
