// Rules: test/policies/bad-folder.test.ts
import type { Entry } from '../../targets/kind.ts'
import { known, type Path, type Say } from '../what-is-wrong.ts'
import { mayBeAbsent } from './absent.ts'
import { type ArgumentSchema, textIn } from './arguments.ts'
import { isLiteral, placesOf } from './templates.ts'

/** The form of resource names of a kind of target, and the places in them that its aliases fill. */
type Naming = { ids: string; places: readonly string[] }

/** @param inResource whether the template names a resource, so that its values must be literal */
export function checkTemplate(
  entry: Entry,
  template: string,
  path: Path,
  { ids, places, inResource }: Naming & { inResource: boolean },
  say: Say,
): void {
  const { properties } = entry.arguments
  checkBraces(template, path, say)
  for (const place of placesOf(template)) {
    const name = place.startsWith('arguments.') ? place.slice('arguments.'.length) : undefined
    if (name === undefined) {
      const filled = places.map((each) => `{${each}}`).join(', ')
      const fix = places.length === 0 ? 'use {arguments.Name}' : `use {arguments.Name}, or in ${ids} ${filled}`
      if (!places.includes(place) || !inResource) say(path, `nothing fills \`{${place}}\``, fix)
      else checkAccount(place, entry, path, say)
      continue
    }
    const schema = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (!schema) say(path, `\`{${place}}\` is not one of the arguments`, known(Object.keys(properties)))
    else if (mayBeAbsent(entry.arguments, name))
      say(path, `\`{${place}}\` may be absent`, `add \`${name}\` to \`arguments.required\`, without "null" in its type`)
    else if (inResource) checkLiteral(schema, name, template, ['arguments', 'properties', name], say)
  }
}

export function checkBraces(template: string, path: Path, say: Say): void {
  if (/[{}]/.test(template.replace(/\{[A-Za-z][A-Za-z0-9_.]*\}/g, '')))
    say(path, `\`${template}\` has a brace that encloses no name`, 'write {arguments.Name}')
}

export function checkWildcards(template: string, what: string, path: Path, say: Say): void {
  if (/[*?$]/.test(template)) say(path, `\`${template}\` has a wildcard`, `name exactly what is ${what}`)
}

export function checkAccount(place: string, { account, target }: Entry, path: Path, say: Say): void {
  if ((account ?? target) === undefined)
    say(path, `\`{${place}}\` needs an account`, 'add `account`, an alias of the deployment')
}

export function checkLiteral(schema: ArgumentSchema, name: string, template: string, path: Path, say: Say): void {
  const problem = whyNotLiteral(schema)
  if (problem) say(path, `\`${name}\` stands in \`${template}\`, but ${problem[0]}`, problem[1])
}

/** Characters with a meaning in an ARN. The argument's pattern is tried on them. */
const hostile = ['*', '?', '$', '{', '}', ' ', '\n', '\t', '"', '\\', '..', ':', '\u0000', 'é']

function whyNotLiteral(of: ArgumentSchema): [string, string] | undefined {
  const schema = textIn(of)
  if (!schema) return ['only text can stand in a resource', 'make it a `string`']
  if (schema.enum) {
    const odd = schema.enum.find((value) => !isLiteral(value))
    return odd === undefined ? undefined : [`\`${odd}\` would mean more than itself there`, 'leave it out']
  }
  if (schema.pattern === undefined) return ['nothing keeps wildcards out of it', 'give it a `pattern`']
  const pattern = new RegExp(schema.pattern, 'u')
  const through = hostile.find((text) =>
    ['', 'a', '/a', 'a/', '/a/', 'aaa'].some((before) =>
      ['', 'a', '/a'].some((after) => pattern.test(before + text + after)),
    ),
  )
  return through === undefined
    ? undefined
    : [`its pattern lets ${JSON.stringify(through)} through`, 'narrow the pattern']
}
