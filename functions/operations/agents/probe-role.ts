// Rules: test/operations/agents/look-at-hosts.test.ts
import type { Looked } from '../../domain/agents/agent-file.ts'
import { answerOf, type HostQuestion, hostQuestions, isHeld, type Simulated } from '../../domain/agents/ambient.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { HostSimulator } from './ports.ts'

const mostPolicies = 3

/** Asks IAM about an AWS role. */
export async function probeRole(role: string, bundle: Bundle, simulator: HostSimulator): Promise<Looked['actions']> {
  const questions = hostQuestions(bundle, role)
  return answersOf(questions, await askIam(role, questions, simulator))
}

/** Asks IAM about one type of resource: all its actions on all examples. */
async function askIam(
  role: string,
  questions: readonly HostQuestion[],
  simulator: HostSimulator,
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
  for (const question of questions) {
    const answer = answerOf(question, said)
    const by = answer === 'allowed' ? policiesFor(question, said) : []
    const isExplicit = answer === 'denied' && isHeld(question, said)
    const kept = {
      ...{ resource: question.rule, answer },
      ...(by.length > 0 ? { by } : {}),
      ...(isExplicit ? ({ explicit: true } as const) : {}),
    }
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
