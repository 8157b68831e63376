import { readFileSync, readlinkSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, isAbsolute, join, parse, resolve, sep } from 'node:path'
import * as z from 'zod'
import { type TaskTerms, taskModes } from '../gated/call-task.ts'
import { defined, parsedJson } from '../http.ts'
import { type Refusal, systemCodeOf, wrongUsage } from '../outcome.ts'
import type { Surroundings } from '../surroundings.ts'

const Text = z.string().min(1).max(256)

const ToolMap = z.strictObject({
  /** The MCP server that has the tools. */
  server: z.strictObject({ name: Text, version: Text }).optional(),
  purpose: Text,
  purposes: z.array(Text).optional(),
  parent_task: z.strictObject({ id: Text, url: z.string().optional() }),
  task: z.enum(taskModes).optional(),
  tools: z.record(
    z.string(),
    z.union([
      z.literal('pass'),
      z.strictObject({ action: Text, schema: z.string().startsWith('sha-256:').optional() }),
    ]),
  ),
})
/** The tools that need a permit, each with its action of the catalogue. */
export type ToolMap = z.infer<typeof ToolMap>

export const termsOf = ({
  task: mode = 'session',
  purpose,
  purposes = [],
  parent_task: { id, url },
}: Pick<ToolMap, 'task' | 'purpose' | 'purposes' | 'parent_task'>): TaskTerms => ({
  ...{ mode, purpose, purposes: [...new Set([purpose, ...purposes])] },
  parentTask: { id, ...defined({ url }) },
})

/** @throws Refusal that names the field */
export function readToolMap(path: string): ToolMap {
  const json = parsedJson(readText(path))
  const parsed = ToolMap.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const what = json === undefined ? 'it is not JSON' : issue?.message
  const at = issue?.path.join('.')
  const unknown = issue?.code === 'unrecognized_keys' ? ` (\`${issue.keys[0]}\`)` : ''
  throw wrongUsage(
    `\`${path}\` is not a map of tools: ${at ? `\`${at}\`: ` : ''}${what}${unknown}`,
    'write `{ "server": { "name", "version" }, "purpose", "parent_task": { "id" }, "tools": { "TOOL": "pass" or { "action" } } }`; for a hook without `server` (docs/agents/)',
  )
}

/** The folders of the agent's project, as far as this program knows them. Strangers may write there. */
export const projectFolders = ({ env, folder }: Pick<Surroundings, 'env' | 'folder'>): string[] =>
  [folder, env['CLAUDE_PROJECT_DIR']].filter((each) => each !== undefined)

/** A map inside the project could choose which of its calls people see. @throws Refusal */
export function mustBeOutside(maps: readonly string[], folders: readonly string[]): void {
  const projects = folders.filter((folder) => !isWithin(homeOfUser(), folder))
  for (const map of maps) if (projects.some((folder) => isWithin(map, folder))) throw withinProject(map)
}

/**
 * The user's home folder, from the system, since `HOME` can be changed. Neither it nor a folder above it counts as a
 * project: desktop hosts start programs there.
 */
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
    'keep it outside, such as in ~/.config/hotwork: else the authors of the project decide which calls need a permit. `--map-in-project` allows it',
  )

/** Whether the folder is on the way to the file, also through a link or another spelling of its name. */
export function isWithin(file: string, folder: string): boolean {
  const about = (place: string) => statSync(place, { bigint: true, throwIfNoEntry: false })
  const wanted = about(folder)
  return wanted !== undefined && wayTo(file).some((place) => isSameFile(about(place), wanted))
}

type About = { dev: bigint; ino: bigint }
const isSameFile = (one: About | undefined, other: About): boolean => one?.dev === other.dev && one.ino === other.ino

/** The same limit as Linux. */
const mostLinks = 40

/**
 * The folders and links that the system passes to open a file: `..` leads up from a link's target, not from its name.
 */
export function wayTo(path: string): string[] {
  let place = parse(resolve(path)).root
  const way = [place]
  const ahead = (isAbsolute(path) ? path : `${process.cwd()}${sep}${path}`).split(sep)
  for (let links = 0; ahead.length > 0; ) {
    const name = ahead.shift() as string
    if (name === '..') place = dirname(place)
    if (['', '.', '..'].includes(name)) continue
    const next = join(place, name)
    way.push(next)
    const link = linkAt(next)
    if (link === undefined) place = next
    else if (++links > mostLinks) break
    else {
      if (isAbsolute(link)) place = parse(link).root
      ahead.unshift(...link.split(sep))
    }
  }
  return way
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
