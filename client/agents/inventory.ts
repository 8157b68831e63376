import { AgentAnswer, AgentLines } from '../../functions/domain/cards/wire/agent.ts'
import type { Context } from '../context.ts'
import { replaceFile } from '../new-file.ts'
import { type Exit, exits, wrongUsage } from '../outcome.ts'
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

/** The policies of the host that have to go. */
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

type GuardrailTyped = { id: string; check?: boolean }

/** Prints a policy for the roles of the host, ready to attach. Standard output has nothing else. */
export async function guardrail({ id, check }: GuardrailTyped, context: Context): Promise<Exit> {
  const { surroundings } = context
  const agent = await readAgent(id, context)
  const { guardrail: document } = agent
  const host = hostOf(agent.runs_on)
  if (agent.runs_on['other'] !== undefined)
    throw wrongUsage(
      `\`${id}\` runs on \`${host.name}\`, of which Hotwork knows nothing`,
      'give it a host of another kind in agents.json: no policy of AWS can be made for words',
    )
  if (document === undefined)
    throw wrongUsage(
      `no action of the catalogue is in the account of \`${host.name}\``,
      'so there is nothing to deny there',
    )
  if (check) return checkGuardrail(agent, context)
  surroundings.out(jsonText(document))
  surroundings.err(lines(...howToAttach(agent)))
  return exits.done
}

function howToAttach({ id, runs_on, ambient }: AgentAnswer): readonly string[] {
  const { kind } = hostOf(runs_on)
  const roles = runs_on['awsRole'] === undefined ? (ambient.roles ?? []).map(({ arn }) => arn) : [runs_on['awsRole']]
  return [
    `It denies the roles of ${id} the actions of the catalogue. Save it as guardrail.json, then, in the account of each role:`,
    ...roles.map(
      (role) =>
        `  aws iam put-role-policy --role-name ${role.split('/').at(-1)} --policy-name hotwork-guardrail --policy-document file://guardrail.json`,
    ),
    ...(roles.length > 0 ? [] : [`  no role is known that this ${kind} host reaches, or you may not inspect it`]),
    ...narrower(runs_on),
    'For a whole account or organization, infra/guardrail.ts makes a service control policy and a permissions boundary.',
    `Then: npx --no-install hotwork agents guardrail ${id} --check`,
  ]
}

/** The condition of a trust policy by which a role lets in one workload, and not the agent's. */
function narrower(runsOn: AgentAnswer['runs_on']): readonly string[] {
  const hint = 'Or keep the host out of a role by the subject in its trust policy (StringEquals), without a wildcard:'
  const { githubEnvironment, githubRepository, kubernetesServiceAccount } = runsOn
  const repository = githubRepository ?? githubEnvironment?.split('#')[0]
  if (repository !== undefined)
    return [hint, `  "token.actions.githubusercontent.com:sub": "repo:${repository}:environment:ANOTHER"`]
  const [, namespace] = kubernetesServiceAccount?.split('/') ?? []
  return namespace === undefined ? [] : [hint, `  "PROVIDER:sub": "system:serviceaccount:${namespace}:ANOTHER"`]
}

/** The guardrail holds if IAM denies the host every action of the catalogue, by it or by other policies. */
function checkGuardrail(agent: AgentAnswer, { surroundings }: Context): Exit {
  const { id, ambient } = agent
  const answers = Object.entries(ambient.resources).flatMap(([action, each]) =>
    each.map(({ resource, answer }) => ({ action, resource, answer })),
  )
  const open = answers.filter(({ answer }) => answer !== 'denied')
  // Old answers do not show that it is attached now.
  const isNew = ambient.at !== undefined && ambient.failed === undefined
  if (isNew && answers.length > 0 && open.length === 0) {
    surroundings.out(lines(`ATTACHED: IAM denies the host of ${id} each action of the catalogue`))
    return exits.done
  }
  surroundings.out(
    lines(
      `NOT ATTACHED: the host of ${id} is not denied`,
      ...open.map(({ action, resource, answer }) => `  ${action} on ${resource}: ${answer}`),
      ...(answers.length === 0 || !isNew ? ['  the host was not seen'] : []),
      ...(ambient.note === undefined ? [] : [ambient.note]),
    ),
  )
  return exits.denied
}

/** Reads an agent. If its host is a role, Hotwork looks at the role first. */
const readAgent = (id: string, { api }: Context): Promise<AgentAnswer> =>
  api.call(AgentAnswer, { method: 'GET', path: `/v1/agents/${encodeURIComponent(id)}?look=now` })

async function readAll({ api }: Context): Promise<readonly AgentAnswer[]> {
  const { agents } = await api.call(AgentLines, { method: 'GET', path: '/v1/agents' })
  const found: AgentAnswer[] = []
  for (const { id } of agents)
    found.push(await api.call(AgentAnswer, { method: 'GET', path: `/v1/agents/${encodeURIComponent(id)}` }))
  return found
}
