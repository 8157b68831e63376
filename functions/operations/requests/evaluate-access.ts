// Rules: test/operations/requests/reevaluation.test.ts
import { hasLostApprover, notYet } from '../../domain/credentials/issue.ts'
import { bindingWindow } from '../../domain/credentials/statements.ts'
import { assessAsk } from '../../domain/deciding/assess-ask.ts'
import { argumentsDigest } from '../../domain/digest.ts'
import type { About } from '../../domain/ledger/refused.ts'
import { isJustified, justificationMember, readsMember, wantsOf } from '../../domain/policy/asking-terms.ts'
import type { Assessment } from '../../domain/policy/assess.ts'
import { isPlanBody } from '../../domain/policy/assess-plan.ts'
import { agentOf } from '../../domain/policy/bundle.ts'
import { titleOf } from '../../domain/policy/catalogue.ts'
import { cameTo, type Observed, runWithObserved, wouldBeOf } from '../../domain/policy/observed.ts'
import type { ParentTask, Said } from '../../domain/record/ask-terms.ts'
import { planTitle } from '../../domain/record/plan-step.ts'
import type { ApprovedRequest, Ask } from '../../domain/record/request.ts'
import { asOf } from '../../domain/requests/due.ts'
import type { EvaluationId, Json, NumericDate, Resource, ToolId } from '../../domain/values.ts'
import { AgentId, defined, JsonObject, RequestId } from '../../domain/values.ts'
import { readHost } from '../agents/read-host.ts'
import type { Statements } from '../credentials/ports.ts'
import { type Bound, denialClaims } from '../credentials/statements.ts'
import { findHaltOfAgent, toldOf } from '../halts/find-halt.ts'
import { authorityOf } from '../policy/gather.ts'
import type { Policy } from '../policy/ports.ts'
import type { DecidingPorts, MakingPorts } from '../record/ports.ts'
import { recordRefusal } from '../record/refuse.ts'
import { bindingOf, boundOf, boundPlainly } from './bound.ts'
import { besideGate, Lately } from './limits.ts'
import { assessPlanBody } from './plan-ask.ts'

export type EvaluationCaller = { type: 'agent'; id: AgentId } | { type: 'tool'; id: ToolId }

export type EvaluationAsk = Bound &
  Partial<Said> & {
    caller: EvaluationCaller
    /** `context.approval.id`: the grant that the caller says covers this. Empty if it was missing. */
    approval?: string
    /** `context.approval.state`: verified whenever it is sent. */
    approvalState?: Json
  }

/** AuthZEN `context.reason` (docs/api.md). */
type EvaluationReason =
  | Extract<Assessment, { outcome: 'refused' }>['reason']
  | 'approval_required'
  | 'approval_expired'
  | 'out_of_scope'
  | 'approval_unverifiable'
  | 'not_yet'

export type Evaluated = { id: EvaluationId; at: NumericDate; policies: readonly string[]; wouldBe?: Observed } & (
  | { decision: true; approval: { id: string; approvedUntil: NumericDate } }
  | { decision: false; reason: EvaluationReason; detail?: string; requestable?: undefined }
  | { decision: false; reason: AskableReason; requestable: Requestable }
)
type AskableReason = 'approval_required' | 'approval_expired' | 'out_of_scope'
type Requestable = {
  tier: number
  title: string
  expiresAt: NumericDate
  /** Facts that the tier or a policy needs and the evaluation lacks. */
  wants: readonly string[]
  bindingToken?: string | undefined
}
type Ports = MakingPorts & { statements: Statements }

/**
 * With an approval: whether it covers this now. Without one: whether people could approve this, and at which tier.
 *
 * @param lately shared by the evaluations of one message, so that the agent's requests are read once
 * @param admitted throws if the caller exceeds its rate; then nothing is recorded
 */
export async function evaluateAccess(
  ask: EvaluationAsk,
  ports: Ports,
  {
    lately = new Lately(ports.requests),
    admitted = Promise.resolve(),
  }: { lately?: Lately; admitted?: Promise<void> } = {},
): Promise<Evaluated> {
  const evaluated = await besideGate(admitted, assessAccess(ask, ports, lately))
  if (!evaluated.decision && evaluated.reason !== 'approval_required')
    await recordNo(ask, evaluated.reason, evaluated, ports)
  return evaluated
}

async function recordNo(
  { caller, subject, action, resource: { type, id }, parentTask }: EvaluationAsk,
  reason: Exclude<EvaluationReason, 'approval_required'>,
  { policies, wouldBe }: Pick<Evaluated, 'policies' | 'wouldBe'>,
  ports: DecidingPorts,
): Promise<void> {
  const { data: agent } = AgentId.safeParse(subject.id)
  const other = agent === caller.id ? undefined : agent
  const about = { ...aboutAsk({ action, resource: { type, id }, parentTask }), ...defined({ agent: other }) }
  await recordRefusal(caller, 'evaluate', reason, ports, { about, policies, observed: wouldBe })
}

