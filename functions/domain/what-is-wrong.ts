import type * as z from 'zod'

type Issue = z.core.$ZodIssue

const most = 5

/** The problems of a value, member by member. `whole` names the value itself. */
export const whatIsWrong = ({ issues }: { issues: readonly Issue[] }, whole: string): string =>
  issues
    .slice(0, most)
    .map((issue) => told(issue, [], whole))
    .join('; ')

function told(issue: Issue, above: readonly PropertyKey[], whole: string): string {
  const path = [...above, ...issue.path]
  const meant = issue.code === 'invalid_union' ? nearest(issue.errors) : undefined
  if (meant) return told(meant, path, whole)
  const name = `\`${path.map(String).join('.') || whole}\``
  // The schema's own message is better.
  if (!byZod.test(issue.message)) return `${name}: ${issue.message}`
  switch (issue.code) {
    case 'invalid_type':
      return isMissing(issue)
        ? `${name} is missing: it should be ${kinds[issue.expected] ?? issue.expected}`
        : `${name} should be ${kinds[issue.expected] ?? issue.expected}`
    case 'unrecognized_keys':
      return `${issue.keys.map((key) => `\`${[...path, key].map(String).join('.')}\``).join(', ')} should not be there`
    case 'invalid_value':
      return `${name} should be ${issue.values.map((value) => `\`${String(value)}\``).join(' or ')}`
    default:
      return `${name}: ${issue.message}`
  }
}

const byZod = /^(?:Invalid|Unrecognized) /

/** Whether the value is missing. Zod shows that in its message alone. */
const isMissing = ({ message }: Issue): boolean => message.endsWith('received undefined')

const kinds: { readonly [expected: string]: string } = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  map: 'an object',
}

/** The failed alternative that the author probably meant. */
export function nearest(branches: readonly (readonly Issue[])[]): Issue | undefined {
  const wrongKind = (issues: readonly Issue[]) =>
    issues.some(({ path }) => path.length === 0 || path[0] === 'type') ? 1 : 0
  const ranked = branches.toSorted((a, b) => wrongKind(a) - wrongKind(b) || a.length - b.length)
  return ranked[0]?.[0]
}

/** A path in a file, and a problem there with its fix. */
export type Path = readonly (string | number)[]
export type Say = (path: Path, message: string, fix: string) => void

export function known(names: Iterable<string>): string {
  const all = [...names].map((name) => `\`${name}\``)
  return all.length === 0 ? 'there are none' : `there are: ${all.join(', ')}`
}
