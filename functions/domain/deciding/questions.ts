import { askAgainAboutChange, type ChangeAsked, changeRequestFacts, findChange } from '../agents/assess-change.ts'
import { groupsBySource, type Readings, type SourcesSaid } from '../people/group-source.ts'
import { answersFor, groupsOf } from '../people/organisation.ts'
import { isOwner } from '../policy/approvers.ts'
import { whyAsked } from '../policy/asking-terms.ts'
import { type Asked, type Assessment, askAgain, assess, findFactsRegardless, requestFacts } from '../policy/assess.ts'
import {
  answerableFor,
  askedOfPlan,
  assessPlan,
  factsOfPlan,
  type PlanAsked,
  type PlanAssessment,
} from '../policy/assess-plan.ts'
import { agentOf, type Bundle, personOf } from '../policy/bundle.ts'
import { askAll } from '../policy/observed.ts'
import { allAgents, inspectQuestion } from '../policy/policy-case.ts'
import {
  type Answer,
  allOf,
  type Moment,
  onlyForRequests,
  type PersonAction,
  type PolicyAnswers,
  type Question,
  type RequestFacts,
} from '../policy/question.ts'
import { originOf, rulesOf } from '../record/origin.ts'
import { keptSteps } from '../record/plan-step.ts'
import { heardOf, outcomeOfPreview, type Preview, previewOfStep } from '../record/preview.ts'
import { type ApprovalRequest, type Ask, approvalsOf } from '../record/request.ts'
import { type AgentId, defined, isAgent, type NumericDate, PersonId } from '../values.ts'
import { askAboutOpening } from './ask-about-opening.ts'

/** A request as policy reads it. */
export const askedOf = ({ ask, preview }: Pick<ApprovalRequest, 'ask' | 'preview'>): Asked => ({
  agent: ask.agent.id,
  action: ask.action,
  arguments: ask.arguments,
  resource: ask.resource,
  mcp: ask.mcp,
  delegators: ask.chain.map(({ owner }) => owner),
  recent: ask.recent,
  host: ask.host,
  ...whyAsked(ask),
  ...heardOf(preview),
})

/** A plan as policy reads it: without struck steps. */
export const planAsked = ({ ask, preview }: Pick<ApprovalRequest, 'ask' | 'preview'>): PlanAsked => ({
  ...whyAsked(ask),
  agent: ask.agent.id as AgentId,
  steps: keptSteps({ ask }).map(({ agent, action, arguments: args, resource, mcp, recent, host, step }) => ({
    ...{ agent, action, arguments: args, resource, recent, host, step },
    ...defined({ mcp }),
    preview: outcomeOfPreview(previewOfStep(preview, step)),
  })),
})

export type Act = { number?: number; asked: Asked; proposal?: Asked }

/** The acts of a request. For an opening they are its rights. */
export function actsOf(bundle: Bundle, state: Pick<ApprovalRequest, 'ask' | 'preview'>): readonly Act[] {
  const { asks } = rulesOf(state.ask)
  switch (asks) {
    case 'act':
      return [{ asked: askedOf(state) }]
    case 'steps':
      return askedOfPlan(bundle, planAsked(state), state.ask.owner)
    case 'rights':
    case 'change':
      return []
    default:
      return asks satisfies never
  }
}

/**
 * * The question about a request at the tier that its approvals satisfy on today's ladder. Before people approve a
 * plan, each step asks two questions: one about its own agent, and one at the moment `plan` about the agent that
 * proposes the plan.
 */
export function askAboutRequest(
  policy: PolicyAnswers,
  state: Pick<ApprovalRequest, 'ask' | 'stages' | 'preview'>,
  moment: Moment,
  now: NumericDate,
  readings?: Readings,
): Answer {
  const { id } = state.ask.agent
  const asked = changeAsked(state.ask)
  if (asked) {
    const again = { moment: moment === 'request' ? moment : 'issue', approvals: approvalsOf(state), now } as const
    return askAgainAboutChange(policy.bundle, (question) => policy.ask(question), asked, again)
  }
  if (!isAgent(id)) return askAboutOpening(policy, 'breakGlass', id, state.ask, moment, now, readings)
  const approvals = approvalsOf(state)
  const askAt = (at: Moment, asked: Asked) =>
    askAgain(policy.bundle, (question) => policy.ask(question), asked, { moment: at, approvals, now })
  const answers = actsOf(policy.bundle, state).flatMap(({ asked, proposal }) => [
    ...(proposal ? [askAt('plan', proposal)] : []),
    ...(proposal && moment !== 'request' ? [] : [askAt(moment, asked)]),
  ])
  return allOf(answers)
}

/** A change of the registry as policy reads it. Undefined for other requests. */
export function changeAsked({ agent, action, arguments: args, change }: Ask): ChangeAsked | undefined {
  const person = change && PersonId.safeParse(agent.id).data
  return person && { person, action, arguments: args, before: change.before }
}

/** The people whose approval it needs now, by a new reading. */
export const assessAgain = (
  policy: PolicyAnswers,
  state: Pick<ApprovalRequest, 'ask'>,
  { preview, atLeast }: { preview: Preview | undefined; atLeast: number },
  now: NumericDate,
): Assessment | PlanAssessment => {
  const ask = (question: Question) => policy.ask(question)
  const again = { ask: state.ask, ...defined({ preview }) }
  if (rulesOf(state.ask).asks !== 'steps') return assess(policy.bundle, ask, askedOf(again), now, { atLeast })
  return assessPlan(policy.bundle, ask, planAsked(again), now, { atLeast })
}