/** Records the refusal of an ask with a name that is too long or too short. */
export async function recordNoSuchName(
  caller: EvaluationCaller,
  reason: Extract<EvaluationReason, 'unknown_action' | 'policy_denied' | 'invalid_arguments'>,
  ports: DecidingPorts,
): Promise<void> {
  await recordRefusal(caller, 'evaluate', reason, ports)
}

type AskedFor = Pick<Bound, 'action'> & { resource: Resource; parentTask: ParentTask | undefined }
export function aboutAsk({ action, resource, parentTask }: AskedFor): About {
  const args = JsonObject.safeParse(action.properties)
  return {
    action: action.name,
    resource,
    ...defined({ parentTask }),
    ...(args.success ? { digest: argumentsDigest(action.name, args.data, resource) } : {}),
  }
}

async function assessAccess(ask: EvaluationAsk, ports: Ports, lately: Lately): Promise<Evaluated> {
  const { clock, ids } = ports
  const now = clock.now()
  const common = { id: ids.evaluation(), at: now, policies: [] }
  const agent = AgentId.safeParse(ask.subject.id)
  if (ask.subject.type !== 'agent' || !agent.success)
    return deny(common, 'policy_denied', 'the subject is not an agent known here')
  if (ask.caller.type === 'agent' && ask.caller.id !== agent.data)
    return deny(common, 'policy_denied', '`subject` should be the agent that asks')
  await ports.policy.look?.([agent.data])
  const keep = keeper(ask, agent.data, common, ports)
  const halted = async () => {
    const about = { action: ask.action.name, resource: ask.resource }
    const { halt } = await findHaltOfAgent(agent.data, about, ports)
    if (!halt) return undefined
    const { reason, detail } = toldOf(halt)
    return deny(common, reason, detail)
  }
  if (ask.approval === undefined) {
    // In parallel: the caller waits for the slowest.
    const [stopped, evaluated] = await Promise.all([
      halted(),
      assessed(ask, agent.data, common, lately, ports),
      keep.ahead(),
    ])
    return keep.found(stopped ?? evaluated)
  }
  const stopped = await halted()
  if (stopped) return keep.found(stopped)
  const again: Evaluated = { ...common, ...(await reevaluate(ask, agent.data, ask.approval, now, ports)) }
  if (again.decision || !isAskable(again.reason)) return keep.found(again)
  // ARAP: the answer for an expired approval has the terms of a new request, if people could approve one.
  const assessedNow = await assessed(ask, agent.data, common, lately, ports)
  return keep.found(
    'requestable' in assessedNow && assessedNow.requestable ? { ...assessedNow, reason: again.reason } : again,
  )
}

const isAskable = (reason: EvaluationReason): reason is Exclude<AskableReason, 'approval_required'> =>
  reason === 'approval_expired' || reason === 'out_of_scope'

async function assessed(
  ask: EvaluationAsk,
  agent: AgentId,
  common: Common,
  lately: Lately,
  ports: MakingPorts,
): Promise<Evaluated> {
  const missing = ask.purpose === undefined ? 'purpose' : ask.parentTask === undefined ? 'parent_task' : undefined
  // Comes before policy, whose answer to an incomplete question explains nothing.
  if (missing && (isPlanBody(ask) || Object.hasOwn(ports.policy.bundle.actions, ask.action.name)))
    return deny(common, 'invalid_arguments', `\`context.${missing}\` is missing`)
  if (isPlanBody(ask)) return assessedPlan(ask, agent, common, lately, ports)
  const [recent, host] = await Promise.all([
    lately.count(agent, ask.action.name, common.at),
    readHost(ask, agent, common.at, ports),
  ])
  const { bundle } = ports.policy
  const justified = isJustified(ask.justification)
  const asIs = assessAsk({ ...ask, host, justified }, agent, recent, common.at, ports)
  const couldHelp = asIs.outcome === 'refused' && !justified && readsMember(bundle, ask.action.name, 'justified')
  const asIf = couldHelp ? assessAsk({ ...ask, host }, agent, recent, common.at, ports) : asIs
  const assessment = asIf.outcome === 'refused' ? asIs : asIf
  if (assessment.outcome === 'refused') {
    const again = (policy: Policy) => assessAsk({ ...ask, host, justified }, agent, recent, common.at, { policy })
    const wouldBe = wouldBeOf(runWithObserved(ports.policy, again), cameTo)
    const found = { ...common, policies: assessment.policies, ...defined({ wouldBe }) }
    return deny(found, assessment.reason, assessment.detail)
  }
  const requestable = {
    tier: assessment.tier,
    title: titleOf(assessment.facts.entry, assessment.facts.arguments),
    expiresAt: common.at + bindingWindow,
    wants: asIf === asIs ? wantsOf(bundle, { tier: assessment.tier, justified }) : [justificationMember],
  }
  return { ...common, policies: assessment.policies, decision: false, reason: 'approval_required', requestable }
}

