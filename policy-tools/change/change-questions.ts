// Rules: test/policies/changes/prove.test.ts
import type { AskedChange } from '../../functions/domain/agents/agent-change.ts'
import { type ChangeAsked, changeQuestion, findChange } from '../../functions/domain/agents/assess-change.ts'
import { spelled } from '../../functions/domain/agents/spelling.ts'
import { type Agent, Autonomy } from '../../functions/domain/people/organisation.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import type { RegistryQuestion } from '../../functions/domain/policy/question.ts'
import type { JsonObject, PersonId } from '../../functions/domain/values.ts'
import { usualTime } from './question-space.ts'

type Change = AskedChange & { before?: Agent }

/** The changes of one kind to one agent that policy can tell apart. */
function changesOf(action: string, agent: Agent, to: PersonId): readonly Change[] {
  const of = (args: JsonObject): Change => ({ action, arguments: { id: agent.id, ...args }, before: agent })
  const changes: { readonly [action: string]: () => readonly Change[] } = {
    'hotwork:RegisterAgent': () =>
      Autonomy.options.map((autonomy) => {
        const { status: _, ...entry } = spelled(agent)
        return { action, arguments: { ...entry, id: 'agent:a-new-one', autonomy, owner: to } }
      }),
    'hotwork:ChangeAgent': () => [
      of({ description: 'something else' }),
      of({ runsOn: { other: 'another host' } }),
      of({ identities: [{ issuer: agent.identities[0]?.issuer ?? '', subject: 'another workload' }] }),
      ...Autonomy.options.map((autonomy) => of({ autonomy })),
    ],
    'hotwork:TransferAgent': () => [of({ owner: to })],
    'hotwork:RetireAgent': () => [of({})],
  }
  return changes[action]?.() ?? []
}

/**
 * The changes of one kind to each agent, asked by each active person. Empty for other actions.
 *
 * @param most the number of people who ask
 */
export function askedChanges({ directory, agents }: Bundle, action: string, most?: number): readonly ChangeAsked[] {
  const people = directory.people.filter(({ status }) => status === 'active').map(({ id }) => id)
  return people.slice(0, most).flatMap((person, at) =>
    agents
      .filter(({ status }) => status !== 'retired')
      .flatMap((agent) => changesOf(action, agent, people[(at + 1) % people.length] ?? person))
      .map((change) => ({ ...change, person })),
  )
}

/** A change of the registry to each agent, asked by each active person, on each rung. Empty for other actions. */
export const changeQuestions = (bundle: Bundle, action: string): readonly RegistryQuestion[] =>
  askedChanges(bundle, action).flatMap((asked) => {
    const found = findChange(bundle, asked)
    if (!found.ok) return []
    return bundle.ladder.tiers.map(({ tier }) => changeQuestion(bundle, found.value, asked, tier, usualTime))
  })
