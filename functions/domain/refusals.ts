// Rules: test/http/problem-types.test.ts, test/channels/slack/edge/sentences.test.ts
import * as z from 'zod'
import { weakStandIn } from './people/login-strength.ts'

export type Told = {
  /** The status, unless a protocol prescribes a different one. */
  status: 400 | 401 | 403 | 404 | 409 | 410 | 429 | 503
  /** The first half of the message, without a full stop: the state. */
  so: string
  /** The second half: the next step, for any channel. */
  next: string
  /** The wrong member of the call, if there is one. */
  field?: string
}

const no = (status: Told['status'], so: string, next: string, field?: string): Told =>
  field === undefined ? { status, so, next } : { status, so, next, field }

/** Every refusal of the domain: its code, its status, the state, the next step. */
const catalogue = {
  // deciding
  not_eligible: no(403, 'Policy does not let you decide this request', 'leave it to the people of its stages'),
  self_approval: no(
    403,
    'You answer for an agent in this request, so you cannot decide this',
    'another person should decide it',
  ),
  to_agent_required: no(400, 'A revision needs words to the agent', 'write what the agent should change', 'to_agent'),
  invalid_to_agent: no(
    400,
    'The words to the agent cannot be taken',
    'write at most 500 characters, none of them invisible',
    'to_agent',
  ),
  invalid_suggestion: no(
    400,
    'The suggestion does not fit this request',
    'suggest whole arguments of the same action, on the same resource',
    'suggest',
  ),
  already_decided: no(409, 'You have decided this, and each person counts once', 'another person should decide it'),
  already_settled: no(409, 'This is settled or has ended already', 'read it again to see how'),
  stage_not_open: no(409, 'It is not the turn of your stage yet', 'wait for its turn; you can deny now', 'stage'),
  stage_over: no(409, 'Your stage has all its approvals already', 'leave it as it is; you can still deny', 'stage'),
  not_shown_in_full: no(
    409,
    'Not counted: the card cannot show all of this request',
    'read all of it on its page, and approve there',
  ),
  stale_digest: no(
    409,
    'Not counted: your decision is about an earlier version of this request',
    'read it again, and decide on that',
    'digest',
  ),
  stale_round: no(
    409,
    'Not counted: this request has changed since you read it',
    'read it again, and decide on that',
    'round',
  ),
  insufficient_login: no(401, 'This needs a stronger or newer login', 'log in again'),
  comment_required: no(400, 'An approval at this stage needs a reason', 'give a reason to approve', 'comment'),
  name_mismatch: no(
    409,
    'Not counted: the name of the resource was not typed as it is',
    'type the last part of its id, exactly as it is shown',
    'typed',
  ),
  not_narrower: no(
    400,
    'A narrowing should ask for less than the request',
    'choose a smaller number, fewer uses or fewer minutes',
    'narrow',
  ),
  narrowed_too_often: no(
    409,
    'This was narrowed three times, and that is the limit',
    'approve it without changes, or deny it',
  ),
  state_changed: no(
    409,
    'Not counted: the resource has changed since this was asked or decided',
    'wait for the next round: people decide on the present state',
  ),
  state_unreadable: no(
    503,
    'The state of the resource cannot be read now, so nothing was issued',
    'ask again in a moment: what was approved stays approved',
  ),
  as_it_is: no(
    409,
    'A person asks for this, and not an agent: it is decided as it is',
    'approve or deny it, with a comment if you like',
  ),
  not_in_bulk: no(409, 'This request is not decided together with others', 'decide it by itself'),
  // a reason, given later
  not_decided: no(409, 'You have not decided this request', 'leave the reason to the person who decided'),
  already_commented: no(409, 'Your decision has a reason already', 'leave it: the first reason stays on record'),
  comment_too_late: no(409, 'Your decision is more than an hour old', 'leave it: it stands without a reason'),
  // questions to the agent, and calls for a colleague
  too_many_questions: no(
    409,
    'The agent was asked five questions, and that is the limit',
    'decide by what it answered',
  ),
  unknown_question: no(404, 'The request has no such question', 'use an id of `questions` in its task', 'question'),
  already_answered: no(409, 'This question has its answer already', 'leave it: the first answer stays on record'),
  asked_themselves: no(409, 'You can decide this yourself', 'name a colleague', 'person'),
  already_asked: no(409, 'This colleague was asked for this stage already', 'name another colleague', 'person'),
  too_many_colleagues: no(409, 'Five colleagues were asked, and that is the limit', 'decide, or wait for one of them'),
  colleague_not_eligible: no(
    409,
    'Policy does not let this colleague decide the open stage now',
    'name a person who may decide it and has not',
    'person',
  ),
  // claiming and using
  pending: no(409, 'The request is not decided yet', 'wait until it is'),
  not_yet: no(409, 'The grant has not begun', 'claim it from its start on'),
  denied: no(409, 'The request was denied', 'ask for something else'),
  expired: no(409, 'The request has expired', 'evaluate and ask again'),
  withdrawn: no(409, 'The agent withdrew the request', 'evaluate and ask again'),
  revoked: no(409, 'The grant was revoked', 'ask again: nothing brings this grant back'),
  completed: no(409, 'The task is completed', 'ask again for another task'),
  key_mismatch: no(401, 'The grant is bound to another key', 'sign the DPoP proof with the key that sent the request'),
  policy_denied: no(403, 'Policy does not permit this', 'ask the people who write the policies'),
  policy_error: no(403, 'The policies could not be evaluated, so this is refused', 'tell the operator of Hotwork'),
  approver_not_eligible: no(409, 'An approver may no longer approve, so the grant has ended', 'ask again'),
  credential_superseded: no(403, 'A newer credential has taken the place of this one', 'use the newest one'),
  credential_unknown: no(403, 'This grant has no such credential', 'claim one'),
  uses_exhausted: no(403, 'The grant has no use left', 'ask again'),
  too_many_sessions: no(429, 'Too many credentials were issued under this grant', 'use the last one until it ends'),
  wrong_credential_kind: no(
    400,
    'The kind of credential is wrong for this action',
    'claim the kind in its catalogue entry',
  ),
  outcome_unknown: no(
    409,
    'The call was begun, and its outcome is not known',
    'do not repeat it: look at the resource to see whether it was done',
  ),
  halted: no(403, 'A halt stops this', 'ask again once the halt is lifted: what it ended stays ended'),
  ancestor_ended: no(409, 'The grant that this was delegated from has ended', 'ask again: nothing brings it back'),
  // more time
  not_extendable: no(409, 'This grant cannot be extended', 'ask again'),
  already_extended: no(
    409,
    'An extension of this grant was requested already',
    'go on with that request, or ask again',
  ),
  extension_too_long: no(400, 'That is longer than the grant itself', 'ask for fewer minutes', 'minutes'),
  // delegating
  delegation_cycle: no(403, 'That agent is already in the chain of this right', 'name another agent', 'agent'),
  delegation_too_deep: no(
    403,
    'This was delegated three times, and that is the limit',
    'let the agent ask by itself',
    'agent',
  ),
  wider_than_parent: no(403, 'That is more than your own grant', 'delegate the same or less'),
  // break-glass
  unknown_profile: no(400, 'There is no such profile', 'name one that the policies have', 'profile'),
  bad_reason: no(400, 'The reason is not enough', 'describe the fault in your own words', 'reason'),
  bad_incident: no(400, 'The incident cannot be used', 'name the incident that you work on', 'incident'),
  window_too_long: no(400, 'That is longer than can be opened', 'ask for less time', 'minutes'),
  already_open: no(409, 'You have an opening already', 'use it, or end it first'),
  cool_down: no(409, 'Your last opening ended too recently', 'wait, or have a colleague open it'),
  budget_spent: no(409, 'The minutes of these seven days are used up', 'send a request, or have a colleague open it'),
  review_overdue: no(
    409,
    'An earlier opening was not reviewed in time',
    'have it reviewed, or have a second person vouch for you',
  ),
  self_review: no(
    403,
    'The person who opened it, and the person who vouched for them, may not review it',
    'another person should review it',
  ),
  already_reviewed: no(409, 'This is reviewed already', 'read it to see how'),
  no_review_due: no(409, 'There is nothing to review yet', 'review it once it has ended'),
  // the registry of agents
  invalid_registry: no(409, 'The registry of agents cannot be changed so', 'correct the change, and ask again'),
  registry_moved: no(
    409,
    'The entry of the agent is no longer the one that people decided on',
    'ask again: nothing was changed',
  ),
  transfer_not_accepted: no(
    409,
    'The new owner has not accepted the agent yet',
    'wait until they have: they accept it by a login of their own',
  ),
  // ending
  invalid_task_state: no(409, 'This is not possible in the present state', 'read it again to see its state'),
  own_recertification: no(
    403,
    'You answer for this or are in it, so you cannot recertify it',
    'ask another person: policy says who may',
  ),
  already_retired: no(
    409,
    'The agent is retired, and stays so',
    'register an agent under a new name, or deploy one: people look at it before it works',
  ),
  members_unknown: no(
    403,
    'It is not known now whether you are in this group',
    'send a new token that has `groups`, or wait until the source of the group answers',
  ),
  own_erasure: no(403, 'You cannot erase what you wrote yourself', 'ask another person: policy says who may'),
  not_permitted: no(403, 'Policy does not let you do this', 'leave it to a person who may'),
  // halts
  unknown_target: no(400, 'There is no such target', 'name a target that is known here'),
  unknown_halt: no(404, 'There is no such halt', 'use its id: hlt_ and 26 characters'),
  too_many_halts: no(409, 'This is halted many times already', 'lift one of its halts first'),
  self_lift: no(403, 'You declared this halt, so you cannot lift it', 'another person should lift it'),
  already_lifted: no(409, 'This halt is lifted already', 'leave it: nothing is left to do'),
  // stand-ins
  stand_in_refused: no(403, 'That person cannot decide for you', 'name another person, or another time', 'person'),
  // streams of security events
  unknown_stream: no(404, 'You have no such stream', 'read your streams without naming one', 'stream_id'),
  stream_exists: no(409, 'You already have a stream, and one is the limit', 'change it, or delete it first'),
  foreign_endpoint: no(
    403,
    'The deployment file does not list this address as yours',
    'use one under your `addresses` or `signals` of the deployment file',
    'delivery.endpoint_url',
  ),
  unknown_stand_in: no(404, 'There is no such stand-in', 'use its id: sin_ and 26 characters'),
  // standing permits
  permit_refused: no(403, 'This cannot be allowed in advance', 'approve each request by itself'),
  invalid_shape: no(
    400,
    'The shape cannot be used',
    'write each argument of the approved request as its value, a text with one `*`, or `{ "min", "max" }`',
    'shape',
  ),
  unknown_permit: no(404, 'There is no such standing permit', 'use its id: stp_ and 26 characters'),
  // evaluating with an approval
  approval_expired: no(403, 'The approval has ended', 'evaluate without it, and ask again'),
  out_of_scope: no(403, 'The approval is for something else', 'do what was approved, or evaluate and ask again'),
  approval_unverifiable: no(403, 'The approval belongs to another agent', 'evaluate without it'),
  // asking
  unknown_request: no(404, 'There is no such request or opening', 'use its id: req_ or bgl_ and 26 characters'),
  invalid_arguments: no(
    400,
    'The arguments do not match the schema of the action',
    'fit them to the catalogue',
    'arguments',
  ),
  unknown_action: no(400, 'There is no such action', 'name one of the catalogue', 'action'),
  tool_changed: no(
    409,
    'The MCP tool has changed since it was added to the catalogue',
    'have a person look at the server, and import its tool again',
    'context.mcp',
  ),
  no_eligible_approvers: no(409, 'Too few people could decide that', 'leave it as it is, or ask for something else'),
  justification_required: no(
    400,
    'A reason is required',
    'give a reason of three words or more',
    'context.justification',
  ),
  unknown_parent_task: no(
    400,
    'The incident service does not know the parent task',
    'name one that is open there',
    'context.parent_task',
  ),
  invalid_parent_task: no(
    400,
    'The parent task is not one that a model may name',
    'name it by a plain id, and leave out its address',
    'context.parent_task',
  ),
  invalid_evidence: no(
    400,
    'An address of the evidence is not one that people may be led to',
    'leave it out, or put what matters into `text`',
    'context.evidence',
  ),
  incidents_unreachable: no(
    503,
    'The incident service does not answer, so no request was made',
    'ask again in a moment with the same key',
  ),
  invalid_revision: no(
    400,
    'That request cannot be revised by this one',
    'name a request of yours for the same action and resource, that was sent back at most 7 days ago and not revised yet',
    'context.revises',
  ),
  too_many_revisions: no(
    409,
    'This was revised five times, and that is the limit',
    'ask for something else, or talk to the people who decide',
  ),
  duplicate_request: no(409, 'This Idempotency-Key was used with a different body', 'send a new key with a new body'),
  invalid_target: no(400, 'The grant is for another audience', 'name the audience of the action'),
  replayed: no(401, 'This has arrived before, and counts once', 'leave it: the first one counts'),
  agent_suspended: no(409, 'The agent is suspended', 'have a person look at the agent first'),
  agent_retired: no(409, 'The agent is retired', 'use another agent'),
  owner_inactive: no(409, 'The owner of the agent is not active', 'give the agent another owner first'),
  expired_denial: no(410, 'The evaluation is too old', 'evaluate again'),
  invalid_denial_binding: no(
    400,
    'The request differs from the evaluation',
    'repeat the evaluation and its denial exactly',
  ),
  invalid_run: no(
    409,
    'The run must not be asked for as it is defined now',
    'see the reason, change the definition or make another change set, and ask again',
  ),
  no_service_role: no(
    409,
    'The run names no service role, which would bound it',
    'give the document, the stack or the project a role of its own',
  ),
  own_control_plane: no(409, 'The run concerns what Hotwork itself is made of', 'let people do that, outside Hotwork'),
  not_requestable: no(400, 'People cannot approve this', 'ask for something else'),
  too_many_open: no(429, 'Too many of your requests wait for people', 'wait until some are decided, or withdraw some'),
  too_many_requests: no(429, 'Too many calls came at once', 'ask again later'),
  record_full: no(409, 'The record has reached its size limit', 'end it, and ask for a new one'),
  clock_out_of_range: no(503, 'Two machines disagree about the time', 'ask again in a moment'),
} as const satisfies { readonly [code: string]: Told }

