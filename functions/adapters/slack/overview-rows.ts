import type { RichTextElement, RichTextSection } from '@slack/types'
import {
  type ApprovalRequest,
  approversOf,
  openStage,
  type PendingRequest,
  usesLeft,
} from '../../domain/requests/request.ts'
import type { NumericDate } from '../../domain/values.ts'
import { duration } from '../../domain/values.ts'
import type { LiveGrant } from '../../operations/cards/read-overview.ts'
import { bold, section, time, words } from './blocks.ts'
import { type CardFacts, placeOf, titleFor } from './card-facts.ts'
import { headlineOf, nowOf } from './card-status.ts'
import { type EmergencyFacts, titleParts } from './emergency-card.ts'
import { emergencyHeadline, emergencyNow } from './emergency-status.ts'

/** A request in a few lines, for lists: the title from the catalogue, never what an agent says of it. */

const longestTitle = 120

const title = (state: ApprovalRequest, facts: CardFacts): RichTextElement => bold(titleFor(facts, state, longestTitle))
const newline = words('\n')

/** Of something that somebody is to decide: what, where, under how much scrutiny, and how much time is left. */
export const waitingRow = (state: PendingRequest, facts: CardFacts, now: NumericDate): RichTextSection =>
  section(
    title(state, facts),
    newline,
    ...placeOf(facts, state),
    words(` Asked by ${state.ask.agent.id}.`),
    newline,
    ...turnOf(state, now),
  )

/** Of something that an agent of theirs asked for: what has become of it. */
export function ownRow(state: ApprovalRequest, facts: EmergencyFacts): RichTextSection {
  if (state.ask.breakGlass) return emergencyRow(state, facts)
  const { sign, words: status } = headlineOf(state)
  return section(
    words(`${sign} ${status}: `),
    title(state, facts),
    newline,
    ...placeOf(facts, state),
    words(` Asked by ${state.ask.agent.id} at `),
    time(state.submittedAt),
    words('.'),
    newline,
    ...nowOf(state, facts),
  )
}

/** Of something that is live: whose it is, until when, and how much of it is left. */
export function liveRow({ state }: LiveGrant, facts: EmergencyFacts): RichTextSection {
  if (state.ask.breakGlass) return emergencyRow(state, facts)
  const left = usesLeft(state)
  return section(
    title(state, facts),
    newline,
    ...placeOf(facts, state),
    words(` Of ${state.ask.agent.id}.`),
    newline,
    ...nowOf(state, facts),
    // Once it is claimed, what holds now says so itself.
    ...(state.grant.claimedAt === undefined ? [words(` Uses left: ${left} of ${state.ask.uses}.`)] : []),
  )
}

/** Nobody approved it, so there is no tier to name and nobody who asked. */
const emergencyRow = (state: ApprovalRequest, facts: EmergencyFacts): RichTextSection => {
  const { sign, words: status } = emergencyHeadline(state)
  return section(
    words(`${sign} ${status}`),
    newline,
    ...titleParts(state, facts),
    newline,
    ...emergencyNow(state, facts),
  )
}

function turnOf(state: PendingRequest, now: NumericDate): RichTextElement[] {
  const stage = openStage(state)
  const until = Math.min(stage?.deadline ?? state.decideBy, state.decideBy)
  const count = stage ? ` ${stage.terms.name}: ${approversOf(stage).length} of ${stage.terms.quorum} approved.` : ''
  return [bold(leftWords(until - now)), words(', until '), time(until), words(`.${count}`)]
}

/** How long is left, in whole minutes: a list is not redrawn every second. */
const leftWords = (seconds: number): string =>
  seconds < 60 ? 'less than a minute left' : `${duration(Math.floor(seconds / 60) * 60)} left`
