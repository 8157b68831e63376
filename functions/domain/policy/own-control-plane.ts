import type { Json, JsonObject, Resource } from '../values.ts'
import { type Bundle, ownClassification, reachesOurselves } from './bundle.ts'

/** The part of an act that may concern what Hotwork is made of. */
type Touched = {
  arguments: JsonObject
  resource: Resource
  classification?: string | undefined
  /** ARNs and names that a reading found: the service role, the stack of a change set. */
  found?: readonly string[]
}

/**
 * The name of Hotwork's own that a run, a change set or its role concerns, if any. Approving it would let what is
 * approved change the approval.
 * @param targetRole path and name of Hotwork's role in every AWS account, which has the name of Hotwork's stack
 */
export function ownControlPlane(
  { arguments: args, resource, classification, found = [] }: Touched,
  { resources }: Pick<Bundle, 'resources'>,
  targetRole: string,
): string | undefined {
  if (classification === ownClassification) return resource.id
  const stack = stackOf(targetRole)
  const named = [resource.id, ...textsIn(args), ...found]
  return named.find((text) => reachesOurselves(text, resources) || isOfStack(text, stack))
}

/** `Hotwork` in `hotwork/Hotwork-target`. */
const stackOf = (targetRole: string): string => (targetRole.split('/').at(-1) ?? '').replace(/-target$/, '')

/** Hotwork's own stacks beside the first one (docs/deploy.md). */
const siblings = ['', 'anchor', 'target', 'watch']

function isOfStack(text: string, stack: string): boolean {
  const own = stack.toLowerCase()
  if (own === '') return false
  const parts = text.toLowerCase().split(/[:/]/)
  return parts.some((part) => siblings.some((name) => part === own + name || part.startsWith(`${own}${name}-`)))
}

function textsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsIn)
}
