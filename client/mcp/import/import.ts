import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { show } from '../../context.ts'
import { writeNew } from '../../new-file.ts'
import { type Exit, Fault, wrongUsage } from '../../outcome.ts'
import { jsonText, table } from '../../screen.ts'
import type { Surroundings } from '../../surroundings.ts'
import { listTools } from './list-tools.ts'
import { type Imported, kebab, makeEntries, type Server } from './make-entry.ts'
import type { Wish } from './wish.ts'

export type ImportTyped = {
  command: string[]
  json: boolean
  name?: string
  out?: string
  tool?: string
  group?: string
  resource?: string[]
  maxLength?: number
  integers?: readonly [number, number]
}

/** Writes the catalogue entries for a policy folder, and the map for the gate. Nothing is overwritten. */
export async function importTools(typed: ImportTyped, surroundings: Surroundings): Promise<Exit> {
  const { command, json, name, out, resource = [], ...decided } = typed
  if (out !== undefined) mustBeFree(resolve(surroundings.folder, out))
  const { server, tools } = await listTools(command, surroundings)
  const wish: Wish = { ...decided, resource, name: serviceOf(name ?? server.name) }
  const folder = out ?? `mcp-${wish.name}`
  const path = resolve(surroundings.folder, folder)
  mustBeFree(path)
  const imported = makeEntries(tools, server, wish)
  const files = write(path, imported, server)
  const told = imported.map(({ entry: _, ...rest }, at) => ({ ...rest, ...(files[at] ? { file: files[at] } : {}) }))
  const body = { server, folder, map: 'map.json', tools: told }
  return show({ json, surroundings }, body, () => wordsOf(folder, server, told, surroundings.columns))
}

/** The next import must not overwrite a person's edits. @throws Refusal */
function mustBeFree(folder: string): void {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return
  throw wrongUsage(`there is something in \`${folder}\``, 'name an empty or new folder with `--out`')
}

/** @throws Refusal */
function serviceOf(name: string): string {
  const service = kebab(name).slice(0, 32)
  if (/^[a-z][a-z0-9-]*$/.test(service)) return service
  throw wrongUsage('the name of its actions is missing', 'give a short name of letters and digits: `--name files`')
}

/** @returns the place of each tool's entry @throws Fault */
function write(folder: string, imported: readonly Imported[], server: Server): (string | undefined)[] {
  const tools = Object.fromEntries(
    imported.flatMap(({ tool, action, schema }) => (action === undefined ? [] : [[tool, { action, schema }]])),
  )
  try {
    for (const each of ['actions', 'drafts']) mkdirSync(join(folder, each), { recursive: true })
    writeNew(join(folder, 'map.json'), jsonText({ server, tools }))
    return imported.map(({ state, action = '', entry }) => {
      if (entry === undefined) return undefined
      const [service, operation = ''] = action.split(':')
      const file = join(state === 'whole' ? 'actions' : 'drafts', `${service}.${kebab(operation)}.json`)
      writeNew(join(folder, file), jsonText(entry))
      return file
    })
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown'
    throw new Fault({ code: 'cannot_write', title: `\`${folder}\` cannot be written (${code})` }, { cause })
  }
}

type Told = Omit<Imported, 'entry'> & { file?: string }

function wordsOf(folder: string, server: Server, tools: readonly Told[], columns: number | undefined): string[] {
  const say = { whole: 'compiles', draft: 'decide', none: 'no entry' }
  const rows = tools.map(({ tool, state, says, file = '' }) => [tool, say[state], says.join(', '), file])
  const details = tools
    .filter(({ decide, notes }) => decide.length + notes.length > 0)
    .flatMap(({ tool, decide, notes }) => [
      '',
      tool,
      ...decide.map((each) => `  decide   ${each}`),
      ...notes.map((each) => `  note     ${each}`),
    ])
  const next = [
    "read each entry. People see its title; `mutates` is true and `undo` unknown until you change them: the server's own claims do not count",
    'write your decisions into the drafts, and remove `decide` from them (docs/policies.md)',
    'put the entries into actions/ of the policy folder, the gate into tools.json, its resources into resources.json',
    'write a policy that permits each action, and a case for it; then `hotwork policy check --write-schema`',
    `write \`purpose\` and \`parent_task\` into the map, \`"task": "call"\` if agents should say why, and "pass" for a tool that needs no permit; then start the server with: npx --no-install hotwork mcp --map ${join(folder, 'map.json')} -- CMD`,
    'keep the map outside the folder that agents work in: a gate on stdio refuses one inside (`--map-in-project` allows it)',
  ]
  return [
    `${server.name} ${server.version}: ${tools.length} tools, in ${folder}`,
    '',
    ...table(['TOOL', '', 'THE SERVER SAYS', 'FILE'], rows, columns),
    ...details,
    '',
    'Next:',
    ...next.map((each, at) => `  ${at + 1}. ${each}`),
  ]
}
