import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { parsedJson } from '../http.ts'
import { systemCodeOf, wrongUsage } from '../outcome.ts'

const Text = z.string().min(1).max(256)

const ToolMap = z.strictObject({
  /** The MCP server that the tools are of. */
  server: z.strictObject({ name: Text, version: Text }).optional(),
  purpose: Text,
  parent_task: z.strictObject({ id: Text, url: z.string().optional() }),
  tools: z.record(
    z.string(),
    z.union([
      z.literal('pass'),
      z.strictObject({ action: Text, schema: z.string().startsWith('sha-256:').optional() }),
    ]),
  ),
})
/** Which tools need a permit, and for which action of the catalogue. */
export type ToolMap = z.infer<typeof ToolMap>

/** @throws Refusal that names the field */
export function readToolMap(path: string): ToolMap {
  const json = parsedJson(readText(path))
  const read = ToolMap.safeParse(json)
  if (read.success) return read.data
  const [issue] = read.error.issues
  const what = json === undefined ? 'it is no JSON' : issue?.message
  const at = issue?.path.join('.')
  const unknown = issue?.code === 'unrecognized_keys' ? ` (\`${issue.keys[0]}\`)` : ''
  throw wrongUsage(
    `\`${path}\` is no map of tools: ${at ? `\`${at}\`: ` : ''}${what}${unknown}`,
    'write `{ "server": { "name", "version" }, "purpose", "parent_task": { "id" }, "tools": { "TOOL": "pass" or { "action" } } }`; for a hook without `server` (docs/agents/)',
  )
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (fault) {
    throw wrongUsage(`the map \`${path}\` cannot be read (${systemCodeOf(fault)})`, 'name a file with a map of tools')
  }
}
