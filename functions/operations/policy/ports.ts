import type { Bundle } from '../../domain/policy/bundle.ts'
import type { Explainer } from '../../domain/policy/condition.ts'
import type { PolicyAnswers } from '../../domain/policy/question.ts'
import type { AskerId, Digest, JsonObject, NumericDate } from '../../domain/values.ts'

export interface Policy extends PolicyAnswers {
  /** As it was deployed, also where a date of a person or group has passed. Left out where `bundle` is that. */
  readonly files?: Bundle
  /** Left out where there is no engine. */
  readonly explainer?: Explainer | undefined
  /**
   * Reads what people recertified since the bundle was made: of these agents, or without any of people and groups, as
   * before each call. It reads nothing where no date of theirs has passed, and never throws: what cannot be read was not
   * recertified.
   */
  look?(agents: readonly AskerId[]): Promise<void>
}

/**
 * Policies of another deployment, to explain by. What was opened answers until the next is opened.
 *
 * @throws where this version cannot read them
 */
export type OpenPolicies = (bundle: Bundle) => Policy

/** As it was deployed first, at `at`. Its members are those of its time: newer code may know others. */
export type KeptBundle = { bundle: JsonObject & { hash: Digest }; at: NumericDate }

export interface BundleStore {
  isKept(hash: Digest): Promise<boolean>
  /** All or none, once: false where it is kept already. */
  keep(kept: KeptBundle): Promise<boolean>
  /** `unreadable`: there is something under this hash that is no bundle. Whether it has the hash is the reader's to check. */
  load(hash: Digest): Promise<KeptBundle | 'unreadable' | undefined>
}
