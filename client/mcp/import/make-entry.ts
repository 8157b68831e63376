// Rules: test/client/mcp/import/import.test.ts
import { digestOf } from '../../digest.ts'
import { cannotTake, takesMembers } from '../session-task.ts'
import { type ClosedArguments, closeArguments } from './close-schema.ts'
import { isObject, type Wish } from './wish.ts'

export type Listed = { name: string; inputSchema: unknown; annotations?: unknown }
export type Server = { name: string; version: string }

/** The result for one tool. A `whole` entry compiles; a `draft` waits for a person's answers; `none` has no entry. */
export type Imported = {
  tool: string
  state: 'whole' | 'draft' | 'none'
  action?: string
  schema: string
  /** The catalogue entry. A draft has the member `decide`, which the compiler refuses. */
  entry?: object
  decide: string[]
  notes: string[]
  /** The server's hints. They are shown but decide nothing, since a server may claim anything. */
  says: string[]
}

/** Text of these characters contains no wildcard, no `..` and no alternative spelling of a path. */
const literal = '^(?!.*\\.\\.)[A-Za-z0-9_./@=+,-]+$'
const isLiteral = (text: string) => new RegExp(literal).test(text)
/** Whether each character of a server's name is visible. */
const showsAll = (text: string, most: number) =>
  text.length > 0 && text.length <= most && !/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/u.test(text)

export const isNamed = ({ name, version }: Server): boolean => showsAll(name, 128) && showsAll(version, 64)

/** Catalogue entries of a server's tools, each with its open questions. Two tools never become one action. */
export function makeEntries(tools: readonly Listed[], server: Server, wish: Wish): Imported[] {
  const taken = new Set<string>()
  return tools.map((tool) => {
    const action = showsAll(tool.name, 128) ? actionOf(wish.name, tool.name) : undefined
    if (action === undefined) return refused(tool, 'its name is not one that the catalogue takes')
    // The entry's file name is that of the action; some disks ignore case.
    const file = kebab(action)
    if (taken.has(file))
      return refused(tool, `another tool is \`${action}\` already, or nearly: write an entry by hand`)
    taken.add(file)
    return makeEntry(tool, action, server, wish)
  })
}

function makeEntry(tool: Listed, action: string, server: Server, wish: Wish): Imported {
  const schema = digestOfSchema(tool)
  if (schema === undefined) return refused(tool, 'its input schema is too deep, or is not JSON')
  if (!takesMembers(tool.inputSchema)) return refused(tool, `tool_changed: ${cannotTake}`)
  const closed = closeArguments(tool.inputSchema, wish)
  if (!closed.schema) return refused(tool, closed.cannot ?? 'it cannot be closed')
  const resource = findResource(closed.schema, tool.name, wish)
  const decide = [
    ...(wish.tool === undefined ? ["`tool`: the gate's id in tools.json (`--tool`)"] : []),
    ...(wish.group === undefined ? ['`group`: the group that policies and people are for (`--group`)'] : []),
    ...resource.decide,
    ...closed.decide,
  ]
  const entry = {
    ...(decide.length === 0 ? {} : { decide }),
    name: action,
    ...(wish.group === undefined ? {} : { group: wish.group }),
    ...(wish.tool === undefined ? {} : { tool: wish.tool }),
    title: titleOf(tool.name, server.name, resource.argument),
    credential: 'token',
    mutates: true,
    mcp: { server: { name: server.name, version: server.version }, tool: tool.name, schema },
    arguments: closed.schema,
    ...(resource.value ? { resource: resource.value } : {}),
    narrowable: [],
    undo: { possible: false, how: 'not known' },
  }
  const state = decide.length === 0 ? 'whole' : 'draft'
  return { tool: tool.name, state, action, schema, entry, decide, notes: closed.notes, says: hintsOf(tool) }
}

const refused = (tool: Listed, why: string): Imported => ({
  tool: tool.name,
  state: 'none',
  schema: digestOfSchema(tool) ?? '',
  decide: [],
  notes: [why],
  says: hintsOf(tool),
})

/** One unreadable tool does not stop the import of the others. */
function digestOfSchema({ inputSchema }: Listed): string | undefined {
  try {
    return digestOf(inputSchema)
  } catch {
    return undefined
  }
}

type Found = { argument?: string; value?: { type: string; id: string }; decide: string[] }

/** The tool's resource, and the pattern that makes its name safe in an id. */
function findResource({ properties, required }: ClosedArguments, tool: string, wish: Wish): Found {
  const type = `${wish.name}:${kebab(tool)}`
  if (Object.keys(properties).length === 0) return { value: { type, id: kebab(tool) }, decide: [] }
  const candidates = required.filter((name) => properties[name]?.type === 'string')
  const argument = wish.resource.find((name) => candidates.includes(name))
  const schema = argument === undefined ? undefined : properties[argument]
  if (argument === undefined || !schema) {
    const those =
      candidates.map((name) => `\`${name}\``).join(', ') || 'no argument is required text, so write the entry by hand'
    return { decide: [`\`resource\`: the argument that names its resource (\`--resource\`): ${those}`] }
  }
  const odd = (Array.isArray(schema['enum']) ? schema['enum'] : []).find((value) => !isLiteral(String(value)))
  if (odd !== undefined)
    return { argument, decide: [`\`resource\`: \`${argument}\` may be \`${odd}\`, which cannot stand in an id`] }
  if (!schema['enum']) schema['pattern'] = literal
  return { argument, value: { type: `${wish.name}:${kebab(argument)}`, id: `{arguments.${argument}}` }, decide: [] }
}

function titleOf(tool: string, server: string, argument: string | undefined): string {
  const words = `Call ${tool} of ${server}`.replace(/[{}]/g, '')
  return argument === undefined ? words : `${words} on {arguments.${argument}}`
}

/** `write_file` of `files` is `files:WriteFile`. */
function actionOf(service: string, tool: string): string | undefined {
  const words = tool.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const operation = words.map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`).join('')
  return /^[A-Za-z][A-Za-z0-9]{0,63}$/.test(operation) ? `${service}:${operation}` : undefined
}

export const kebab = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .toLowerCase()

const hintsOf = ({ annotations }: Listed): string[] =>
  ['readOnlyHint', 'destructiveHint'].flatMap((hint) =>
    isObject(annotations) && typeof annotations[hint] === 'boolean' ? [`${hint} ${annotations[hint]}`] : [],
  )
