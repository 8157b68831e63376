import type { GovernedRegistry } from '../../domain/agents/governed-registry.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { Explainer } from '../../domain/policy/condition.ts'
import type { PolicyAnswers } from '../../domain/policy/question.ts'
import type { AskerId, Digest, JsonObject, NumericDate } from '../../domain/values.ts'

export interface Policy extends PolicyAnswers {
  /** The deployed bundle, including people and groups with overdue recertification. Undefined if equal to `bundle`. */
  readonly files?: Bundle
  /** `files` with the registry of agents. */
  readonly registered?: Bundle
  /** The registry of agents at the last look. Undefined without one. */
  readonly governed?: GovernedRegistry
  /** Undefined if no policy engine is loaded. */
  readonly explainer?: Explainer | undefined
  /**
   * Reads the registry of agents if the last read is two seconds old; and recertifications newer than the bundle, for
   * the subjects whose date has passed: of `agents`, or of people and groups if the list is empty. If that read fails,
   * the dates in the bundle count.
   *
   * @param fresh reads the registry in any case, for work on a new change
   * @throws StoreUnavailable without a registry. `ask` then throws it too, except for acts that stop something.
   */
  look?(agents: readonly AskerId[], fresh?: 'fresh'): Promise<void>
}

/**
 * Opens the policies of an earlier deployment, to explain its decisions. Each opening invalidates the previous one.
 *
 * @throws when this version cannot read them
 */
export type OpenPolicies = (bundle: Bundle) => Policy

/** A bundle as it was first deployed, at `at`. It has the schema of that time; newer code may expect a different one. */
export type KeptBundle = { bundle: JsonObject & { hash: Digest }; at: NumericDate }

export interface BundleStore {
  isKept(hash: Digest): Promise<boolean>
  /** Atomic. False if this hash is stored already. */
  keep(kept: KeptBundle): Promise<boolean>
  /** `unreadable`: the object under this hash cannot be parsed as a bundle. The caller verifies the hash. */
  load(hash: Digest): Promise<KeptBundle | 'unreadable' | undefined>
}
