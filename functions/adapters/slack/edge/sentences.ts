import { nameIn } from '../../../domain/cards/request-words.ts'
import { clamp, inert } from '../../../domain/inert.ts'
import { weakStandIn } from '../../../domain/people/login-strength.ts'
import type { Bundle } from '../../../domain/policy/bundle.ts'
import type { Refusal } from '../../../domain/refusals.ts'
import {
  type ApprovalRequest,
  approversOf,
  namesOf,
  openStage,
  type StageState,
} from '../../../domain/requests/request.ts'
import type { RequestId } from '../../../domain/values.ts'
import type { NoPerson } from './click.ts'

/** What a refusal is about: the request as it now stands, if there is one, and what the refusal itself adds. */
export type About = {
  directory: Bundle['directory']
  /** The address of the page of a request. */
  page?: (request: RequestId) => string
  state?: ApprovalRequest | undefined
  detail?: string | undefined
}

type Sentence = (about: About) => string

/** One sentence to the person who clicked, for every no there is: what is so, and who or what is next. */
const sentences: { readonly [Code in Refusal]: Sentence } = {
  not_eligible: ({ state }) => `You are not among those who may decide this request; ${turnOf(state)}.`,
  self_approval: ({ state }) =>
    `You own the agent that asks (${state?.ask.agent.id ?? 'one of yours'}), so somebody else must decide; ${turnOf(state)}.`,
  already_decided: ({ state }) => `You have decided this request before, and nobody counts twice; ${turnOf(state)}.`,
  already_settled: (about) => `It was too late, nothing has changed: ${endOf(about)}.`,
  stage_not_open: ({ state }) => `It is not your stage's turn yet, though you can deny at any time; ${turnOf(state)}.`,
  stage_over: ({ state }) =>
    `Your stage has all its approvals already, so yours was not counted; you can still deny; ${turnOf(state)}.`,
  not_shown_in_full: ({ state, page }) =>
    `It is too long to be shown in full here, so your approval was not counted: read all of it, and approve, ${state && page ? `at ${page(state.ask.id)}` : 'on its page'}.`,
  stale_digest: ({ state }) =>
    `That card does not show what is on record, so nothing was counted; use the newest card of this request; ${turnOf(state)}.`,
  stale_round: ({ state }) =>
    `The request has changed since that card, so nothing was counted; read the newest card, round ${state?.round ?? 'unknown'}, and decide again; ${turnOf(state)}.`,
  insufficient_login: ({ state, detail, page }) =>
    detail === weakStandIn
      ? `Nothing was recorded: ${weakStandIn}. The person you stand in for can end it and name you again through the API with a stronger login; you can deny.`
      : `Approving here needs ${loginOf(detail)} than Slack's: log in and approve ${state && page ? `at ${page(state.ask.id)}` : 'on the page that the card leads to'}; denying needs none.`,
  comment_required: ({ state }) =>
    `Approving at this stage needs a reason: approve again and write one; ${turnOf(state)}.`,
  not_narrower: ({ detail }) =>
    `Nothing has changed: ${detail ?? 'what you left should be less than what was asked for'}.`,
  narrowed_too_often: ({ state }) =>
    `It has been narrowed three times, which is the most; approve it as it is, or deny it; ${turnOf(state)}.`,
  not_in_bulk: ({ state }) =>
    `It is not decided together with others: open it and decide it by itself; ${turnOf(state)}.`,
  not_decided: ({ state }) => `You have decided nothing of this request that a reason could go with; ${turnOf(state)}.`,
  already_commented: () => 'Your decision has its reason already, and the record keeps the first.',
  comment_too_late: () => 'Your decision stands, but its reason came more than an hour later and was not recorded.',
  stand_in_refused: ({ detail }) =>
    `That person cannot decide in your stead${detail === undefined ? '' : `: ${detail}`}.`,
  unknown_stand_in: () => 'There is no such stand-in.',
  permit_refused: ({ detail }) => `That cannot be allowed ahead${detail === undefined ? '' : `: ${detail}`}.`,
  unknown_permit: () => 'There is no such standing permit.',
  unknown_profile: ({ detail }) =>
    `There is no such profile or action to use break-glass for${detail === undefined ? '' : `: ${detail}`}.`,
  unknown_action: ({ detail }) => `There is no such action${detail === undefined ? '' : `: ${detail}`}.`,
  invalid_arguments: ({ detail }) =>
    `Those are not arguments for this action${detail === undefined ? '' : `: ${detail}`}.`,
  bad_reason: ({ detail }) =>
    detail === undefined ? 'Say what is wrong, in your own words.' : `That will not do as a reason: ${detail}.`,
  bad_incident: ({ detail }) => `Name the incident${detail === undefined ? '' : `: ${detail}`}.`,
  window_too_long: ({ detail }) => `That is longer than can be opened${detail === undefined ? '' : `: ${detail}`}.`,
  already_open: () => 'It is open already: use that, or end it first.',
  cool_down: ({ detail }) =>
    `It was open a moment ago and cannot be opened again yet${detail === undefined ? '' : ` (${detail})`}.`,
  budget_spent: ({ detail }) =>
    `The minutes of these seven days are used up${detail === undefined ? '' : ` (${detail})`}.`,
  review_overdue: () => 'An earlier opening has not been reviewed, so a second person must vouch for this one.',
  out_of_profile: () => 'That is not among what was opened.',
  self_review: () => 'Somebody else must review it: not the one who did it, nor whoever helped.',
  already_reviewed: () => 'It has been reviewed already.',
  no_review_due: () => 'There is nothing to review yet.',
  replayed: ({ state }) => `This had arrived before and counts once; ${turnOf(state)}.`,
  unknown_request: () => 'There is no such request here; it may be of another deployment.',

  pending: ({ state }) => `It is still pending; ${turnOf(state)}.`,
  denied: (about) => `It has been denied: ${endOf(about)}.`,
  expired: (about) => `It has expired: ${endOf(about)}.`,
  withdrawn: (about) => `It has been withdrawn: ${endOf(about)}.`,
  revoked: (about) => `It has been revoked: ${endOf(about)}.`,
  completed: (about) => `It has been completed: ${endOf(about)}.`,
  policy_denied: ({ state }) => `Policy does not permit this any more, so nothing was counted; ${turnOf(state)}.`,
  policy_error: ({ state }) =>
    `Policy could not be asked, so nothing was counted; tell whoever runs Hotwork; ${turnOf(state)}.`,
  approver_not_eligible: () => 'Somebody who approved may no longer do so, so the grant has been revoked.',
  not_permitted: ({ state }) => `Policy does not let you do that; ${turnOf(state)}.`,
  invalid_task_state: (about) => `That is not possible as things stand: ${endOf(about)}.`,
  halted: ({ detail }) =>
    `It was stopped by a halt${detail === undefined ? '' : ` (${detail})`}, for good; a new request is needed once that is lifted.`,
  ancestor_ended: ({ detail }) =>
    `It was delegated, and what it was delegated from has ended${detail === undefined ? '' : ` (${detail})`}.`,
  outcome_unknown: () => 'Its one call has begun and how it went is not known yet.',
  delegation_cycle: () => 'An agent cannot be given a right that comes from itself.',
  delegation_too_deep: () => 'It has been passed on too often already.',
  wider_than_parent: () => 'What is passed on can only be less than what was approved.',
  invalid_target: () => 'What was asked for is for another audience.',
  clock_out_of_range: () =>
    'A clock here is wrong, so nothing is decided until it is set right; tell whoever runs Hotwork.',

  unknown_target: () => switchesOnly,
  unknown_halt: () => switchesOnly,
  too_many_halts: () => switchesOnly,
  self_lift: () => switchesOnly,
  already_lifted: () => switchesOnly,

  key_mismatch: () => agentsOnly,
  credential_superseded: () => agentsOnly,
  credential_unknown: () => agentsOnly,
  uses_exhausted: () => agentsOnly,
  too_many_sessions: () => agentsOnly,
  wrong_credential_kind: () => agentsOnly,
  no_eligible_approvers: () => agentsOnly,
  session_policy_too_large: () => agentsOnly,
  duplicate_request: () => agentsOnly,
  agent_suspended: () => agentsOnly,
  agent_retired: () => agentsOnly,
  owner_inactive: () => agentsOnly,
  expired_denial: () => agentsOnly,
  invalid_denial_binding: () => agentsOnly,
  not_requestable: () => agentsOnly,
  too_many_open: () => agentsOnly,
  record_full: () => 'Its record is as large as it may be, so it can only be ended; a new request is needed for more.',
  approval_expired: () => agentsOnly,
  out_of_scope: () => agentsOnly,
  approval_unverifiable: () => agentsOnly,
}

