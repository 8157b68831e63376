import type { DecisionEvent } from '../../domain/events/decision-events.ts'
import type { StreamRow } from '../../domain/events/stream.ts'
import type { ToolId } from '../../domain/values.ts'
import type { Appended } from '../ports.ts'

/** The bus. All faults of these ports are ReceiverUnavailable or SecretUnavailable: the event is sent again. */
export type EventBus = { put(event: DecisionEvent): Promise<void> }

export type Webhooks = {
  /** `gone`: the receiver unsubscribes (HTTP 410). @throws SecretUnavailable without a secret to sign with */
  send(to: { id: string; url: string }, event: DecisionEvent): Promise<'taken' | 'gone'>
}

export interface StreamReader {
  /** Read strongly. `version` is 0 for a stream that never existed. */
  load(tool: ToolId): Promise<StreamRow & { version: number }>
}

export type StreamChange = { tool: ToolId; version: number; row: StreamRow; appended?: Appended }

interface StreamWriter {
  /** A row with its entries, all or none; false if another writer came first. @throws StoreUnavailable */
  save(change: StreamChange): Promise<boolean>
}

export type StreamStore = StreamReader & StreamWriter

/**
 * Pushes one Security Event Token (RFC 8935). `refused`: an error code of the standard that is final. `again`: all
 * other answers, except an acknowledgement. It never throws.
 */
export interface SetPush {
  push(to: { endpoint: string; authorization?: string | undefined }, token: string): Promise<Pushed>
}
export type Pushed = { outcome: 'taken' } | { outcome: 'refused'; code: string } | { outcome: 'again'; fault: string }
