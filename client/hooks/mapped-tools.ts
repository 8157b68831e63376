import type { GatedCall } from '../gated/gated-call.ts'
import { defined } from '../http.ts'
import type { ToolMap } from '../mcp/tool-map.ts'
import { wrongUsage } from '../outcome.ts'

/** A tool as a host names it. `server`: of an MCP tool, by the name that the host's settings give it. */
export type HostTool = { tool: string; server?: string | undefined }

/** What is asked for a call of a tool, beside its arguments. */
export type Mapped = Omit<GatedCall, 'arguments' | 'id'>

/** Hosts write a server's name into a tool's with these characters alone. */
const plain = (name: string): string => name.replaceAll(/[^\w-]/g, '_')

/** `mcp__files__write_file` is the tool `write_file` of the server `files`. */
export function readHostTool(name: string): HostTool {
  const [, server, tool] = /^mcp__(.+?)__(.+)$/s.exec(name) ?? []
  return server === undefined || tool === undefined ? { tool: name } : { tool, server }
}

/**
 * A map names tools as the host does: `Write`, `mcp__files__write_file`. One with a `server` also as that server does, where
 * the host's settings give the server that name.
 *
 * @returns undefined where no map names the tool @throws Refusal where two maps say different things of it
 */
export function findMapped(maps: readonly ToolMap[], { tool, server }: HostTool): Mapped | 'pass' | undefined {
  const found = maps.flatMap((map) => {
    const named = entryOf(map, tool, server)
    return named === undefined ? [] : [mappedOf(map, tool, named)]
  })
  if (new Set(found.map((each) => JSON.stringify(each))).size <= 1) return found[0]
  throw wrongUsage(
    `two maps say different things of the tool \`${tool.slice(0, 100)}\``,
    'name it in one of them: which action it is would be chance',
  )
}

type Entry = ToolMap['tools'][string]

function entryOf(map: ToolMap, tool: string, server: string | undefined): Entry | undefined {
  const own = (name: string): Entry | undefined => (Object.hasOwn(map.tools, name) ? map.tools[name] : undefined)
  if (server === undefined) return map.server ? undefined : own(tool)
  const isItsServer = map.server !== undefined && plain(map.server.name) === plain(server)
  return own(`mcp__${plain(server)}__${plain(tool)}`) ?? (isItsServer ? own(tool) : undefined)
}

function mappedOf(map: ToolMap, tool: string, entry: Entry): Mapped | 'pass' {
  if (entry === 'pass') return entry
  const { purpose, parent_task: parentTask, server } = map
  const mcp = server && entry.schema !== undefined ? { server, tool, schema: entry.schema } : undefined
  return { action: entry.action, purpose, parentTask: defined(parentTask) as Mapped['parentTask'], ...defined({ mcp }) }
}
