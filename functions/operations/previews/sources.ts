import type { Account } from '../../domain/policy/bundle.ts'
import type { ReadFault } from '../../domain/previews/preview.ts'
import type { Json, JsonObject, ToolId } from '../../domain/values.ts'

/** What a read is about: an action that Hotwork knows how to make, or one of a tool. */
export type ReadAsk = {
  action: string
  arguments: JsonObject
  /** Names of errors that say that there is nothing. */
  absent: readonly string[]
  /** When it is over, the read is. */
  signal: AbortSignal
}

/** `fault` is a name that may stand in a log: it holds nothing of what was read. */
export type Found =
  | { found: 'answer'; answer: JsonObject }
  | { found: 'absent' }
  | { found: 'failed'; why: ReadFault; fault: string }

/** Reads as an account's reader role, which may do nothing else. Never throws. */
export interface AwsReader {
  read(ask: ReadAsk, account: Account): Promise<Found>
}

/** Asks a tool, as Hotwork itself. Never throws. */
export interface ToolReader {
  read(ask: ReadAsk, tool: ToolId): Promise<Found>
}

/** JMESPath. @throws where an expression meets a value of another type than it takes */
export interface Expressions {
  search(expression: string, value: JsonObject): Json | undefined
}

/** A secret of the deployment, the same for good. Without it the digest of a few possible values could be guessed. */
export interface StateKey {
  /** @throws KeyUnavailable */
  read(): Promise<string>
}
