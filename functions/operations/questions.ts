import type { Bundle } from '../domain/bundle.ts'
import { agentOf } from '../domain/bundle.ts'
import { unpinnedArguments } from '../domain/catalogue.ts'
import type { Answer, Moment, PersonAction, RequestFacts } from '../domain/circumstances.ts'
import type { Eligibility } from '../domain/commands.ts'
import { satisfiedTier } from '../domain/ladder.ts'
import { factsOf, groupsOf } from '../domain/organisation.ts'
import { type ApprovalRequest, approvalsOf, ownersOf } from '../domain/request.ts'
import type { NumericDate, PersonId } from '../domain/values.ts'
import type { Policy } from './ports.ts'

/** An answer that nobody had to be asked for: the facts for the question are gone, and that is a no. */
const noFacts: Answer = { permit: false, policies: [], error: true, detail: 'the facts for the question are gone' }

/** The one question about a request as it stands: its tier is what the approvals on record satisfy on today's ladder. */
export function askAboutRequest(
  policy: Policy,
  state: Pick<ApprovalRequest, 'ask' | 'stages'>,
  moment: Moment,
  now: NumericDate,
): Answer {
  const { bundle } = policy
  const { ask } = state
  const agent = agentOf(bundle, ask.agent.id)
  const entry = bundle.actions[ask.action]
  const facts = factsOf(bundle.resources, ask.resource)
  if (!agent || !entry || !facts || agent.status !== 'active') return noFacts
  return policy.ask({
    kind: 'action',
    moment,
    agent: { id: agent.id, autonomy: agent.autonomy, owner: agent.owner },
    action: ask.action,
    arguments: ask.arguments,
    resource: { ...ask.resource, ...facts },
    purpose: ask.purpose,
    approval: { tier: satisfiedTier(bundle.ladder, approvalsOf(state)), breakGlass: false },
    credential: entry.credential,
    unpinned: unpinnedArguments(entry),
    recent: ask.recent,
    delegationDepth: ask.chain.length,
    now,
  })
}

/** What of a request bears on what a person may do to it. */
export function requestFacts(bundle: Bundle, state: ApprovalRequest): RequestFacts | undefined {
  const { ask, tier } = state
  const entry = bundle.actions[ask.action]
  const facts = factsOf(bundle.resources, ask.resource)
  if (!entry || !facts) return undefined
  const { id, agent, action, resource } = ask
  return {
    id,
    agent: agent.id,
    owners: ownersOf(state),
    action,
    group: entry.group,
    resource: { ...resource, ...facts },
    tier,
  }
}

/** May this person do this to that request, or, where the act is not about one, at all? */
export function askAboutPerson(
  policy: Policy,
  action: PersonAction,
  person: PersonId,
  now: NumericDate,
  about: { state?: ApprovalRequest; stage?: string } = {},
): Answer {
  const { bundle } = policy
  const known = bundle.directory.people.find(({ id }) => id === person)
  if (known?.status !== 'active') return { permit: false, policies: [] }
  const request = about.state && requestFacts(bundle, about.state)
  if (about.state && !request) return noFacts
  return policy.ask({
    kind: 'person',
    action,
    person: { id: person, groups: groupsOf(bundle.directory, person) },
    ...(request ? { request } : {}),
    ...(about.stage === undefined ? {} : { stage: about.stage }),
    now,
  })
}

/** For each of these people: the names under which they may decide a stage of this request now, and the policies that say so. */
export function eligibilityOf(
  policy: Policy,
  state: ApprovalRequest,
  people: readonly PersonId[],
  now: NumericDate,
): { eligible: Eligibility; policies: readonly string[] } {
  const names = new Set(
    state.stages.flatMap(({ terms }) =>
      terms.onSilence === 'expire' ? [terms.name] : [terms.name, terms.onSilence.escalateTo],
    ),
  )
  const policies = new Set<string>()
  const eligible: { [person: PersonId]: string[] } = {}
  for (const person of new Set(people)) {
    eligible[person] = [...names].filter((stage) => {
      const answer = askAboutPerson(policy, 'approve', person, now, { state, stage })
      for (const id of answer.policies) policies.add(id)
      return answer.permit
    })
  }
  return { eligible, policies: [...policies] }
}

/** Those whose approval counts now. */
export const countedApprovers = (state: ApprovalRequest): readonly PersonId[] =>
  approvalsOf(state).map(({ person }) => person)
