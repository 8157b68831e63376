import type { Looked } from '../../domain/agents/agent-file.ts'
import { answerOf, type HostQuestion, hostQuestions, roleOf, type Simulated } from '../../domain/agents/ambient.ts'
import type { Agent } from '../../domain/people/organisation.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { AgentId, NumericDate } from '../../domain/values.ts'
import { faultName, HostUnseen } from '../faults.ts'
import type { Clock, Log } from '../ports.ts'
import type { AgentReader, AgentWriter, HostSimulator } from './ports.ts'

export type LookingPorts = {
  agents: Pick<AgentReader, 'host'> & Pick<AgentWriter, 'saveLooked'>
  simulator: HostSimulator
  policy: { readonly bundle: Bundle }
  clock: Clock
  log: Log
}

/** More than these are not kept: a row of the table has 400 kB. */
const mostAnswers = 2000
const mostPolicies = 3

/**
 * Asks IAM about the hosts of all agents, or of one, one after another until the time is up. Where IAM does not answer, the
 * answers that there were stay, with why: one slow day does not make a host look harmless.
 *
 * @returns at how many hosts it looked
 */
export async function lookAtHosts(
  ports: LookingPorts,
  { only, until = Number.POSITIVE_INFINITY }: { only?: AgentId | undefined; until?: NumericDate } = {},
): Promise<number> {
  const { policy, clock, log } = ports
  const agents = policy.bundle.agents.filter(({ id, status }) =>
    only === undefined ? status !== 'retired' : id === only,
  )
  let looked = 0
  for (const agent of agents) {
    if (clock.now() >= until) {
      log.warn('hosts_not_seen', { from: agent.id, why: 'too_slow' })
      break
    }
    if (await lookAtHost(agent, ports)) looked += 1
  }
  return looked
}

async function lookAtHost(agent: Agent, ports: LookingPorts): Promise<boolean> {
  const { agents, policy, clock, log } = ports
  const role = roleOf(agent)
  if (role === undefined) return false
  const at = clock.now()
  try {
    const questions = hostQuestions(policy.bundle, role)
    const actions = answersOf(questions, await askIam(role, questions, ports))
    return await agents.saveLooked(agent.id, { at, role, actions })
  } catch (fault) {
    if (!(fault instanceof HostUnseen)) throw fault
    const { why, cause } = fault
    log.warn('host_not_seen', { agent: agent.id, role, why, fault: faultName(cause) })
    await agents.saveLooked(agent.id, await oldAnswersOf(agent.id, { at, role, why }, ports))
    return false
  }
}

/** The answers that there were of this role, and when they were given. Of a role that is gone there are none. */
async function oldAnswersOf(
  agent: AgentId,
  { at, role, why }: { at: NumericDate; role: string; why: HostUnseen['why'] },
  { agents }: LookingPorts,
): Promise<Looked> {
  const { looked: before } = await agents.host(agent)
  if (why === 'no_such_role' || before?.role !== role) return { at, role, actions: {}, failed: { why, answersOf: at } }
  return { at, role, actions: before.actions, failed: { why, answersOf: before.failed?.answersOf ?? before.at } }
}

/** A type of resource at a time, all its actions on all examples. */
async function askIam(
  role: string,
  questions: readonly HostQuestion[],
  { simulator }: Pick<LookingPorts, 'simulator'>,
): Promise<readonly Simulated[]> {
  const said: Simulated[] = []
  for (const alike of Map.groupBy(questions, ({ type }) => type).values()) {
    const actions = [...new Set(alike.flatMap(({ iamActions }) => iamActions))]
    const resources = [...new Set(alike.flatMap(({ example }) => example ?? []))]
    if (resources.length > 0) said.push(...(await simulator.simulate(role, { actions, resources })))
  }
  return said
}

function answersOf(questions: readonly HostQuestion[], said: readonly Simulated[]): Looked['actions'] {
  const actions: Looked['actions'] = {}
  for (const question of questions.slice(0, mostAnswers)) {
    const answer = answerOf(question, said)
    const by = answer === 'allowed' ? policiesFor(question, said) : []
    const kept = { resource: question.rule, answer, ...(by.length > 0 ? { by } : {}) }
    actions[question.action] = [...(actions[question.action] ?? []), kept]
  }
  return actions
}

const policiesFor = ({ iamActions, example }: HostQuestion, said: readonly Simulated[]): string[] =>
  [
    ...new Set(
      said.flatMap(({ action, resource, by }) => (resource === example && iamActions.includes(action) ? by : [])),
    ),
  ].slice(0, mostPolicies)
