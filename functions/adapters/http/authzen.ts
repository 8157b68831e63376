// Rules: test/http/representations.test.ts
import * as z from 'zod'
import { runView } from '../../domain/cards/run-words.ts'
import type { Evaluation, TaskAnswer, TaskMembers } from '../../domain/cards/wire/task.ts'
import type { Said } from '../../domain/cards/wire/word.ts'
import { isCommitment } from '../../domain/ledger/texts.ts'
import { fillingOf } from '../../domain/policy/filling.ts'
import { bodyShape, termMembers } from '../../domain/record/ask-terms.ts'
import { originOf, rulesOf } from '../../domain/record/origin.ts'
import { statusOfStep, stepsOf } from '../../domain/record/plan-step.ts'
import { type ApprovalRequest, type Ask, grantOf, usesLeft } from '../../domain/record/request.ts'
import { EvaluationBody, EvaluationContext } from '../../domain/requests/evaluation-body.ts'
import { endsSoon } from '../../domain/requests/extend.ts'
import {
  defined,
  EvaluationId,
  isRefusal,
  type Json,
  type NumericDate,
  rfc3339,
  Timestamp,
} from '../../domain/values.ts'
import { whatIsWrong } from '../../domain/what-is-wrong.ts'
import { erasedText } from '../../operations/ledger/texts.ts'
import type { Evaluated } from '../../operations/requests/evaluate-access.ts'
import { badRequest } from './problem.ts'

/** The Access Request and Approval Profile of AuthZEN, as JSON. */

/** The part of an evaluation that an agent sends. A subject and a resource may be present, and are ignored. */
export const AskBody = EvaluationBody.pick({ action: true, context: true })

export const timeMember = (at: NumericDate | undefined): string | undefined =>
  at === undefined ? undefined : rfc3339(at)

const { purpose, parent_task } = EvaluationContext.shape
const WholeContext = EvaluationContext.extend({ purpose: purpose.unwrap(), parent_task: parent_task.unwrap() })

/**
 * Terms of a plan, and of an ask at `/token`. `mcp` belongs to a single call and `approval` to an evaluation, so both
 * are left out.
 */
export const SaidBody = WholeContext.omit({ mcp: true, approval: true })

export const RequestBody = EvaluationBody.extend({
  context: WholeContext,
  requested_access: z.object({ ...bodyShape('requested_access'), emergency: z.boolean().optional() }).optional(),
  /** Parsed separately, since its only error is `invalid_denial_binding`. */
  denial: z.json().optional(),
  client: z.object({ actor: z.object({ id: z.string(), issuer: z.string().optional() }).optional() }).optional(),
  items: z.undefined({ error: 'several items in one request are not supported: send one request each' }).optional(),
  callback: z.undefined({ error: 'callbacks are not supported: read the task, with `?wait=`' }).optional(),
})

const Denial = z.union([
  z.object({ evaluation_id: EvaluationId, expires_at: Timestamp, binding_token: z.string().optional() }),
  z.object({ evaluation_id: z.undefined().optional(), expires_at: Timestamp, binding_token: z.string() }),
])
export type Denial = z.infer<typeof Denial>

/** @throws BadRequest `invalid_denial_binding` */
export function readDenial(denial: Json | undefined): Denial {
  const parsed = Denial.safeParse(denial ?? {})
  if (parsed.success) return parsed.data
  const detail = z.looseObject({ evaluation_id: z.json() }).safeParse(denial).success
    ? `\`denial\`: ${whatIsWrong(parsed.error, 'denial')}`
    : '`denial.evaluation_id` should be that of the evaluation, and `denial.expires_at` its `access_request.expires_at`'
  throw badRequest('invalid_denial_binding', 'The request names no evaluation that it could be bound to', detail)
}

/** @throws BadRequest that names the wrong member */
export function parseBody<T>(schema: z.ZodType<T>, body: Json): T {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  throw badRequest(
    'invalid_request',
    'The body does not match the schema of this endpoint',
    whatIsWrong(parsed.error, 'body'),
  )
}

export function readApproval(approval: Json): { approval: string; approvalState?: Json } {
  const parsed = z.object({ id: z.string().max(64), state: z.json().optional() }).safeParse(approval)
  if (!parsed.success) return { approval: '' }
  const { id, state } = parsed.data
  return { approval: id, ...(state === undefined ? {} : { approvalState: state as Json }) }
}

