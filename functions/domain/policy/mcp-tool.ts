import * as z from 'zod'
import { inert } from '../inert.ts'
import { Digest, ok, type Result, refuse } from '../values.ts'

/** A name that an MCP server chooses. People read it, so every character must be visible. */
const name = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((text) => inert(text) === text, 'has a character that is invisible or hides others')

/** The MCP tool of a call. `schema` is `sha-256:` over RFC 8785 of its `inputSchema`, without a prefix. */
export const McpTool = z.strictObject({
  server: z.strictObject({ name: name(128), version: name(64) }),
  tool: name(128),
  schema: Digest,
})
export type McpTool = z.infer<typeof McpTool>

export const isSameTool = (one: McpTool | undefined, other: McpTool | undefined): boolean =>
  one === undefined || other === undefined ? one === other : differs(one, other) === undefined

/** The catalogue's tool. If the caller names a tool, it must be this one. */
export function toolOf(
  { mcp: known }: { mcp?: McpTool | undefined },
  { mcp: said }: { mcp?: McpTool | undefined },
): Result<McpTool | undefined, 'tool_changed'> {
  const other = known && said && differs(said, known)
  return other === undefined ? ok(known ?? said) : refuse('tool_changed', other)
}

/** The first member that differs, for the log of the gate. */
function differs(said: McpTool, known: McpTool): string | undefined {
  if (said.server.name !== known.server.name)
    return `the server is \`${said.server.name}\`, and the catalogue has \`${known.server.name}\``
  if (said.tool !== known.tool) return `the tool is \`${said.tool}\`, and the catalogue has \`${known.tool}\``
  if (said.server.version !== known.server.version)
    return `the server is of version \`${said.server.version}\`, and the catalogue has \`${known.server.version}\``
  if (said.schema === known.schema) return undefined
  return `the input schema of \`${known.tool}\` is ${said.schema}, and the catalogue has ${known.schema}`
}
