import type { Deny } from '../domain/credentials/denies.ts'
import type { CatalogueEntry } from '../domain/policy/catalogue.ts'
import type { ReadFault } from '../domain/record/preview.ts'
import type { Ask } from '../domain/record/request.ts'
import type { CredentialId, JsonObject, NumericDate } from '../domain/values.ts'
import type { OwnCredential, TargetId } from './kinds.ts'

/**
 * How a kind of target is reached: the ports of the verbs. A kind has those of its credentials, and each Lambda loads the
 * one that its verb needs. test/targets/promises.ts holds every kind to them.
 */

/** A read: an action that the target knows, with its own arguments. */
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

/** Reads what is there now. */
export interface Reader {
  /** An action has no preview where the deployment does not say how to ask. */
  canRead(entry: CatalogueEntry): boolean
  /** Never throws. */
  read(ask: ReadAsk, entry: CatalogueEntry): Promise<Found>
}

/** Makes credentials of the target's own. Each can do the one approved action, and ends by itself. */
export interface Issuer<Issued> {
  readonly kind: OwnCredential
  /** How long one lives whose grant has `left`: some targets make none for a minute. Seconds. */
  lifetime(left: number): number
  /** @throws BrokerRefused when the target says no, BrokerUnavailable when it does not answer */
  issue(ask: Ask, credential: CredentialId, life: { until: NumericDate; seconds: number }): Promise<Issued>
}

/** Makes the one call that was approved. */
export interface CallMaker {
  readonly kind: TargetId
  /** `expected`: the guarded values as they were read last, which the call carries where the target can be told. */
  make(ask: Ask, credential: CredentialId, expected: JsonObject | undefined): Promise<CallResult>
  /** Finds out by reading whether it was made. @throws where it cannot be read now, which says nothing */
  lookUp(ask: Ask, use: { credential: CredentialId; begunAt: NumericDate }): Promise<LookedUp>
}
/**
 * `refused`: the target said no and did nothing. `outdated`: it found another state, and did nothing. `not_sent`: it
 * never heard of the call. `unanswered`: the call may have been done or not, and is never made again.
 */
export type CallResult =
  | { outcome: 'told'; output: JsonObject }
  | { outcome: 'refused'; reason: string }
  | { outcome: 'outdated' }
  | { outcome: 'not_sent'; fault: string }
  | { outcome: 'unanswered' }
/** `unknown` rather than a guess: others change the same things. */
export type LookedUp = { found: 'done'; output: JsonObject } | { found: 'not_done' } | { found: 'unknown' }

/** Ends credentials of the target's own before their time. */
export interface Ender {
  /** Twice is once, and one that is gone is ended. Without denies it tidies what is over. */
  end(place: string, denies: readonly Deny[]): Promise<void>
}