export type Refusal = keyof typeof catalogue
export const Refusal = z.enum(Object.keys(catalogue) as [Refusal, ...Refusal[]])
export const refusals: { readonly [code in Refusal]: Told } = catalogue

const explained = new Set<Refusal>([
  'not_narrower',
  'invalid_suggestion',
  'invalid_arguments',
  'unknown_action',
  'invalid_registry',
  'tool_changed',
  'stand_in_refused',
  'permit_refused',
  'invalid_shape',
  'unknown_profile',
  'bad_reason',
  'bad_incident',
  'window_too_long',
  'cool_down',
  'budget_spent',
  'halted',
  'unknown_target',
  'too_many_requests',
])

/** The absent person's login was too weak, which the stand-in's own cannot fix. */
const weakStandInTold = no(
  403,
  'The person you stand in for named you with a weaker login than this stage asks for',
  'that person can end it and name you again with a stronger login; you can deny',
)

/** The detail of a `self_approval` by words to the agent. */
export const toldTheAgent = 'the words to the agent are on the record of an earlier request'
const toldTheAgentTold = no(
  403,
  'You, or a person that you stand in for, told the agent to ask for this, so you cannot decide it',
  'another person should decide it',
)

/** The message of a refusal; its detail may distinguish two cases. */
export const toldOf = (code: Refusal, detail?: string): Told =>
  detail === weakStandIn ? weakStandInTold : detail === toldTheAgent ? toldTheAgentTold : refusals[code]

/** The message of a refusal as sentences for people. */
export function sentencesOf(code: Refusal, detail?: string): string {
  const { so, next } = toldOf(code, detail)
  const more = detail !== undefined && explained.has(code) ? `: ${detail.replaceAll('`', '')}` : ''
  return `${so}. ${next.charAt(0).toUpperCase()}${next.slice(1)}${more}.`
}