async function assessedPlan(
  { purpose = '', parentTask = { id: '' }, justification, ...ask }: EvaluationAsk,
  agent: AgentId,
  common: Common,
  lately: Lately,
  ports: MakingPorts,
): Promise<Evaluated> {
  const justified = isJustified(justification)
  const body = { ...ask, agent, purpose, parentTask, justified }
  const found = await assessPlanBody(body, lately, common.at, ports)
  const { policies } = found
  if (found.outcome === 'refused') return deny({ ...common, policies }, found.reason, found.detail)
  const { tier, steps } = found
  const wants = wantsOf(ports.policy.bundle, { tier, justified })
  const requestable = { tier, title: planTitle(steps.length), expiresAt: common.at + bindingWindow, wants }
  return { ...common, policies, decision: false, reason: 'approval_required', requestable }
}

/**
 * Stores an evaluation that a submission can name. `ahead` stores it before its result is known, as submittable;
 * `found` overwrites it with a refusal. Its id is secret until then, and a submission is assessed again in any case.
 */
function keeper(ask: EvaluationAsk, agent: AgentId, { id, at }: Common, { policy, requests, statements }: Ports) {
  const isKnown = agentOf(policy.bundle, agent) !== undefined
  const kept = { id, agent, at, expiresAt: at + bindingWindow }
  let isSaved = false
  const save = async (refused?: EvaluationReason) => {
    if (isKnown) await requests.saveEvaluation({ ...kept, binding: bindingOf(ask), ...defined({ refused }) })
    isSaved = true
  }
  const found = async (evaluated: Evaluated): Promise<Evaluated> => {
    if (evaluated.decision || !isKnown) return evaluated
    const { requestable } = evaluated
    if (!requestable) await save(evaluated.reason)
    else if (!isSaved) await save()
    if (!requestable) return evaluated
    const bindingToken = await statements.sign('denial', denialClaims(ask, kept))
    return { ...evaluated, requestable: { ...requestable, bindingToken } }
  }
  return { ahead: () => save(), found }
}

type Common = Pick<Evaluated, 'id' | 'at' | 'policies' | 'wouldBe'>
const deny = (common: Common, reason: EvaluationReason, detail?: string): Evaluated => ({
  ...common,
  decision: false,
  reason,
  ...defined({ detail }),
})

type Reevaluated =
  | { decision: true; policies: readonly string[]; approval: { id: string; approvedUntil: NumericDate } }
  | { decision: false; policies: readonly string[]; reason: EvaluationReason; detail?: string; wouldBe?: Observed }

/**
 * Judges a use of an approval, which is not a bearer grant: it must be this agent's and for exactly this ask, and
 * policy must still permit.
 */
async function reevaluate(
  ask: EvaluationAsk,
  agent: AgentId,
  approval: string,
  now: NumericDate,
  ports: Ports,
): Promise<Reevaluated> {
  const no = (reason: EvaluationReason, policies: readonly string[] = [], detail?: string) =>
    ({ decision: false, reason, policies, ...defined({ detail }) }) as const
  const id = RequestId.safeParse(approval.replace(/^grt_/, 'req_'))
  const stored = id.success && approval.startsWith('grt_') ? await ports.requests.load(id.data) : undefined
  if (stored?.state.ask.agent.id !== agent) return no('approval_unverifiable')
  if (ask.approvalState !== undefined && !(await isOf(stored.state.ask, approval, ask.approvalState, ports)))
    return no('approval_unverifiable')
  const state = asOf(stored.state, now)
  if (state.status === 'pending' || state.status === 'denied' || state.status === 'withdrawn')
    return no('approval_unverifiable')
  if (!covers(state.ask, ask)) return no('out_of_scope')
  if (state.status !== 'approved') return no('approval_expired')
  if (notYet(state, now)) return no('not_yet')
  const authority = await authorityOf(state, { moment: 'use', now }, ports)
  if (authority.ending || hasLostApprover(state, authority.eligible)) return no('approval_expired')
  const { answer } = authority
  if (answer.error) return no('policy_error', answer.policies)
  if (!answer.permit)
    return { ...no('policy_denied', answer.policies, answer.notNow), ...defined({ wouldBe: answer.wouldBe }) }
  const { grant } = state as ApprovedRequest
  return { decision: true, policies: answer.policies, approval: { id: grant.id, approvedUntil: grant.notAfter } }
}

/** Whether a statement sent with an approval is valid and about that approval. The record decides about its expiry. */
async function isOf({ id, digest }: Ask, approval: string, state: Json, { statements }: Ports): Promise<boolean> {
  if (typeof state !== 'string') return false
  const said = await statements.verify('approval', state)
  if (!said.ok) return false
  const { jti, txn, digest: approved } = said.value.claims
  return jti === approval && txn === id && approved === digest
}

/** ARAP's exact match, member by member. An absent member differs from null. */
function covers(approved: Ask, ask: EvaluationAsk): boolean {
  const args = JsonObject.safeParse(ask.action.properties)
  if (!args.success || boundOf(ask) !== (approved.bound ?? boundPlainly(approved))) return false
  return argumentsDigest(ask.action.name, args.data, ask.resource) === approved.argumentsDigest
}
