import type { Entry, Head } from '../domain/ledger/ledger.ts'
import type { PersonalText } from '../domain/ledger/texts.ts'
import type { Incident } from '../domain/policy/asking-terms.ts'
import type { CredentialId, EvaluationId, HaltId, NumericDate, RequestId, StandInId, UseId } from '../domain/values.ts'

export type Clock = { now(): NumericDate }

/** Random ids, 130 bits each, so that one cannot be guessed from another. */
export type Ids = {
  request(): RequestId
  opening(): RequestId
  credential(): CredentialId
  /** It names its request, so that the end of a use is one read. */
  use(request: RequestId): UseId
  evaluation(): EvaluationId
  halt(): HaltId
  standIn(): StandInId
}

/** 128 random bits for the commitment to one text. */
export type Salts = { salt(): string }

/**
 * Put only if absent, in the same transaction. `replaces` names the value that may be overwritten. After `expiresAt`
 * the store may forget it; nothing relies on when.
 */
export type OnceOnly = {
  key: string
  value: string
  replaces?: string
  expiresAt: NumericDate
  /** What is refused does not use it up. */
  ifDone?: true
}

export type Page<T> = { items: readonly T[]; next?: string }

export interface Queue<T> {
  send(messages: readonly T[]): Promise<void>
}
/** `deduplicate` tells a change from all others; `group` keeps order within a request, or within a role. */
export type Fifo = { group: string; deduplicate: string }

/** An event is a literal in snake_case, since alarms match on it. Fields never hold a credential, a justification or arguments. */
export interface Log {
  info(event: string, fields?: { [field: string]: string | number | boolean | undefined }): void
  warn(event: string, fields?: { [field: string]: string | number | boolean | undefined }): void
  error(event: string, fields?: { [field: string]: string | number | boolean | undefined }): void
}

/** The service that keeps incidents, about a parent task or what is to be opened. It never throws: `unreachable` is no answer. */
export interface TaskService {
  look(task: string): Promise<TaskLook>
}
export type TaskLook = { answer: 'known'; incident?: Incident } | { answer: 'unknown' | 'unreachable' }

/** Reads one incident of a service of its kind. A fault is `unreachable` to those who ask. */
export interface IncidentReader {
  read(incident: string): Promise<TaskLook>
}

/** What a chain gets, and its end as it was read: `noEntries` for a new one. Another end since then, and nothing is saved. */
export type Appended = { expected: Head; entries: readonly Entry[]; head: Head; texts?: readonly PersonalText[] }

/** One-time timers. Each only has the request looked at. */
export interface Timers {
  /** Draws the cards of a request, or stores what is due of it. A name set twice is once. */
  set(timer: { name: string; request: RequestId; at: NumericDate; to: 'draw' | 'store' }): Promise<void>
}

/** Keeps what it read for a while. @throws SecretUnavailable */
export interface SecretReader<T> {
  read(): Promise<T>
}
