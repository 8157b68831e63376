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
  const named = [resource.id, ...textsIn(args), ...found]
  return (
    named.find((text) => reachesOurselves(text, resources)) ??
    ownNamesIn(named, { resources }, targetRole).values().next().value
  )
}

/**
 * The names and ARNs of Hotwork's own in texts of any kind: names, definitions, code. A pattern in a text, such as
 * `role/*`, names nothing.
 * @param role path and name of Hotwork's target role or reader, which have the name of Hotwork's stack
 */
export function ownNamesIn(
  texts: readonly string[],
  { resources }: Pick<Bundle, 'resources'>,
  role: string,
): ReadonlySet<string> {
  const stack = stackOf(role)
  const isOwn = (name: string) => reachesOurselves(name, []) || isOfStack(name, stack)
  const found = new Set<string>()
  for (const text of texts) {
    for (const form of new Set([text, text.replace(escapes, ' ')]))
      for (const name of form
        .replace(outsideAws, ' ')
        .replace(variables, ' ')
        .split(/[^A-Za-z0-9-]+/))
        if (name.length <= longestName && isOwn(name)) found.add(name)
    // A place of a template has any value.
    for (const [arn] of text.replace(/\$\{[^}]*\}|\*/g, '-').matchAll(/\barn:[^\s"'`,;()[\]{}<>|\\]+/g))
      if (arn.length <= longestArn && reachesOurselves(arn, resources)) found.add(arn)
  }
  return found
}
/** Hosts and scopes of packages, such as those by which an agent's own stack reaches Hotwork. */
const outsideAws = /\bhttps?:\/\/(?![^/\s"']*\.amazonaws\.)[\w.:@-]+|@[\w-]+\//gi
/** Variables of Hotwork's client. */
const variables = /\bHOTWORK_[A-Z_]+\b/g
/** Escapes of JSON, YAML and addresses, whose last letter is no part of the name after them. */
const escapes = /\\(?:u[0-9a-f]{4}|[a-z])|%[0-9a-f]{2}/gi
const [longestName, longestArn] = [255, 2048] as const

/** `Hotwork` in `hotwork/Hotwork-target`. */
const stackOf = (role: string): string => (role.split('/').at(-1) ?? '').replace(/-(?:target|reader)$/, '')

/** Hotwork's own stacks beside the first one (docs/deploy.md). */
const siblings = ['', 'anchor', 'target', 'watch']

function isOfStack(name: string, stack: string): boolean {
  const own = stack.toLowerCase()
  if (own === '') return false
  const part = name.toLowerCase().replace(/^-+/, '')
  return siblings.some((sibling) => part === own + sibling || part.startsWith(`${own}${sibling}-`))
}

/** The texts of a value, with the names of its members: a batch of DynamoDB has its tables there. */
export function textsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flat().flatMap(textsIn)
}