/** Refusals of halts, which are declared and lifted through the API alone. */
const switchesOnly = 'That concerns a halt; those are declared and lifted through the API, at /v1/halts.'

/** Refusals of asking and claiming: nothing that is done in Slack earns one. Said all the same, should one ever come. */
const agentsOnly =
  'That was refused for a reason that concerns the agent, not you; the card shows how the request stands.'

export const sentenceFor = (code: Refusal, about: About): string => {
  const { detail, ...rest } = about
  return sentences[code](detail === undefined ? rest : { ...rest, detail: tame(detail) })
}

/** What is said in place of a sentence for requests that people decide, where that would mislead. */
export type Instead = { readonly [code in Refusal]?: string }

/** What is told of a no, or of a fault, which has no code. */
export const saidOf = (
  { code, sentence }: { code?: Refusal | undefined; sentence: string },
  instead: Instead,
): string => (code === undefined ? undefined : instead[code]) ?? sentence

/** A detail may hold what somebody gave. Sentences are read where Slack makes a link of whatever looks like one. */
const tame = (detail: string): string => clamp(inert(detail), 300).text.replace(/(:)(?=\/\/)|(?<=mailto)(:)/gi, '$1$2 ')

/** To somebody who is not a person of this deployment, whatever they clicked. */
export const sentenceForNobody: { readonly [Code in NoPerson]: string } = {
  foreign: 'Only people of the workspace in which Hotwork is installed decide here; your account is of another.',
  guest: 'Guests of this workspace decide nothing here, whoever they are; ask a full member who may.',
  unknown: 'Your Slack account is linked to no person in the directory; whoever keeps the directory can link it.',
  inactive: 'Your entry in the directory is not active; whoever keeps the directory can say why.',
}

