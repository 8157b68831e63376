import { readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, resolve } from 'node:path'
import * as z from 'zod'
import { parsedJson } from '../http.ts'
import { type Refusal, systemCodeOf, wrongUsage } from '../outcome.ts'
import type { Surroundings } from '../surroundings.ts'

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

/** Where the project is that an agent works on, as far as this program is told. Its authors may be strangers. */
export const projectFolders = ({ env, folder }: Pick<Surroundings, 'env' | 'folder'>): string[] =>
  [folder, env['CLAUDE_PROJECT_DIR']].filter((each) => each !== undefined)

/** A project's own map would decide which of its calls people see. @throws Refusal */
export function mustBeOutside(maps: readonly string[], folders: readonly string[]): void {
  const projects = folders.filter((folder) => !isWithin(homeOfUser(), folder))
  for (const map of maps) if (projects.some((folder) => isWithin(map, folder))) throw withinProject(map)
}

/** It is no project, and neither is a folder above it: desktop hosts start programs there. By the system, and not by `HOME`. */
function homeOfUser(): string {
  try {
    return userInfo().homedir
  } catch {
    return '/'
  }
}

const withinProject = (map: string): Refusal =>
  wrongUsage(
    `the map \`${map}\` lies in the folder that the agent works in`,
    'keep it outside, such as in ~/.config/hotwork: else who writes the project says which calls need a permit. `--map-in-project` allows it',
  )

/** Whether the folder is on the way to the file, also through a link or by another spelling of its name. */
export function isWithin(file: string, folder: string): boolean {
  const about = (place: string) => statSync(place, { bigint: true, throwIfNoEntry: false })
  const wanted = about(folder)
  return wanted !== undefined && wayTo(resolve(file)).some((place) => isSameFile(about(place), wanted))
}

type About = { dev: bigint; ino: bigint }
const isSameFile = (one: About | undefined, other: About): boolean => one?.dev === other.dev && one.ino === other.ino

/** The places that the system goes through to open a file that is there. */
function wayTo(path: string): string[] {
  const above = dirname(path)
  if (above === path) return [path]
  const link = linkAt(path)
  return [...wayTo(above), path, ...(link === undefined ? [] : wayTo(resolve(realpathSync(above), link)))]
}

function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (fault) {
    throw wrongUsage(`the map \`${path}\` cannot be read (${systemCodeOf(fault)})`, 'name a file with a map of tools')
  }
}
