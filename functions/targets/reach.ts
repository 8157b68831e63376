import type { Deny } from '../domain/credentials/denies.ts'
import type { CatalogueEntry } from '../domain/policy/catalogue.ts'
import type { ReadFault } from '../domain/record/preview.ts'
import type { Ask } from '../domain/record/request.ts'
import type { CredentialId, Digest, JsonObject, NumericDate, UseId } from '../domain/values.ts'
import type { OwnCredential, TargetId } from './kinds.ts'

/**
 * The ports by which a kind of target is reached. A kind has those that its credentials need, and each Lambda loads
 * only its own. test/targets/promises.ts tests every kind.
 */

/** A read: an action that the target knows, with its arguments. */
export type ReadAsk = {
  action: string
  arguments: JsonObject
  /** The names of errors that mean a missing resource. */
  absent: readonly string[]
  /** Aborts the read. */
  signal: AbortSignal
}

/**
 * `fault` is a name that is safe to log: it contains nothing of the read values. `words` say to the agent why it must not
 * be asked for.
 */
export type Found =
  | { found: 'answer'; answer: JsonObject }
  | { found: 'absent' }
  | { found: 'failed'; why: ReadFault; fault: string; words?: string }

/** Reads the present state. */
export interface Reader {
  /** True if the deployment says how to read it; otherwise the action has no preview. */
  canRead(entry: CatalogueEntry): boolean
  /** It never throws. */
  read(ask: ReadAsk, entry: CatalogueEntry): Promise<Found>
}

/** Issues a target's own credentials, each for the one approved action and with an end of its own. */
export interface Issuer<Issued> {
  readonly kind: OwnCredential
  /** The life of a credential whose grant has `left`, since some targets have a minimum. Seconds. */
  lifetime(left: number): number
  /**
   * @param expected the guarded values of the last reading, if the kind's credentials carry them
   * @throws BrokerRefused if the target refuses, BrokerUnavailable if it does not answer
   */
  issue(
    ask: Ask,
    credential: CredentialId,
    life: { until: NumericDate; seconds: number },
    expected?: JsonObject,
  ): Promise<Issued>
}

/** Makes the one approved call. */
export interface CallMaker {
  readonly kind: TargetId
  /**
   * @param expected the guarded values of the last reading, which the call carries if the target supports that
   * @param use the source of the once-only key of a run
   */
  make(ask: Ask, credential: CredentialId, expected: JsonObject | undefined, use: UseId): Promise<CallResult>
  /** Finds by reading whether the call was made. @throws if it cannot be read now, which proves nothing */
  lookUp(ask: Ask, use: { id: UseId; credential: CredentialId; begunAt: NumericDate }): Promise<LookedUp>
}
/**
 * `refused`: the target refused and did nothing. `outdated`: it found a different state and did nothing. `not_sent`:
 * the call was not sent. `unanswered`: the call may or may not have been done, and is never repeated. `started`: a run
 * that goes on, by its id at the target. `failed`: it was done and failed, as its answer says.
 */
export type CallResult =
  | { outcome: 'told'; output: JsonObject }
  | { outcome: 'started'; run: string; output: JsonObject }
  | { outcome: 'failed'; reason: string; output: JsonObject }
  | { outcome: 'refused'; reason: string }
  | { outcome: 'outdated' }
  | { outcome: 'not_sent'; fault: string }
  | { outcome: 'unanswered' }
/** `unknown` if reading cannot tell, since others change the same resources. */
export type LookedUp =
  | { found: 'done'; output: JsonObject }
  | { found: 'started'; run: string }
  | { found: 'not_done' }
  | { found: 'unknown' }

/** Follows a run to its end. */
export interface RunFollower {
  readonly kind: TargetId
  /** @param run its id at the target @param shows of the approved reading @throws if it cannot be read now, which proves nothing */
  look(ask: Ask, run: string, shows: Digest | undefined): Promise<RunSeen>
  /** Idempotent. `none`: the entry has no way to stop it. */
  cancel(ask: Ask, run: string): Promise<'sent' | 'none'>
}
/** `other`: what it acts as or runs that was not approved, in words. */
export type RunSeen = ({ seen: 'running' } | { seen: 'ended'; succeeded: boolean; note?: string }) & {
  other?: string
}

/** Ends a target's own credentials early. */
export interface Ender {
  /** Idempotent; a missing credential counts as ended. Without denies it removes expired ones. */
  end(place: string, denies: readonly Deny[]): Promise<void>
}
