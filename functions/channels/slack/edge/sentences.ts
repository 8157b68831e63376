import { nameIn } from '../../../domain/cards/who.ts'
import { clamp, inert } from '../../../domain/inert.ts'
import { weakStandIn } from '../../../domain/people/login-strength.ts'
import type { Bundle } from '../../../domain/policy/bundle.ts'
import { fillingOf } from '../../../domain/policy/filling.ts'
import { openingOf } from '../../../domain/record/origin.ts'
import type { ApprovalRequest, StageState } from '../../../domain/record/request.ts'
import { openStage } from '../../../domain/record/request.ts'
import { type Refusal, sentencesOf } from '../../../domain/refusals.ts'
import type { RequestId } from '../../../domain/values.ts'
import type { NoPerson } from './click.ts'

export type About = {
  directory: Bundle['directory']
  page?: (request: RequestId) => string
  state?: ApprovalRequest | undefined
  detail?: string | undefined
}

export function sentenceFor(code: Refusal, about: About): string {
  const { state, page } = about
  const detail = about.detail === undefined ? undefined : tame(about.detail)
  const where = state && page ? `at ${page(state.ask.id)}` : 'on the page that the card leads to'
  if (code === 'insufficient_login' && detail !== weakStandIn)
    return `Approving here needs ${loginOf(detail)} than Slack's. Log in and approve ${where}. Denying needs none.`
  const address = code === 'not_shown_in_full' && state && page ? ` Its page is ${page(state.ask.id)}.` : ''
  return `${sentencesOf(code, detail)}${address}${standOf(state, about)}`
}

/** Keeps Slack from linking words in a detail, which may contain a caller's text. */
export const tame = (detail: string): string =>
  clamp(inert(detail), 300).text.replace(/(:)(?=\/\/)|(?<=mailto)(:)/gi, '$1$2 ')

/** The sentences for the owner of an account without a person who may act. */
export const sentenceForAccount: { readonly [Code in NoPerson]: string } = {
  foreign:
    'Your Slack account belongs to another workspace. Only people of the workspace in which Hotwork is installed decide here.',
  guest: 'You are a guest of this workspace, and guests may not decide here. Ask a full member.',
  unknown: 'Your Slack account is not linked to a person. Ask the people who keep Hotwork’s directory to add it.',
  inactive: 'Your entry in Hotwork’s directory is not active. Ask the people who keep the directory.',
}

export const malformedClick = 'That button is not Hotwork’s. Use the newest card of the request.'
export const malformedForm = 'That form is not Hotwork’s. Use the newest card of the request.'
/** The sentence for an unopened form, after which nothing was attempted. */
export const notOpened = 'The form could not be opened in time, and nothing has changed. Try again.'
export const nothingToNarrow = 'This request cannot be narrowed. Approve it unchanged, or deny it with a comment.'
export const nothingLess =
  'You changed nothing. Lower a number or leave an item out, or go back and approve the request unchanged.'

export const listChanged =
  'The list has changed since you read it, so nothing was decided. Read it again, and decide again.'

export const shownOnCard = 'The card shows what was recorded.'
export const shownOnHome = 'Hotwork’s Home tab shows what was recorded.'
/** The sentence for an unknown result. */
export const notAnswered = `The store has not answered yet. ${shownOnCard} If it has not changed in a minute, try again.`
/** The sentence for an act that was not recorded. */
export const notRecorded = 'Nothing was recorded, since the store was too slow. Try again.'
/** The sentence for a fault. */
export const failed = `Something failed in Hotwork. ${shownOnCard} If it has not changed in a minute, try again.`

/** The sentence for a missing right, after which retries do not help. */
export const operatorMustLook =
  'AWS denies Hotwork a right that this needs. An operator must look: trying again does not help until they have.'

/** The sentence for a person whose work failed by `fault`. */
export const saidOf = (fault: string | undefined, otherwise: string): string =>
  fault === 'RightMissing' ? operatorMustLook : otherwise

/** The login that the detail names: an `acr`, or the greatest age in seconds. */
export const loginOf = (detail: string | undefined): string => {
  if (detail === undefined) return 'a stronger login'
  return /^\d+$/.test(detail) ? `a newer login (at most ${detail} s old)` : `a stronger login (${inert(detail)})`
}

/** The waiting stage, or the end of the request. For openings the card shows it. */
function standOf(state: ApprovalRequest | undefined, { directory }: Pick<About, 'directory'>): string {
  if (!state || openingOf(state.ask)) return ''
  switch (state.status) {
    case 'pending': {
      const stage = openStage(state)
      return stage ? ` ${waitOf(stage)}` : ''
    }
    case 'denied':
      return ` It was denied by ${nameIn({ directory }, state.deniedBy)}.`
    case 'revoked':
      return ` It was revoked by ${nameIn({ directory }, state.revokedBy)}.`
    case 'approved':
      return ' It is approved: a person who may decide it can still deny, which revokes it.'
    case 'expired':
      return ' It ended when its time was up.'
    case 'withdrawn':
      return ' The agent withdrew it.'
    case 'completed':
      return ' The agent has reported the end of the task.'
    default:
      return state satisfies never
  }
}

function waitOf(stage: StageState): string {
  const { missing, names } = fillingOf(stage)
  return `It waits for ${missing} more of ${names.join(' or ')}.`
}
