// Rules: test/adapters/faults.test.ts
import type { Unseen } from '../domain/people/host.ts'

/**
 * Faults, thrown. Each has a literal `name`, since a minifier renames classes and Step Functions and logs match on it.
 * Any operation may throw StoreUnavailable, and one that writes StaleRequest; its comment names the others.
 */
const named = <Name extends string>(name: Name) =>
  class extends Error {
    override readonly name = name
  }

/** The store did not answer: whether it committed is not known. */
export class StoreUnavailable extends named('StoreUnavailable') {}

/** A write that was never sent, since its time was up. It certainly did not happen. */
export class NotInTime extends named('NotInTime') {}

/** AWS denies Hotwork a right of its own role. A retry is useless: an operator has to look. */
export class RightMissing extends named('RightMissing') {}

/** The bucket of the log did not answer, or refused: whether the object was put is not known. A retry is safe. */
export class AnchorUnavailable extends named('AnchorUnavailable') {}

/** The bucket's log differs from the notary's, or is incomplete. A person has to look. */
export class AnchorForked extends named('AnchorForked') {}

/** A key is disabled or scheduled for deletion, or KMS does not answer. */
export class KeyUnavailable extends named('KeyUnavailable') {}

/** The target made no credential, and gave no answer. The intent stays; a retry is safe. */
export class BrokerUnavailable extends named('BrokerUnavailable') {}

/** The target refused to make a credential: the deployment does not fit it. */
export class BrokerRefused extends named('BrokerRefused') {}

/** AWS refused a mediated call and did nothing. `reason` is AWS's name for it, and safe to show. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused'
  readonly reason: string

  constructor(reason: string, options?: ErrorOptions) {
    super(`AWS refused the call: \`${reason}\``, options)
    this.reason = reason
  }
}

/** AWS found another state than the mediated call expected, and did nothing. */
export class CallOutdated extends named('CallOutdated') {}

/** A mediated call was certainly not sent. A retry is safe. */
export class CallNotSent extends named('CallNotSent') {}

/** The answer to a mediated call was lost. The call is looked up, and never made again. */
export class CallUnanswered extends named('CallUnanswered') {}

/** The pager did not say who is on call. */
export class ScheduleUnavailable extends named('ScheduleUnavailable') {}

/** An identity issuer's keys cannot be fetched, and the cached ones are too old. */
export class IssuerUnavailable extends named('IssuerUnavailable') {}

/** A token names a key that the issuer may have published since its keys were last read: retry after that time. */
export class KeyNotYetKnown extends Error {
  override readonly name = 'KeyNotYetKnown'
  readonly retryAfterSeconds: number | undefined

  constructor(message: string, { retryAfterSeconds, ...options }: ErrorOptions & { retryAfterSeconds?: number } = {}) {
    super(message, options)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Another mint for the same agent came first, and its credential is the live one. A retry is safe. */
export class Overtaken extends named('Overtaken') {}

/** Other writers kept coming first. Nothing was committed; a retry is safe. */
export class StaleRequest extends named('StaleRequest') {}

/** This machine's clock and the caller's are too far apart to compare deadlines. */
export class ClockOutOfRange extends named('ClockOutOfRange') {}

/** A receiver of events did not take one: it is sent again. */
export class ReceiverUnavailable extends named('ReceiverUnavailable') {}

/** A secret cannot be read or is malformed: nothing can be verified by it. */
export class SecretUnavailable extends named('SecretUnavailable') {}

export class TimersUnavailable extends named('TimersUnavailable') {}

export class PagerUnavailable extends named('PagerUnavailable') {}

/** The channel refuses us until a person repairs it: channel archived, app not in it, token revoked. */
export class CardUndeliverable extends named('CardUndeliverable') {}

/** The chat did not take a card now, and may later. A retry is safe. */
export class BoardUnavailable extends Error {
  override readonly name = 'BoardUnavailable'
  /** The wait that the chat asked for, in seconds. */
  readonly retryAfterSeconds: number | undefined
  /** Whether the chat is throttled or down, so that every other call would fail too. */
  readonly forAll: boolean

  constructor(
    message: string,
    {
      retryAfterSeconds,
      forAll = retryAfterSeconds !== undefined,
      ...options
    }: ErrorOptions & { retryAfterSeconds?: number; forAll?: boolean } = {},
  ) {
    super(message, options)
    this.retryAfterSeconds = retryAfterSeconds
    this.forAll = forAll
  }
}

/** IAM did not say what a host may do. The answer is unknown, which is not a denial. */
export class HostUnseen extends Error {
  override readonly name = 'HostUnseen'
  readonly why: Unseen

  constructor(why: Unseen, options?: ErrorOptions) {
    super(`IAM did not say what the host may do: \`${why}\``, options)
    this.why = why
  }
}

/** A port may have wrapped the fault in its own, so causes are searched too. */
const lacksRight = (fault: unknown): boolean =>
  fault instanceof RightMissing || (fault instanceof Error && lacksRight(fault.cause))

/** Logs the name alone: a fault's message may hold secrets. */
export function faultName(fault: unknown): string {
  if (lacksRight(fault)) return 'RightMissing'
  return fault instanceof Error ? fault.name : 'unknown'
}
