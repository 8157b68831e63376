import type { Entry, Head } from '../domain/ledger/ledger.ts'
import type { PersonalText } from '../domain/ledger/texts.ts'
import type { Incident } from '../domain/policy/asking-terms.ts'
import type { CredentialId, EvaluationId, HaltId, NumericDate, RequestId, StandInId, UseId } from '../domain/values.ts'

export type Clock = { now(): NumericDate }

/** Random ids of 130 bits each, so that none can be guessed. */
export type Ids = {
  request(): RequestId
  opening(): RequestId
  credential(): CredentialId
  /** The id contains its request's, so the end of a use needs one read. */
  use(request: RequestId): UseId
  evaluation(): EvaluationId
  halt(): HaltId
  standIn(): StandInId
}

/** 128 random bits for the commitment to one text. */
export type Salts = { salt(): string }

/**
 * Put only if absent, in the same transaction. `replaces` names the value that may be overwritten. The store may forget
 * it any time after `expiresAt`.
 */
export type OnceOnly = {
  key: string
  value: string
  replaces?: string
  expiresAt: NumericDate
  /** A refused command does not use it up. */
  ifDone?: true
}

export type Page<T> = { items: readonly T[]; next?: string }

export interface Queue<T> {
  send(messages: readonly T[]): Promise<void>
}
/** `deduplicate` names a change; `group` keeps order within a request, or within a role. */
export type Fifo = { group: string; deduplicate: string }

/** Takes words of the vocabulary, never a credential, a justification or arguments. */
export interface Log {
  info(event: string, fields?: { [field: string]: string | number | boolean | undefined }): void
  warn(event: string, fields?: { [field: string]: string | number | boolean | undefined }): void
  error(event: string, fields?: { [field: string]: string | number | boolean | undefined }): void
}

/**
 * The service that keeps incidents, asked about a parent task or the incident of an opening. It never throws:
 * `unreachable` stands for no answer.
 */
export interface TaskService {
  look(task: string): Promise<TaskLook>
}
export type TaskLook = { answer: 'known'; incident?: Incident } | { answer: 'unknown' | 'unreachable' }

/** Reads one incident from a service of its kind. Callers take a fault as `unreachable`. */
export interface IncidentReader {
  read(incident: string): Promise<TaskLook>
}

/**
 * Entries to append to a chain, and its end as read: `noEntries` for a new one. Nothing is saved if the end has
 * changed.
 */
export type Appended = { expected: Head; entries: readonly Entry[]; head: Head; texts?: readonly PersonalText[] }

/** One-time timers. Each only wakes a request's drawing or storing. */
export interface Timers {
  /** Draws the cards of a request, or stores its due changes. A repeated name changes nothing. */
  set(timer: { name: string; request: RequestId; at: NumericDate; to: 'draw' | 'store' }): Promise<void>
}

/** Reads a secret, and caches it for a while. @throws SecretUnavailable */
export interface SecretReader<T> {
  read(): Promise<T>
}
