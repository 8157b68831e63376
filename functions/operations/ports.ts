import type { Entry, Head } from '../domain/ledger/ledger.ts'
import type { PersonalText } from '../domain/ledger/texts.ts'
import type { Incident } from '../domain/policy/asking-terms.ts'
import type {
  CredentialId,
  EvaluationId,
  HaltId,
  NumericDate,
  QuestionId,
  RequestId,
  StandInId,
  UseId,
} from '../domain/values.ts'

export type Clock = { now(): NumericDate }

/** Random ids of 130 bits, which cannot be guessed. */
export type Ids = {
  request(): RequestId
  opening(): RequestId
  credential(): CredentialId
  /** A use's id. It contains its request's, so that the end of a use needs one read. */
  use(request: RequestId): UseId
  evaluation(): EvaluationId
  halt(): HaltId
  standIn(): StandInId
  question(): QuestionId
}

/** 128 random bits for the commitment to one text. */
export type Salts = { salt(): string }

/**
 * A key that is put in the same transaction, if absent. `replaces`: a value that it may overwrite. The store may forget
 * it at any time after `expiresAt`.
 */
export type OnceOnly = {
  key: string
  value: string
  replaces?: string
  expiresAt: NumericDate
  /** True if a refused command leaves the key unused. */
  ifDone?: true
}

export type Page<T> = { items: readonly T[]; next?: string }

export interface Queue<T> {
  send(messages: readonly T[]): Promise<void>
}
/** `deduplicate` identifies a change; `group` keeps order within a request or a role. */
export type Fifo = { group: string; deduplicate: string }

/** Takes words of the vocabulary, never a credential, a justification or arguments. */
export interface Log {
  info(event: string, fields?: { [field: string]: string | number | boolean | undefined }): void
  warn(event: string, fields?: { [field: string]: string | number | boolean | undefined }): void
  error(event: string, fields?: { [field: string]: string | number | boolean | undefined }): void
}

/**
 * The incident service, asked about a parent task or the incident of an opening. It never throws: `unreachable` stands
 * for a missing answer.
 */
export interface TaskService {
  look(task: string): Promise<TaskLook>
}
export type TaskLook = { answer: 'known'; incident?: Incident } | { answer: 'unknown' | 'unreachable' }

/** Reads one incident from a service of one kind. Callers treat a fault as `unreachable`. */
export interface IncidentReader {
  read(incident: string): Promise<TaskLook>
}

/**
 * Entries to append to a chain, and the chain's end as read: `noEntries` for a new chain. Nothing is saved if the end
 * has changed.
 */
export type Appended = { expected: Head; entries: readonly Entry[]; head: Head; texts?: readonly PersonalText[] }

/** One-time timers, each for the drawing or storing of a request. */
export interface Timers {
  /** Sets a timer that draws the cards of a request or stores its due changes. A repeated name changes nothing. */
  set(timer: { name: string; request: RequestId; at: NumericDate; to: 'draw' | 'store' }): Promise<void>
}

/** Reads a secret, and caches it for a while. @throws SecretUnavailable */
export interface SecretReader<T> {
  read(): Promise<T>
}
