// Rules: test/client/hooks/host-hook.test.ts
import type { TaskTerms } from '../gated/call-task.ts'
import type { GatedCall } from '../gated/gated-call.ts'
import { defined } from '../http.ts'
import { type ToolMap, termsOf } from '../mcp/tool-map.ts'
import { wrongUsage } from '../outcome.ts'

/** A tool by the host's name for it. `server` is an MCP tool's server, by its name in the host's settings. */
type HostTool = { tool: string; server?: string | undefined }

/** The action of a tool, and the terms of the tasks of its calls. */
export type Mapped = Pick<GatedCall, 'action' | 'mcp'> & { terms: TaskTerms }

/** A name as hosts rewrite it: Claude Code keeps these characters, Codex also replaces the hyphen. */
const plain = (name: string): string => name.replaceAll(/[^\w-]/g, '_')
const plainer = (name: string): string => name.replaceAll(/\W/g, '_')

/**
 * `mcp__files__write_file` is the tool `write_file` of the server `files`. `mcp__a__b__c` is ambiguous: it may be a
 * tool of `a` or of `a__b`, and a map may mean either.
 */
export function readHostTool(name: string): readonly HostTool[] {
  const [, rest = ''] = /^mcp__(.+)$/s.exec(name) ?? []
  const tools = [...rest.matchAll(/(?=__)/g)].map(({ index }) => ({
    server: rest.slice(0, index),
    tool: rest.slice(index + 2),
  }))
  const named = tools.filter(({ server, tool }) => server !== '' && tool !== '')
  return named.length > 0 ? named : [{ tool: name }]
}

/**
 * The mapped action of a tool. A map names tools as the host does: `Write`, `mcp__files__write_file`. A map with a
 * `server` may also use that server's own tool names, if the host's settings give the server the same name.
 *
 * @param names the possible meanings of the host's one name
 * @returns undefined if no map names the tool
 * @throws Refusal if two maps disagree about it
 */
export function findMapped(maps: readonly ToolMap[], names: readonly HostTool[]): Mapped | 'pass' | undefined {
  const found = maps.flatMap((map) => names.flatMap((name) => entriesOf(map, name)))
  if (new Set(found.map((each) => JSON.stringify(each))).size <= 1) return found[0]
  throw wrongUsage(
    `two maps disagree about the tool \`${(names[0]?.tool ?? '').slice(0, 100)}\``,
    'name it in one of them only',
  )
}

/** The entries of one map: under the host's name, and under the server's own. Only an exact name lets a tool pass. */
function entriesOf(map: ToolMap, { tool, server }: HostTool): (Mapped | 'pass')[] {
  if (server === undefined) {
    if (map.server) return []
    return Object.hasOwn(map.tools, tool) ? [mappedOf(map, tool, map.tools[tool] as Entry)] : []
  }
  const whole = `mcp__${server}__${tool}`
  const isOfOne = readHostTool(whole).length === 1
  const byHost = called(map, `mcp__${plain(server)}__${plain(tool)}`, isOfOne ? whole : undefined)
  if (byHost.length > 0) return byHost.map(([, entry]) => mappedOf(map, tool, entry))
  if (map.server === undefined || plainer(map.server.name) !== plainer(server)) return []
  const exact = map.server.name === server ? tool : undefined
  return called(map, tool, exact).map(([key, entry]) => mappedOf(map, key, entry))
}

/** All entries that the name may mean. An ambiguous name lets no tool pass. */
function called(map: ToolMap, name: string, exact: string | undefined): [string, Entry][] {
  const all = Object.entries(map.tools).filter(([key, entry]) => entry !== 'pass' || key === exact)
  const same = all.filter(([key]) => key === name || plain(key) === name)
  if (same.length > 0 && name.includes('-')) return same
  return all.filter((each) => same.includes(each) || (each[1] !== 'pass' && plainer(each[0]) === plainer(name)))
}

type Entry = ToolMap['tools'][string]

function mappedOf(map: ToolMap, tool: string, entry: Entry): Mapped | 'pass' {
  if (entry === 'pass') return entry
  const { server } = map
  const mcp = server && entry.schema !== undefined ? { server, tool, schema: entry.schema } : undefined
  return { action: entry.action, terms: termsOf(map), ...defined({ mcp }) }
}