/**
 * The answer to an evaluation. A denial is an answer, not an error. It leaves out the deciding policies, since an agent
 * could use them to word its way around them.
 */
export function evaluationAnswer(evaluated: Evaluated, issuer: string): Said<typeof Evaluation> {
  const common = { evaluation_id: evaluated.id, evaluated_at: rfc3339(evaluated.at) }
  if (evaluated.decision) {
    const { id, approvedUntil } = evaluated.approval
    return { decision: true, context: { ...common, approval: { id, approved_until: rfc3339(approvedUntil) } } }
  }
  if (evaluated.requestable) {
    const { tier, title, expiresAt, wants, bindingToken } = evaluated.requestable
    const access_request = {
      endpoint: `${issuer}/access/v1/requests`,
      template: `tier${tier}`,
      expires_at: rfc3339(expiresAt),
      ...(bindingToken === undefined ? {} : { binding_token: bindingToken }),
      request_schema_url: `${issuer}/schemas/access-request.json`,
      ...(wants.length === 0 ? {} : { required: [...wants] }),
      display: { title },
    }
    // A client that presented an approval is told to request a new one after a refusal.
    const next = evaluated.reason === 'approval_required' ? {} : { next_action: 'request' as const }
    return { decision: false, context: { ...common, reason: evaluated.reason, ...next, access_request } }
  }
  const detail = evaluated.detail === undefined ? {} : { detail: evaluated.detail }
  return { decision: false, context: { ...common, reason: evaluated.reason, next_action: 'none', ...detail } }
}

/** ARAP: a terminal status never changes, so `approved` stays after the grant has ended. */
export function taskStatus(state: ApprovalRequest): 'pending' | 'approved' | 'denied' | 'expired' | 'cancelled' {
  if (grantOf(state)) return 'approved'
  if (state.status === 'withdrawn') return 'cancelled'
  if (state.status === 'pending' || state.status === 'denied' || state.status === 'expired') return state.status
  return 'denied'
}

/** The task as its agent sees it, without the people who decided. */
export function taskAnswer(
  state: ApprovalRequest,
  issuer: string,
  approvalState?: string | undefined,
  now: NumericDate = 0,
): Said<typeof TaskAnswer> {
  const { ask } = state
  const endpoint = `${issuer}/access/v1/requests/${ask.id}`
  const grant = grantOf(state)
  const cancel = state.status === 'pending' ? { links: { cancel: `${endpoint}/cancel` } } : {}
  return {
    task: {
      id: ask.id,
      status: taskStatus(state),
      status_endpoint: endpoint,
      expires_at: rfc3339(taskExpiry(state)),
      ...progressOf(state),
      ...cancel,
      display: { [`${issuer}/ns/hotwork`]: hotworkMembers(state, now) },
    },
    ...(grant
      ? {
          result: {
            mode: 'reevaluate',
            approval: {
              id: grant.id,
              approved_at: rfc3339(grant.approvedAt),
              approved_until: rfc3339(approvedUntil(state, grant.notAfter)),
              ...(approvalState === undefined ? {} : { state: approvalState }),
            },
          },
        }
      : {}),
  }
}

const approvedUntil = (state: ApprovalRequest, notAfter: NumericDate): NumericDate =>
  Math.min(notAfter, endedAt(state) ?? notAfter)

function endedAt(state: ApprovalRequest): NumericDate | undefined {
  switch (state.status) {
    case 'denied':
      return state.deniedAt
    case 'withdrawn':
      return state.withdrawnAt
    case 'expired':
      return state.expiredAt
    case 'completed':
      return state.completedAt
    case 'revoked':
      return state.revokedAt
    case 'pending':
    case 'approved':
      return undefined
    default:
      return state satisfies never
  }
}

/** At least until the grant can no longer be claimed, and a day more for late readers. */
const taskExpiry = (state: ApprovalRequest): NumericDate => {
  const grant = grantOf(state)
  const end = state.status === 'pending' ? state.decideBy : (endedAt(state) ?? 0)
  return Math.max(end, grant?.claimBy ?? 0, grant?.notAfter ?? 0) + 86_400
}

function progressOf(state: ApprovalRequest): Pick<Said<typeof TaskAnswer>['task'], 'progress'> {
  if (state.stages.length === 0) return {}
  const open = state.stages.findIndex((stage) => fillingOf(stage).missing > 0)
  const index = open < 0 ? state.stages.length - 1 : open
  const name = state.stages[index]?.terms.name ?? ''
  return { progress: { current_step: index + 1, total_steps: state.stages.length, step_name: name } }
}

