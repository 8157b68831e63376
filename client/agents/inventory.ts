import { AgentAnswer, AgentLines } from '../../functions/domain/cards/wire/agent.ts'
import type { Context } from '../context.ts'
import { replaceFile } from '../new-file.ts'
import { type Exit, exits } from '../outcome.ts'
import { jsonText, lines, table, time } from '../screen.ts'
import { hostOf, waysRound } from './hosts.ts'
import { readMap } from './map.ts'
import { drawInventory } from './picture.ts'

type InventoryTyped = { id?: string; picture?: string; fold?: string }

/** Lists the agents, their hosts, and the actions that these hosts allow without asking. */
export async function inventory({ id, picture, fold }: InventoryTyped, context: Context): Promise<Exit> {
  const { surroundings, json } = context
  const agents = id === undefined ? await readAll(context) : [await readAgent(id, context)]
  const ways = agents.flatMap(waysRound)
  const map = picture === undefined ? undefined : await readMap({ agent: id, fold }, context)
  if (picture !== undefined) replaceFile(picture, surroundings.folder, drawInventory(agents, map))
  if (json) {
    surroundings.out(jsonText({ agents, ways_round: ways }))
    return exits.done
  }
  const rows = agents.map((agent) => [
    agent.id,
    agent.owner,
    agent.autonomy,
    agent.status,
    ...Object.values(hostOf(agent.runs_on)).toReversed(),
    ...['allowed', 'denied', 'unknown'].map((kind) => String(countOf(agent, kind))),
    agent.ambient.at === undefined ? 'never' : time(agent.ambient.at, surroundings),
  ])
  const head = ['AGENT', 'OWNER', 'AUTONOMY', 'STATUS', 'RUNS ON', '', 'ALLOWED', 'DENIED', 'UNKNOWN', 'LOOKED AT']
  surroundings.out(lines(...table(head, rows, surroundings.columns)))
  surroundings.out(lines('', ...waysWords(ways), ...agents.flatMap(notesOf)))
  const without = map === undefined ? '; without the map, since policy lets you inspect no agent' : ''
  if (picture !== undefined) surroundings.err(lines(`the picture is in ${picture}${without}`))
  return exits.done
}

/** The policies of the host that must be removed. */
const waysWords = (ways: readonly ReturnType<typeof waysRound>[number][]): string[] => {
  if (ways.length === 0) return ['NO WAY ROUND was found; unknown actions may still be one']
  const agents = [...new Set(ways.map(({ agent }) => agent))]
  return [
    'WAYS ROUND: actions that the host of an agent is allowed without a permit, and the policies to detach from its role',
    ...ways.map(
      ({ agent, action, resource, by }) =>
        `  ${agent} could do ${action} on ${resource}${by.length === 0 ? '' : `: detach ${by.join(', ')}`}`,
    ),
    ...agents.map((agent) => `  or deny it on the host: npx --no-install hotwork agents guardrail ${agent}`),
  ]
}

const notesOf = ({ id, ambient, findings }: AgentAnswer): string[] => [
  ...(ambient.note === undefined ? [] : ['', `${id}: ${ambient.note}`]),
  ...findings.map((finding) => `${id} ${finding}`),
]

const countOf = ({ ambient }: AgentAnswer, kind: string): number =>
  Object.values(ambient.actions).filter((answer) => answer === kind).length

/** Reads an agent. If its host is a role, Hotwork looks at the role first. */
export const readAgent = (id: string, { api }: Context): Promise<AgentAnswer> =>
  api.call(AgentAnswer, { method: 'GET', path: `/v1/agents/${encodeURIComponent(id)}?look=now` })

async function readAll({ api }: Context): Promise<readonly AgentAnswer[]> {
  const { agents } = await api.call(AgentLines, { method: 'GET', path: '/v1/agents' })
  const found: AgentAnswer[] = []
  for (const { id } of agents)
    found.push(await api.call(AgentAnswer, { method: 'GET', path: `/v1/agents/${encodeURIComponent(id)}` }))
  return found
}
