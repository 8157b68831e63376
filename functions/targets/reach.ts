import type { Deny } from '../domain/credentials/denies.ts'
import type { CatalogueEntry } from '../domain/policy/catalogue.ts'
import type { ReadFault } from '../domain/record/preview.ts'
import type { Ask } from '../domain/record/request.ts'
import type { CredentialId, JsonObject, NumericDate } from '../domain/values.ts'
import type { OwnCredential, TargetId } from './kinds.ts'

/**
 * The ports of the verbs by which a kind of target is reached. A kind has those of its credentials, and each Lambda loads the
 * one that its verb needs. test/targets/promises.ts holds every kind to them.
 */

/** A read: an action that the target knows, with its own arguments. */
export type ReadAsk = {
  action: string
  arguments: JsonObject
  /** Names of errors that mean a missing resource. */
  absent: readonly string[]
  /** Its end ends the read. */
  signal: AbortSignal
}

/** `fault` is a name that may stand in a log: it holds nothing of the read values. */
export type Found =
  | { found: 'answer'; answer: JsonObject }
  | { found: 'absent' }
  | { found: 'failed'; why: ReadFault; fault: string }

/** Reads the present state. */
export interface Reader {
  /** An action has no preview unless the deployment says how to read it. */
  canRead(entry: CatalogueEntry): boolean
  /** Never throws. */
  read(ask: ReadAsk, entry: CatalogueEntry): Promise<Found>
}

/** Makes credentials of the target's own. Each can do the one approved action, and expires by itself. */
export interface Issuer<Issued> {
  readonly kind: OwnCredential
  /** The life of one whose grant has `left`: some targets make none for a minute. Seconds. */
  lifetime(left: number): number
  /** @throws BrokerRefused if the target says no, BrokerUnavailable if it does not answer */
  issue(ask: Ask, credential: CredentialId, life: { until: NumericDate; seconds: number }): Promise<Issued>
}

/** Makes the one approved call. */
export interface CallMaker {
  readonly kind: TargetId
  /** `expected`: the guarded values as they were read last, which the call carries if the target supports that. */
  make(ask: Ask, credential: CredentialId, expected: JsonObject | undefined): Promise<CallResult>
  /** Finds by reading whether it was made. @throws if it cannot be read now, which proves nothing */
  lookUp(ask: Ask, use: { credential: CredentialId; begunAt: NumericDate }): Promise<LookedUp>
}
/**
 * `refused`: the target said no and did nothing. `outdated`: it found another state, and did nothing. `not_sent`: it never
 * heard of the call. `unanswered`: the call may have been done or not, and is never made again.
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
  /** Idempotent; a missing credential counts as ended. Without denies it removes expired ones. */
  end(place: string, denies: readonly Deny[]): Promise<void>
}
