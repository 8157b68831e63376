import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as z from 'zod'
import { RegistryAnswer } from '../../functions/domain/cards/wire/registry.ts'
import { type Context, show } from '../context.ts'
import { replaceFile } from '../new-file.ts'
import { type Exit, systemCodeOf, wrongUsage } from '../outcome.ts'

export type PullTyped = { folder: string }

const AgentsFile = z.looseObject({ agents: z.array(z.looseObject({ id: z.string() })) })
const fileName = 'registry.json'

/**
 * Writes the registry of agents into a policy folder, for a pull request: the same text for the same registry. Agents
 * that agents.json names are left out, since the folder counts for them.
 */
export async function pullRegistry({ folder }: PullTyped, context: Context): Promise<Exit> {
  const { api, surroundings } = context
  const named = agentsIn(resolve(surroundings.folder, folder))
  const answer = await api.call(RegistryAnswer, { method: 'GET', path: '/v1/registry' })
  const agents = answer.agents.filter(({ id }) => !named.has(String(id))).toSorted(byId)
  const { version, retired, changed, former } = answer
  const file = join(folder, fileName)
  const registry = {
    ...{ version, agents, retired: retired.toSorted(byId) },
    changed: Object.fromEntries(Object.entries(changed).toSorted(([one], [other]) => (one < other ? -1 : 1))),
    former,
  }
  replaceFile(file, surroundings.folder, `${JSON.stringify(registry, null, 2)}\n`)
  return show(context, { file, version, agents: agents.length }, () => [
    `${file}: version ${version}, ${agents.length === 1 ? '1 agent' : `${agents.length} agents`}`,
  ])
}

const byId = (one: { id?: unknown }, other: { id?: unknown }): number => (String(one.id) < String(other.id) ? -1 : 1)

function agentsIn(folder: string): ReadonlySet<string> {
  try {
    const { agents } = AgentsFile.parse(JSON.parse(readFileSync(join(folder, 'agents.json'), 'utf8')))
    return new Set(agents.map(({ id }) => id))
  } catch (cause) {
    const why =
      cause instanceof SyntaxError || cause instanceof z.ZodError ? 'not the agents of a folder' : systemCodeOf(cause)
    throw wrongUsage(`\`agents.json\` of \`${folder}\` cannot be read: ${why}`, 'name a policy folder')
  }
}
