import { resourcesOverlap } from './glob.ts'
import type { ResourceRule } from './organisation.ts'

/** The classification that a policy folder gives to what Hotwork itself is made of. */
export const ownClassification = 'control-plane'

/** Hotwork names what is its own so: the roles under `/hotwork/`, its stacks, its parameters. */
const named = /(^|[^a-z0-9])hotwork/i

/**
 * Whether a resource, or a pattern of them, may reach what Hotwork itself is made of: its tables, key, roles, functions,
 * policy. Whatever a deployer's policies say, that is beyond breaking the glass.
 */
export const reachesOurselves = (pattern: string, rules: readonly ResourceRule[]): boolean =>
  named.test(pattern) ||
  rules.some(({ classification, id }) => classification === ownClassification && resourcesOverlap(id, pattern))