/** Whether this person may do this to that request or, without one, at all. */
export function askAboutPerson(
  policy: PolicyAnswers,
  action: PersonAction,
  person: PersonId,
  now: NumericDate,
  about: {
    state?: ApprovalRequest
    stage?: string
    inSteadBy?: PersonId
    subject?: string
  } & SourcesSaid = {},
): Answer {
  const { bundle } = policy
  const known = bundle.directory.people.find(({ id }) => id === person)
  if (known?.status !== 'active') return { permit: false, policies: [] }
  const requests = about.state ? factsAbout(policy, about.state) : []
  // Approving and asking need facts. Revoking does not, since a retired agent must stay revocable.
  if (about.state && requests.length === 0 && onlyForRequests.has(action))
    return { permit: false, policies: [], detail: 'the facts are gone' }
  const { inSteadBy } = about
  const isAnswerable = requests.some(
    (each) => isOwner(person, each) || (inSteadBy !== undefined && isOwner(inSteadBy, each)),
  )
  if (isAnswerable && (action === 'approve' || action === 'allowStanding'))
    return { permit: false, policies: [], detail: 'who answers for the agent does not decide what it asks' }
  const bySource = groupsBySource(bundle.directory, person, { action, tier: about.state?.tier }, about, now)
  const asked = {
    kind: 'person',
    action,
    person: { id: person, groups: groupsOf(bundle.directory, person, bySource) },
  } as const
  if (action === 'inspect')
    return askAll(policy, [inspectQuestion(bundle, asked.person, about.subject ?? allAgents, now)])
  const how = defined({ stage: about.stage, inSteadBy, subject: about.subject })
  const each = requests.length === 0 ? [undefined] : requests
  return askAll(
    policy,
    each.map((request) => ({ ...asked, ...defined({ request }), ...how, now })),
  )
}

/** Whether a person may ask on an agent's behalf. Only its owners may, under any policy. */
export function askAboutAsker(
  policy: PolicyAnswers,
  state: ApprovalRequest,
  person: PersonId,
  now: NumericDate,
): Answer {
  const agent = agentOf(policy.bundle, state.ask.agent.id)
  if (!agent || !answersFor(agent).includes(person))
    return { permit: false, policies: [], detail: 'only a person who answers for the agent asks on its behalf' }
  return askAboutPerson(policy, 'ask', person, now, { state })
}

/** The right by which people read requests, records and the log. */
export const mayRead = (policy: PolicyAnswers, person: PersonId, now: NumericDate): boolean =>
  askAboutPerson(policy, 'read', person, now).permit

/**
 * Whether a person may see the secrets of an agent's host by name. Without an agent: of all, including the map and
 * unknown callers.
 */
export const mayInspect = (
  policy: PolicyAnswers,
  person: PersonId,
  agent: AgentId | undefined,
  now: NumericDate,
): boolean => askAboutPerson(policy, 'inspect', person, now, { subject: agent ?? allAgents }).permit

export function askAboutStandIn(
  policy: PolicyAnswers,
  { absent, by }: { absent: PersonId; by: PersonId },
  now: NumericDate,
): Answer {
  const { directory } = policy.bundle
  const withGroups = (id: PersonId) => ({ id, groups: groupsOf(directory, id) })
  const active = [absent, by].every((id) => personOf(policy.bundle, id)?.status === 'active')
  if (!active) return { permit: false, policies: [] }
  return policy.ask({ kind: 'person', action: 'standIn', person: withGroups(by), absent: withGroups(absent), now })
}

/** Whether membership of this one group is enough to decide a stage of this request. */
export function mayDecideAsMember(
  policy: PolicyAnswers,
  state: ApprovalRequest,
  stage: string,
  { example, group }: { example: PersonId; group: string },
  now: NumericDate,
): boolean {
  const requests = factsAbout(policy, state)
  const person = { id: example, groups: [group] }
  const may = (request: RequestFacts) =>
    policy.ask({ kind: 'person', action: 'approve', person, request, stage, now }).permit
  return requests.length > 0 && requests.every(may)
}

/** The facts of each act; a plan has one for each step. Empty if the facts of a step are gone. */
function factsAbout({ bundle }: PolicyAnswers, state: ApprovalRequest): readonly RequestFacts[] {
  const { ask, tier } = state
  const change = changeAsked(ask)
  if (change) {
    const found = findChange(bundle, change)
    return found.ok ? [changeRequestFacts(found.value, change, tier, ask.id)] : []
  }
  const all = actsOf(bundle, state)
  const found = all.flatMap(({ asked }) => {
    const facts = findFactsRegardless(bundle, asked)
    return facts.ok ? [{ facts: facts.value, asked }] : []
  })
  if (found.length < all.length) return []
  const origin = originOf(ask)
  if (origin.kind === 'plan') return factsOfPlan(found, answerableFor(bundle, ask.agent.id, ask.owner), tier, ask.id)
  const ofChain = [
    ...ask.chain.flatMap(({ id, owner }) => answerableFor(bundle, id, owner)),
    ...(origin.kind === 'person' ? [origin.askedBy] : []),
  ]
  return found.map(({ facts, asked }) => {
    const own = requestFacts(facts, asked, tier, ask.id)
    return { ...own, owners: [...new Set([...own.owners, ...ofChain])] }
  })
}
