import type { ViewOutput } from '@slack/bolt'
import type { InputBlock } from '@slack/types'
import * as z from 'zod'
import type { ApprovalRequest } from '../../domain/requests/request.ts'
import { RequestId } from '../../domain/values.ts'
import { bold, code, context, list, plain, quote, rich, section, words } from './blocks.ts'
import { readValue } from './button-value.ts'
import { type EmergencyFacts, titleParts } from './emergency-card.ts'
import { tookAws, useLines } from './emergency-done.ts'
import { drillMark, emergencyNow, isDrill, theirs } from './emergency-status.ts'
import { longestComment, type Modal, textInput } from './modal-blocks.ts'

/** The name under which Slack sends the form. */
export const reviewName = 'review'

/** What the form is about, and which card was seen. Never what anybody typed. */
const Metadata = z.strictObject({ r: RequestId, c: z.string().max(32).optional(), t: z.string().max(32).optional() })
export type ReviewSubject = { request: RequestId; channel?: string | undefined; ts?: string | undefined }

export function readReviewed(text: string): ReviewSubject | undefined {
  const read = readValue(Metadata, text)
  return read && { request: read.r, channel: read.c, ts: read.t }
}

/** How many uses it shows: all of them are on the card and the page. */
const mostUses = 6

/** Asks what somebody found who looked at an opening that has ended: one of two answers, and always why. */
export function reviewModal(
  state: ApprovalRequest,
  facts: EmergencyFacts,
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
        section(...emergencyNow(state, facts)),
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
export type Found = { outcome: z.infer<typeof Outcome>; note: string }

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
