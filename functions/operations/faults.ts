// Rules: test/adapters/faults.test.ts
import type { Unseen } from '../domain/people/host.ts'

/**
 * Faults, thrown. Each has a literal `name`, since a minifier renames classes and Step Functions and logs match on it.
 * Any operation may throw StoreUnavailable; one that writes may throw StaleRequest. Comments name other faults.
 */
const named = <Name extends string>(name: Name) =>
  class extends Error {
    override readonly name = name
  }

/** The store did not answer: it may or may not have committed. */
export class StoreUnavailable extends named('StoreUnavailable') {}

/** An unsent write, whose time was up. It did not happen. */
export class NotInTime extends named('NotInTime') {}

/** AWS denies a right to Hotwork's own role. A retry is useless: an operator must look. */
export class RightMissing extends named('RightMissing') {}

/** The log's bucket did not answer or refused: the object may or may not be stored. A retry is safe. */
export class AnchorUnavailable extends named('AnchorUnavailable') {}

/** The log in the bucket differs from the notary's, or is incomplete. A person must look. */
export class AnchorForked extends named('AnchorForked') {}

/** A key is disabled or scheduled for deletion, or KMS does not answer. */
export class KeyUnavailable extends named('KeyUnavailable') {}

/** The target did not answer, or made no credential. The intent stays; a retry is safe. */
export class BrokerUnavailable extends named('BrokerUnavailable') {}

/** The target refused to make a credential: its settings and the deployment do not match. */
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

/** AWS found a different state than the mediated call expected, and did nothing. */
export class CallOutdated extends named('CallOutdated') {}

/** A mediated call was not sent. A retry is safe. */
export class CallNotSent extends named('CallNotSent') {}

/** The answer to a mediated call was lost. The call is looked up, never repeated. */
export class CallUnanswered extends named('CallUnanswered') {}

/** The pager did not name the people on call. */
export class ScheduleUnavailable extends named('ScheduleUnavailable') {}

/** The keys of an identity issuer cannot be fetched, and the cached ones are too old. */
export class IssuerUnavailable extends named('IssuerUnavailable') {}

/** A token names a key that the issuer may have published since the last read of its keys: retry after that time. */
export class KeyNotYetKnown extends Error {
  override readonly name = 'KeyNotYetKnown'
  readonly retryAfterSeconds: number | undefined

  constructor(message: string, { retryAfterSeconds, ...options }: ErrorOptions & { retryAfterSeconds?: number } = {}) {
    super(message, options)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Another issue for the same agent came first, and its credential is the live one. A retry is safe. */
export class Overtaken extends named('Overtaken') {}

/** Other writers came first at each attempt. Nothing was committed; a retry is safe. */
export class StaleRequest extends named('StaleRequest') {}

/** This machine's clock and the caller's differ too much to compare deadlines. */
export class ClockOutOfRange extends named('ClockOutOfRange') {}

/** A receiver did not accept an event: it is sent again. */
export class ReceiverUnavailable extends named('ReceiverUnavailable') {}

/** A secret is unreadable or malformed, so nothing can be verified with it. */
export class SecretUnavailable extends named('SecretUnavailable') {}

export class TimersUnavailable extends named('TimersUnavailable') {}

export class PagerUnavailable extends named('PagerUnavailable') {}

/** The channel refuses Hotwork until a person repairs it: archived, app not in it, token revoked. */
export class CardUndeliverable extends named('CardUndeliverable') {}

/** The chat did not accept a card now, and may later. A retry is safe. */
export class BoardUnavailable extends Error {
  override readonly name = 'BoardUnavailable'
  /** The wait that the chat asks for. Seconds. */
  readonly retryAfterSeconds: number | undefined
  /** True if the chat is throttled or down, so that all calls to it would fail. */
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

/** IAM gave no answer about a host. The answer is unknown. */
export class HostUnseen extends Error {
  override readonly name = 'HostUnseen'
  readonly why: Unseen

  constructor(why: Unseen, options?: ErrorOptions) {
    super(`IAM gave no answer about the rights of the host: \`${why}\``, options)
    this.why = why
  }
}

/** Causes are searched, since a port may have wrapped the fault. */
const lacksRight = (fault: unknown): boolean =>
  fault instanceof RightMissing || (fault instanceof Error && lacksRight(fault.cause))

/** The name of a fault, for logs: its message may contain secrets. */
export function faultName(fault: unknown): string {
  if (lacksRight(fault)) return 'RightMissing'
  return fault instanceof Error ? fault.name : 'unknown'
}
