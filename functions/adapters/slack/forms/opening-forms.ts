import type { ViewOutput } from '@slack/bolt'
import type { InputBlock, PlainTextOption } from '@slack/types'
import * as z from 'zod'
import { clamp, inert } from '../../../domain/inert.ts'
import { type Refusal, refusals } from '../../../domain/refusals.ts'
import type { ApprovalRequest } from '../../../domain/requests/request.ts'
import { type JsonObject, RequestId } from '../../../domain/values.ts'
import type { PrepareAsk } from '../../../operations/break-glass/prepare-opening.ts'
import type { Openable } from '../../../operations/break-glass/what-to-open.ts'
import { bold, code, context, list, plain, quote, rich, section, words } from '../cards/blocks.ts'
import { type OpeningFacts, titleParts, tookAws, useLines } from '../cards/opening-card.ts'
import { drillMark, isDrill, openingNow, theirs } from '../cards/opening-status.ts'
import { readValue } from '../edge/click.ts'
import { longestComment, type Modal, saidModal, textInput, type Values } from './modal-blocks.ts'

/** The name under which Slack sends the form. */
export const openName = 'break_glass'

const mostChoices = 100
const usualMinutes = 30

/** Asks what is to be opened in an opening, why, for which incident and for how long; undefined where the deployment has no break-glass. */
export function openModal(openable: Openable | undefined): Modal {
  if (!openable)
    return saidModal('Open with break-glass', 'No one can use break-glass here: the policies have no break-glass.json.')
  const choices = choicesOf(openable)
  if (choices.length === 0) return saidModal('Open with break-glass', refusedBeforehand)
  const most = Math.max(1, ...openable.profiles.map(({ window }) => window), openable.window) / 60
  return {
    type: 'modal',
    callback_id: openName,
    title: plain('Open with break-glass'),
    submit: plain('Go on'),
    close: plain('Go back'),
    blocks: [
      rich(
        'what-it-is',
        section(
          words(
            'For an emergency: it opens at once, nobody is asked, everybody is told, and somebody else reviews it within a day. Nothing is open yet when you click Go on.',
          ),
        ),
      ),
      {
        type: 'input',
        block_id: 'what',
        label: plain('What you need'),
        element: {
          type: 'static_select',
          action_id: 'what',
          placeholder: plain('A profile, or one action'),
          options: choices,
        },
      },
      textInput('reason', 'What is wrong, and what you are going to do', { required: true }),
      lineInput('incident', 'Incident', `It ${openable.incidentLooks.replaceAll('`', '')}`),
      {
        type: 'input',
        block_id: 'minutes',
        label: plain('Minutes'),
        hint: plain('It ends by itself then, and cannot be made longer'),
        element: {
          type: 'number_input',
          action_id: 'minutes',
          is_decimal_allowed: false,
          initial_value: String(Math.min(usualMinutes, most)),
          min_value: '1',
          max_value: String(most),
        },
      },
      textInput('arguments', 'Arguments, as JSON', {
        required: false,
        hint: 'For one action alone, as in {"Name": "/prod/x"}',
      }),
      {
        type: 'input',
        block_id: 'drill',
        optional: true,
        label: plain('Drill'),
        element: {
          type: 'checkboxes',
          action_id: 'drill',
          options: [{ text: plain('A drill: everybody is told, and its credentials can do nothing'), value: 'drill' }],
        },
      },
      context('Slack is no strong login: a page asks for one next, and opens it.'),
    ],
  }
}

const refusedBeforehand =
  'Policy lets you open nothing in an opening, so there is no form to fill in. Call a person whom it lets.'

const choicesOf = ({ profiles, actions }: Openable): PlainTextOption[] =>
  [
    ...profiles.map(({ name, title, window }) => ({
      text: plain(clamp(inert(title), 50).text),
      description: plain(`${clamp(name, 48).text}, ${window / 60} min at most`),
      value: `profile ${name}`,
    })),
    ...actions.map((name) => ({ text: plain(`One action: ${clamp(name, 40).text}`), value: `action ${name}` })),
  ].slice(0, mostChoices)

const lineInput = (name: string, label: string, hint: string): InputBlock => ({
  type: 'input',
  block_id: name,
  label: plain(label),
  hint: plain(clamp(hint, 200).text),
  element: { type: 'plain_text_input', action_id: name, max_length: 128 },
})

type Filled = Omit<PrepareAsk, 'person'> | { errors: { [field: string]: string } }

/** What was filled in; or what is none, beside its field. Lengths are asked again: Slack's client keeps to them, and may not be it. */
export function readOpenForm(values: Values): Filled {
  const text = (name: string) => values[name]?.[name]?.value?.trim() ?? ''
  const [kind, name = ''] = (values['what']?.['what']?.selected_option?.value ?? '').split(' ')
  const said = text('arguments')
  const args = said === '' ? undefined : jsonObject(said)
  const minutes = Number(text('minutes'))
  const errors = {
    ...(name === '' ? { what: 'Choose what you need.' } : {}),
    ...(kind === 'action' && !args ? { arguments: 'One action takes its arguments, as a JSON object.' } : {}),
    ...(kind === 'profile' && said !== '' ? { arguments: 'A profile takes no arguments: leave this empty.' } : {}),
    ...(Number.isSafeInteger(minutes) && minutes >= 1 ? {} : { minutes: 'A whole number of minutes.' }),
  }
  if (Object.keys(errors).length > 0) return { errors }
  return {
    what: kind === 'action' ? { action: name, arguments: args ?? {} } : { profile: name },
    reason: [...text('reason')].slice(0, 1_000).join(''),
    incident: text('incident').slice(0, 128),
    minutes,
    drill: (values['drill']?.['drill']?.selected_options ?? []).length > 0,
  }
}

function jsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}

/** The field of the form that a refusal speaks of. */
export function openField(code: Refusal | undefined): string {
  const field = code && refusals[code].field
  return field && ['reason', 'incident', 'minutes', 'arguments'].includes(field) ? field : 'what'
}

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
