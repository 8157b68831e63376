// Rules: test/operations/registry/apply-change.test.ts
import type { Bundle } from '../policy/bundle.ts'
import type { Ask } from '../record/request.ts'
import { type AgentId, type NumericDate, type Result, refuse } from '../values.ts'
import { type AskedChange, afterChange, entryOf, isSameEntry, type MadeChange } from './agent-change.ts'
import type { GovernedRegistry } from './governed-registry.ts'
import { registryProblems } from './registry-problems.ts'

/**
 * The registry after a change, checked with the folder as one.
 *
 * @param files the agents of the folder alone, with the people as they are now
 */
export function nextRegistry(
  files: Bundle,
  registry: GovernedRegistry,
  change: AskedChange,
  now: NumericDate,
): Result<MadeChange, 'invalid_arguments' | 'invalid_registry'> {
  const made = afterChange(files, registry, change, now)
  if (!made.ok) return made
  const problems = registryProblems(files, made.value.next, now, registry)
  return problems.length > 0 ? refuse('invalid_registry', problems.slice(0, 3).join('; ')) : made
}

/** The same for an approved change, if the agent's entry is still the one that people decided on. */
export function makeChange(
  files: Bundle,
  registry: GovernedRegistry,
  ask: Pick<Ask, 'action' | 'arguments' | 'resource' | 'change'>,
  now: NumericDate,
): Result<MadeChange, 'registry_moved' | 'invalid_registry'> {
  const present = entryOf(files, registry, ask.resource.id as AgentId)?.entry
  if (!isSameEntry(ask.change?.before, present)) return refuse('registry_moved')
  const made = nextRegistry(files, registry, ask, now)
  return made.ok ? made : refuse('invalid_registry', made.detail)
}
