import * as z from 'zod'
import { inert } from '../inert.ts'
import { Digest, ok, type Result, refuse } from '../values.ts'

/** A server chooses these names itself: people read them, so every character shows. */
const name = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((text) => inert(text) === text, 'has a character that does not show, or hides others')

/** Which tool of which MCP server a call goes to. `schema` is `sha-256:` over RFC 8785 of its `inputSchema`, without a prefix. */
export const McpTool = z.strictObject({
  server: z.strictObject({ name: name(128), version: name(64) }),
  tool: name(128),
  schema: Digest,
})
export type McpTool = z.infer<typeof McpTool>

export const isSameTool = (one: McpTool | undefined, other: McpTool | undefined): boolean =>
  one === undefined || other === undefined ? one === other : differs(one, other) === undefined

/** The catalogue's word is enough; a caller that says which tool it means must mean that one. */
export function toolOf(
  { mcp: known }: { mcp?: McpTool | undefined },
  { mcp: said }: { mcp?: McpTool | undefined },
): Result<McpTool | undefined, 'tool_changed'> {
  const other = known && said && differs(said, known)
  return other === undefined ? ok(known ?? said) : refuse('tool_changed', other)
}

/** The first member that differs, for the people who read the log of the gate. */
function differs(said: McpTool, known: McpTool): string | undefined {
  if (said.server.name !== known.server.name)
    return `the server is \`${said.server.name}\`, and the catalogue has \`${known.server.name}\``
  if (said.tool !== known.tool) return `the tool is \`${said.tool}\`, and the catalogue has \`${known.tool}\``
  if (said.server.version !== known.server.version)
    return `the server is of version \`${said.server.version}\`, and the catalogue has \`${known.server.version}\``
  if (said.schema === known.schema) return undefined
  return `the input schema of \`${known.tool}\` is ${said.schema}, and the catalogue has ${known.schema}`
}
