import type { Bundle } from '../../domain/policy/bundle.ts'
import type { Explainer } from '../../domain/policy/condition.ts'
import type { PolicyAnswers } from '../../domain/policy/question.ts'
import type { AskerId, Digest, JsonObject, NumericDate } from '../../domain/values.ts'

export interface Policy extends PolicyAnswers {
  /** The bundle as deployed, with people and groups past their date. Left out if `bundle` is the same. */
  readonly files?: Bundle
  /** Left out without an engine. */
  readonly explainer?: Explainer | undefined
  /**
   * Reads recertifications newer than the bundle: of these agents, or without any of people and groups, as before each
   * call. It reads nothing while no date has passed, and never throws: after a failed read the dates in the bundle
   * count.
   */
  look?(agents: readonly AskerId[]): Promise<void>
}

/**
 * Policies of another deployment, to explain by. Opening another invalidates the one before.
 *
 * @throws when this version cannot read them
 */
export type OpenPolicies = (bundle: Bundle) => Policy

/** A bundle as it was first deployed, at `at`. Its members are those of its time: newer code may expect others. */
export type KeptBundle = { bundle: JsonObject & { hash: Digest }; at: NumericDate }

export interface BundleStore {
  isKept(hash: Digest): Promise<boolean>
  /** All or none, once: false if it is stored already. */
  keep(kept: KeptBundle): Promise<boolean>
  /** `unreadable`: the object under this hash is no bundle. The caller verifies the hash. */
  load(hash: Digest): Promise<KeptBundle | 'unreadable' | undefined>
}
