// Rules: test/channels/slack/cards/request-view.test.ts
import type { RichTextElement, RichTextSection } from '@slack/types'
import { colleagueSentences } from '../../../domain/cards/message-words.ts'
import { describeOpening, type OpeningView } from '../../../domain/cards/opening-view.ts'
import { openingNow, openingTitle } from '../../../domain/cards/opening-words.ts'
import { describeRequest, openStageOf, type RequestView, type ViewFacts } from '../../../domain/cards/request-view.ts'
import {
  approvalCount,
  askerText,
  headlineOf,
  noteOf,
  nowOf,
  progressOf,
  tierText,
  titleText,
} from '../../../domain/cards/request-words.ts'
import { openingOf } from '../../../domain/record/origin.ts'
import type { ApprovalRequest } from '../../../domain/record/request.ts'
import { duration, type NumericDate } from '../../../domain/values.ts'
import { bold, code, drawn, section, time, words } from './blocks.ts'
import { signs } from './card.ts'
import { signedHeadline } from './opening-card.ts'

/** Lists show a request in a few lines: its catalogue title, without the agent's words. */

const longestTitle = 120

export const requestRow = (state: ApprovalRequest, facts: ViewFacts): RichTextSection =>
  openingOf(state.ask) ? drawOpeningRow(describeOpening(state, facts)) : drawRow(describeRequest(state, facts))

export function drawRow(view: RequestView): RichTextSection {
  const note = noteOf(view)
  return section(
    words(`${signs[progressOf(view)]} ${headlineOf(view)}: `),
    bold(titleText(view.title, longestTitle)),
    words('\n'),
    ...placeOf(view),
    words(` Asked by ${askerText(view)} at `),
    time(view.submittedAt),
    words('.\n'),
    ...drawn([...nowOf(view), ...(note === undefined ? [] : [' ', { said: note }])]),
  )
}

export const waitingRow = (state: ApprovalRequest, facts: ViewFacts, now: NumericDate): RichTextSection =>
  drawWaitingRow(describeRequest(state, facts), now)

export function drawWaitingRow(view: RequestView, now: NumericDate): RichTextSection {
  const stage = openStageOf(view)
  const decideBy = view.decideBy ?? view.submittedAt
  const until = Math.min(stage?.deadline ?? decideBy, decideBy)
  return section(
    bold(titleText(view.title, longestTitle)),
    words('\n'),
    ...placeOf(view),
    words(` Asked by ${askerText(view)}.\n`),
    bold(timeLeft(until - now)),
    words(', until '),
    time(until),
    words(stage ? `. ${stage.name}: ${approvalCount(stage)}.` : '.'),
    ...colleagueSentences(view).flatMap((each) => [words('\n'), ...drawn(each)]),
  )
}

export function placeOf(view: RequestView): RichTextElement[] {
  const { action, environment, classification, undo } = view
  return [
    bold(`${environment.toUpperCase()} · Tier ${tierText(view)}`),
    words(` · ${classification} data${undo ? ' · ' : ''}`),
    ...(undo ? [undo.possible ? words('can be undone') : bold('CANNOT BE UNDONE')] : []),
    words('\n'),
    code(action),
  ]
}

/** In whole minutes, since lists are not redrawn each second. */
const timeLeft = (seconds: number): string =>
  seconds < 60 ? 'less than a minute left' : `${duration(Math.floor(seconds / 60) * 60)} left`

export const drawOpeningRow = (view: OpeningView): RichTextSection =>
  section(words(`${signedHeadline(view)}\n`), ...drawn([...openingTitle(view), '\n', ...openingNow(view)]))
