import type { ViewOutput } from '@slack/bolt'
import type { InputBlock } from '@slack/types'
import * as z from 'zod'
import type { ApprovalRequest } from '../../../domain/requests/request.ts'
import { RequestId } from '../../../domain/values.ts'
import { bold, type CardBlock, code, context, list, plain, quote, rich, section, words } from '../cards/blocks.ts'
import { type OpeningFacts, titleParts } from '../cards/opening-card.ts'
import { tookAws, useLines } from '../cards/opening-done.ts'
import { drillMark, isDrill, openingNow, theirs } from '../cards/opening-status.ts'
import { readValue } from '../edge/click.ts'
import { liveBlock } from '../home/home-view.ts'
import { longestComment, type Modal, textInput } from './modal-blocks.ts'

/** The name under which Slack sends the form. */
export const reviewName = 'review'

/** What the form is about, and which card was seen. Never what anybody typed. */
const Metadata = z.strictObject({ r: RequestId, c: z.string().max(32).optional(), t: z.string().max(32).optional() })
type ReviewSubject = { request: RequestId; channel?: string | undefined; ts?: string | undefined }

export function readReviewed(text: string): ReviewSubject | undefined {
  const read = readValue(Metadata, text)
  return read && { request: read.r, channel: read.c, ts: read.t }
}

/** How many uses it shows: all of them are on the card and the page. */
const mostUses = 6

/** Asks what somebody found who looked at an opening that has ended: one of two answers, and always why. */
export function reviewModal(
  state: ApprovalRequest,
  facts: OpeningFacts,
  { request: r, channel: c, ts: t }: ReviewSubject,
): Modal {
  const { ask } = state
  const uses = [
    ...useLines(state, mostUses),
    ...(tookAws(state)
      ? [section(words('AWS credentials were taken: each call is on the page, “Read all of it”'))]
      : []),
  ]
  return {
    type: 'modal',
    callback_id: reviewName,
    private_metadata: JSON.stringify({ r, ...(c === undefined || t === undefined ? {} : { c, t }) }),
    title: plain(isDrill(state) ? `${drillMark}: review` : 'Review'),
    submit: plain('Record review'),
    close: plain('Go back'),
    blocks: [
      rich(
        'what',
        section(...(isDrill(state) ? [bold(`${drillMark}: `)] : []), ...titleParts(state, facts)),
        section(...openingNow(state, facts)),
        section(bold('Incident '), code(theirs(ask.breakGlass?.incident, 128)), bold('   Reason given')),
        quote(theirs(ask.breakGlass?.reason, 1_000)),
      ),
      rich(
        'done',
        section(bold('What was done')),
        list(uses.length > 0 ? uses : [section(words('Nothing was done with it through Hotwork'))]),
      ),
      outcomeInput,
      textInput('note', 'What you looked at, and what follows', {
        required: true,
        hint: 'It stands on the card and in the record, for good. A review cannot be taken back.',
      }),
      context(`Break-glass ${ask.id}`),
    ],
  }
}

const outcomeInput = {
  type: 'input',
  block_id: 'outcome',
  label: plain('Was it justified?'),
  element: {
    type: 'radio_buttons',
    action_id: 'outcome',
    options: [
      { text: plain('Justified'), value: 'justified' },
      { text: plain('Not justified: something follows from it'), value: 'not_justified' },
    ],
  },
} as const satisfies InputBlock

const Outcome = z.enum(['justified', 'not_justified'])
type Found = { outcome: z.infer<typeof Outcome>; note: string }

/** What was filled in, or what is missing of it, by field. Slack's client asks for both, and may not be what sent it. */
export function readFound({
  state,
}: Pick<ViewOutput, 'state'>): { found: Found } | { wrong: { [field: string]: string }; note?: string } {
  const outcome = Outcome.safeParse(state.values['outcome']?.['outcome']?.selected_option?.value)
  const note = [...(state.values['note']?.['note']?.value?.trim() ?? '')].slice(0, longestComment).join('')
  if (outcome.success && note !== '') return { found: { outcome: outcome.data, note } }
  return {
    wrong: {
      ...(outcome.success ? {} : { outcome: 'Say which of the two it was.' }),
      ...(note === '' ? { note: 'Say what you looked at: whoever reads the record was not there.' } : {}),
    },
  }
}

/** The name under which Slack sends the form. */
export const revokeName = 'revoke'

const Value = z.strictObject({ r: RequestId })

/** What a Revoke button, or the form that it opens, is about; undefined for a value that is none of ours. */
export const readRevoke = (value: unknown): RequestId | undefined => readValue(Value, value)?.r

/**
 * Asks why a grant is to be revoked. It shows what the tab showed beside the button, as Slack signed it, so that it opens
 * before anything is read: a trigger is good for three seconds.
 *
 * @param shown the blocks of the tab that was pressed
 */
export function revokeModal(id: RequestId, shown: readonly unknown[]): Modal {
  const same = shown.find((block): block is CardBlock => Shown.safeParse(block).data?.block_id === liveBlock(id))
  return {
    type: 'modal',
    callback_id: revokeName,
    private_metadata: JSON.stringify({ r: id }),
    title: plain('Revoke'),
    submit: plain('Revoke'),
    close: plain('Go back'),
    blocks: [
      same ?? rich('what', section(words('A live grant.'))),
      textInput('reason', 'Why?', { required: true, hint: 'It stands on the card and in the record.' }),
      context(`Its credentials are dead at once; AWS takes some seconds to deny what it issued. ${id}`),
    ],
  }
}

const Shown = z.object({ type: z.literal('rich_text'), block_id: z.string() })

/** The reason that was given, or undefined where it is none. */
export function readReason({ state }: Pick<ViewOutput, 'state'>): string | undefined {
  const reason = state.values['reason']?.['reason']?.value?.trim()
  return reason ? [...reason].slice(0, longestReason).join('') : undefined
}

/** As through the API. */
export const longestReason = 1_000
