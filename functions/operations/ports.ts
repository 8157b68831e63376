import type { CredentialId, EvaluationId, HaltId, NumericDate, RequestId, StandInId, UseId } from '../domain/values.ts'

export type Clock = { now(): NumericDate }

/** Random ids, 130 bits each, so that one cannot be guessed from another. */
export type Ids = {
  request(): RequestId
  breakGlass(): RequestId
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

/** Words of the vocabulary, never a credential, a justification or arguments. */
export interface Log {
  info(message: string, fields?: { [field: string]: string | number | boolean | undefined }): void
  warn(message: string, fields?: { [field: string]: string | number | boolean | undefined }): void
  error(message: string, fields?: { [field: string]: string | number | boolean | undefined }): void
}
