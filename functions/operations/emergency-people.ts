import { namedIn, tellOf } from '../domain/cards/routing.ts'
import { groupsOf } from '../domain/people/organisation.ts'
import { type ApprovalRequest, ownersOf } from '../domain/requests/request.ts'
import type { AgentId, NumericDate, PersonId } from '../domain/values.ts'
import { askAboutEmergency, factsOf } from './emergency-questions.ts'
import type { Policy } from './ports.ts'

/** So many people are told of one opening directly; everybody else finds it in the channel, which says so. */
export const mostTold = 50
/** So many questions are put to policy to find out who was skipped; where that is not enough, they are at least so many. */
const mostQuestions = 4_000

/** Who was not asked though others would have been: `atLeast` where not everybody could be looked at. */
export type Skipped = { people: readonly PersonId[]; atLeast: boolean }

/**
 * Those whom the ladder could have asked to approve what was opened, had an agent asked for it: everybody whom policy lets
 * decide one of its stages for one of the things that are open. Which rung it would have been hangs on who asks and with
 * which arguments, and a profile has none: so it is every rung, and rather one person too many is told.
 */
export function skippedBy({ ask }: ApprovalRequest, policy: Policy, now: NumericDate): Skipped {
  const { directory, ladder } = policy.bundle
  const stages = ladder.tiers.flatMap(({ tier, stages: all }) => all.map(({ name }) => ({ tier, stage: name })))
  const opened = factsOf(policy, ask)
  const people: PersonId[] = []
  let questions = 0
  for (const person of directory.people) {
    if (person.status !== 'active' || person.id === ask.owner) continue
    if (questions >= mostQuestions) return { people, atLeast: true }
    const groups = groupsOf(directory, person.id)
    const may = opened.some(({ action, group, resource }) =>
      stages.some(({ tier, stage }) => {
        questions += 1
        // No agent asked: whoever may decide for some agents alone is not among them.
        const request = {
          id: ask.id,
          agent: 'agent:none' as AgentId,
          owners: ownersOf({ ask }),
          action,
          group,
          resource,
        }
        return policy.ask({
          kind: 'person',
          action: 'approve',
          person: { id: person.id, groups },
          request: { ...request, tier },
          stage,
          now,
        }).permit
      }),
    )
    if (may) people.push(person.id)
  }
  return { people, atLeast: false }
}

/** Those who may review it: whom policy lets, without the person who did it and whoever vouched for them. */
export function reviewersOf(state: ApprovalRequest, policy: Policy, now: NumericDate): readonly PersonId[] {
  const own: readonly (PersonId | undefined)[] = [...ownersOf(state), state.ask.breakGlass?.secondedBy]
  return policy.bundle.directory.people
    .map(({ id }) => id)
    .filter((person) => !own.includes(person))
    .filter((person) => askAboutEmergency(policy, 'review', person, state.ask, 'request', now).permit)
}

/** Whom the folder says to tell beside those: the person's lead first, then those it names. */
export function othersTold({ ask }: ApprovalRequest, { bundle }: Policy): readonly PersonId[] {
  const lead = bundle.directory.people.find(({ id }) => id === ask.owner)?.lead
  const tell = ask.breakGlass && tellOf(bundle, ask.breakGlass)
  const named = tell ? namedIn(tell, bundle.directory) : []
  return [...new Set([...(lead === undefined ? [] : [lead]), ...named])].filter((person) => person !== ask.owner)
}