/** The action for an agent that did not ask for it itself. */
const toDo = ({ agent, action, arguments: args, resource, mcp }: Ask) => ({
  agent: agent.id,
  action,
  arguments: args,
  resource,
  ...defined({ mcp }),
})

/** The request of each step, for the agent that hands them out. */
const taskSteps = (state: ApprovalRequest) =>
  stepsOf(state).map((each) => ({
    step: each.step,
    request: each.request,
    agent: each.agent,
    action: each.action,
    status: statusOfStep(each, state),
    ...defined({ because: each.progress.ended?.because?.replace(/ by person:.*$/, ' by a person') }),
  }))

/** The origin of a request, for the agent that does it. */
function originMembers(ask: Ask): Pick<Said<typeof TaskMembers>, 'step' | 'on_behalf' | 'extends'> {
  const origin = originOf(ask)
  switch (origin.kind) {
    case 'step':
      return { step: { plan: origin.plan, step: origin.step, ...toDo(ask) } }
    case 'person':
      // Leaves out the person who asked: only people see them.
      return { on_behalf: toDo(ask) }
    case 'extension':
      return { extends: origin.of }
    default:
      origin satisfies { kind: 'agent' | 'draw' | 'delegation' | 'plan' | 'opening' | 'registry' }
      return {}
  }
}

/**
 * The words of people to the agent, once the request is settled. They name no person. A commitment without its text
 * gives no message.
 */
function messageMembers(state: ApprovalRequest): Pick<Said<typeof TaskMembers>, 'outcome' | 'messages' | 'suggest'> {
  if (state.status === 'pending') return {}
  // An inherited approval addressed the agent that was given the right.
  const isOwn = rulesOf(state.ask).isDecided
  const decisions = state.stages
    .flatMap((stage) => stage.decisions)
    .filter(({ verdict }) => isOwn || isRefusal(verdict))
  const messages = decisions.flatMap(({ toAgent: text, verdict }) =>
    text === undefined || isCommitment(text) || text === erasedText
      ? []
      : [{ text, from: 'approver' as const, verdict }],
  )
  const outcome = state.status === 'denied' ? state.outcome : undefined
  const suggest = decisions.find((each) => each.suggest)?.suggest
  return {
    ...defined({ outcome, suggest: suggest && { arguments: suggest } }),
    ...(messages.length === 0 ? {} : { messages }),
  }
}

/** The run without its note, which may have the target's own words. */
function runMembers(state: ApprovalRequest): Pick<Said<typeof TaskMembers>, 'run'> {
  const run = runView(state, undefined)
  if (!run) return {}
  const { status, since, until } = run
  return { run: { status, since: rfc3339(since), ...defined({ until: timeMember(until) }) } }
}

export function hotworkMembers(state: ApprovalRequest, now: NumericDate = 0): Said<typeof TaskMembers> {
  const { ask, tier, round } = state
  const steps = taskSteps(state)
  const grant = grantOf(state)
  return {
    tier,
    round,
    stages: state.stages.map(({ terms, decisions, deadline }) => ({
      name: terms.name,
      quorum: terms.quorum,
      decisions: {
        approve: decisions.filter(({ verdict }) => verdict === 'approve').length,
        deny: decisions.filter(({ verdict }) => isRefusal(verdict)).length,
      },
      ...(deadline === undefined ? {} : { deadline: rfc3339(deadline) }),
    })),
    ...(state.questions
      ? { questions: state.questions.map(({ id, text, answer }) => ({ id, text, answered: answer !== undefined })) }
      : {}),
    ...(steps.length === 0 ? {} : { steps }),
    digest: ask.digest,
    arguments_digest: ask.argumentsDigest,
    ...termMembers('agent', ask),
    ...originMembers(ask),
    ...messageMembers(state),
    // Present after a narrowing: an agent that continues with its original ask is refused.
    ...(round === 1 ? {} : { narrowed: { arguments: ask.arguments, uses: ask.uses, lifetime: ask.lifetime } }),
    ...runMembers(state),
    ...(grant
      ? {
          grant: {
            claim_by: rfc3339(grant.claimBy),
            not_after: rfc3339(grant.notAfter),
            uses_left: usesLeft(state),
            status: state.status === 'approved' ? 'live' : state.status,
            ...(endsSoon(state, now) ? { ends_soon: true } : {}),
          },
        }
      : {}),
  }
}
