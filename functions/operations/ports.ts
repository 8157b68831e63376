import type { CredentialId, EvaluationId, HaltId, NumericDate, RequestId, StandInId, UseId } from '../domain/values.ts'

/** What operations need from the world. Each port says what it promises; adapters keep it or throw a fault. */

/** Whole seconds now. The only clock there is. */
export type Clock = { now(): NumericDate }

/** Random ids, 130 bits each, so that one cannot be guessed from another. */
export type Ids = {
  request(): RequestId
  breakGlass(): RequestId
  credential(): CredentialId
  use(): UseId
  evaluation(): EvaluationId
  halt(): HaltId
  standIn(): StandInId
}

/**
 * A thing that must happen at most once, put only if absent in the same transaction. `replaces` names the value that
 * may be overwritten. `expiresAt` lets the store forget it some time after; nothing relies on when.
 */
export type OnceOnly = { key: string; value: string; replaces?: string; expiresAt: NumericDate }

export type Page<T> = { items: readonly T[]; next?: string }

/** Hands ids on to those who follow from the record. */
export interface Queue<T> {
  send(messages: readonly T[]): Promise<void>
}
/** `deduplicate` tells a change from all others; `group` keeps order within a request, or within a role. */
export type Fifo = { group: string; deduplicate: string }

/** A line in the log: words of the vocabulary, never a credential, a justification or arguments. */
export interface Log {
  info(message: string, fields?: { [field: string]: string | number | boolean | undefined }): void
  warn(message: string, fields?: { [field: string]: string | number | boolean | undefined }): void
  error(message: string, fields?: { [field: string]: string | number | boolean | undefined }): void
}
