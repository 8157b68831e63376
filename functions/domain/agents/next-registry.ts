// Rules: test/operations/registry/apply-change.test.ts
import type { Bundle } from '../policy/bundle.ts'
import { type AgentId, type NumericDate, type Result, refuse } from '../values.ts'
import {
  type AgentChange,
  type AskedChange,
  afterChange,
  entryOf,
  isSameEntry,
  type MadeChange,
} from './agent-change.ts'
import { type GovernedRegistry, mostStored, sizeRetired } from './governed-registry.ts'
import { registryProblems } from './registry-problems.ts'

/** The folder's agents, with the people of now, and the registry. */
export type AllAgents = {
  files: Bundle
  registry: GovernedRegistry
  sizeOf: (registry: GovernedRegistry) => number
}

/** The registry after a change, checked together with the folder. */
export function nextRegistry(
  { files, registry, sizeOf }: AllAgents,
  change: AskedChange,
  now: NumericDate,
): Result<MadeChange, 'invalid_arguments' | 'invalid_registry'> {
  const made = afterChange(files, registry, change, now)
  if (!made.ok) return made
  const { next } = made.value
  // A retirement only removes rights: other changes leave room for it, and it is never refused.
  const size = change.action === 'hotwork:RetireAgent' ? 0 : sizeRetired(files, next, now, sizeOf)
  const tooLarge = `the registry would grow to ${size} bytes by retirements, and has at most ${mostStored}: move some of its agents to agents.json`
  const problems = [...registryProblems(files, next, now, registry), ...(size > mostStored ? [tooLarge] : [])]
  return problems.length > 0 ? refuse('invalid_registry', problems.slice(0, 3).join('; ')) : made
}

/** The registry after an approved change, if the agent's entry has not changed since the decision. */
export function makeChange(
  all: AllAgents,
  ask: AskedChange & { resource: { id: string }; change?: AgentChange | undefined },
  now: NumericDate,
): Result<MadeChange, 'registry_moved' | 'invalid_registry'> {
  const present = entryOf(all.files, all.registry, ask.resource.id as AgentId)?.entry
  if (!isSameEntry(ask.change?.before, present)) return refuse('registry_moved')
  const made = nextRegistry(all, ask, now)
  return made.ok ? made : refuse('invalid_registry', made.detail)
}