export const malformedClick = 'That button is not one that Hotwork made; use the newest card of the request.'
export const malformedForm = 'That form is not one that Hotwork made; use the newest card of the request.'
/** Nothing was attempted. */
export const notOpened = 'The form could not be opened in time, and nothing has changed; try again.'
export const nothingToNarrow =
  'There is nothing in this request that could be made less; approve it as it is, or deny it and say what would do.'
export const nothingLess = 'Nothing is less than it is now: make something less, or go back and approve it as it is.'

export const listChanged =
  'The list has changed since it was drawn so, and nothing was decided; read it as it is now, and decide again.'

/** Whether it was recorded is not known. */
export const notAnswered =
  'The store has not answered yet; the card shows what was recorded; if it has not changed in a minute, try again.'
/** It is known that it was not. */
export const notRecorded =
  'Nothing was recorded, since the store was too slow; the card shows what was recorded; try again.'
/** Something broke that is nobody's no. */
export const failed =
  'Something failed here, and it is not your fault; the card shows what was recorded; if it has not changed in a minute, try again.'

/** The detail names the `acr` that is wanted, or the seconds that a login may be old. */
export const loginOf = (detail: string | undefined): string => {
  if (detail === undefined) return 'a stronger login'
  return /^\d+$/.test(detail) ? `a newer login (at most ${detail} s old)` : `a stronger login (${inert(detail)})`
}

/** Whose turn it is, or how it ended. */
function turnOf(state: ApprovalRequest | undefined): string {
  if (!state) return 'the card shows whose turn it is'
  const stage = state.status === 'pending' ? openStage(state) : undefined
  return stage ? waitOf(stage) : `it is ${state.status} now`
}

function waitOf(stage: StageState): string {
  const missing = stage.terms.quorum - approversOf(stage).length
  return `it waits for ${missing} more of ${namesOf(stage).join(' or ')}`
}

function endOf({ state, detail, directory }: About): string {
  if (!state) return `it is ${inert(detail ?? 'settled')} now`
  switch (state.status) {
    case 'denied':
      return `it was denied by ${nameIn({ directory }, state.deniedBy)}`
    case 'revoked':
      return `it was revoked by ${nameIn({ directory }, state.revokedBy)}`
    case 'approved':
      return 'it is approved already; whoever may decide it can still deny, which revokes it'
    case 'expired':
      return 'it ended when its time was up'
    case 'withdrawn':
      return 'the agent withdrew it'
    case 'completed':
      return 'the agent has reported the end of the task'
    case 'pending':
      return turnOf(state)
    default:
      return state satisfies never
  }
}
