// Rules: test/channels/slack/forms/break-glass-form.test.ts, test/channels/slack/cards/opening-desk.test.ts
import type { ViewOutput } from '@slack/bolt'
import type { PlainTextOption } from '@slack/types'
import * as z from 'zod'
import { jsonIn } from '../../../adapters/read-json.ts'
import { describeOpening } from '../../../domain/cards/opening-view.ts'
import { drillMark, openingNow, openingTitle, tookSession, useSentences } from '../../../domain/cards/opening-words.ts'
import type { ViewFacts } from '../../../domain/cards/request-view.ts'
import { clamp, inert } from '../../../domain/inert.ts'
import type { ApprovalRequest } from '../../../domain/record/request.ts'
import { type Refusal, refusals } from '../../../domain/refusals.ts'
import type { JsonObject } from '../../../domain/values.ts'
import type { ForeseenAsk } from '../../../operations/break-glass/open-break-glass.ts'
import type { Openable } from '../../../operations/break-glass/what-to-open.ts'
import { bold, context, drawn, list, rich, section, words } from '../cards/blocks.ts'
import { reasonParts } from '../cards/opening-card.ts'
import { metadataOf, type Subject } from '../edge/click.ts'
import {
  checkInput,
  choice,
  cut,
  form,
  lineInput,
  type Modal,
  numberInput,
  radioInput,
  saidModal,
  selectInput,
  textIn,
  textInput,
  type Values,
} from './modal-blocks.ts'

export const openName = 'break_glass'

const usualMinutes = 30

export function openModal(openable: Openable | undefined): Modal {
  const title = 'Open with break-glass'
  if (!openable) return saidModal(title, 'No one can use break-glass here: the policies have no break-glass.json.')
  const choices = choicesOf(openable)
  if (choices.length === 0)
    return saidModal(title, 'Policy lets you open nothing with break-glass. Call a person who may.')
  const most = Math.max(1, ...openable.profiles.map(({ window }) => window), openable.window) / 60
  return form(
    openName,
    { title, submit: 'Go on' },
    rich(
      'what-it-is',
      section(
        words(
          'For when you cannot wait for approvals. It opens at once. The people who could have approved it are told, and another person reviews it within a day. “Go on” opens nothing yet.',
        ),
      ),
    ),
    selectInput('what', 'What you need', 'A profile, or one action', choices),
    textInput('reason', 'What is wrong, and what you are going to do'),
    lineInput('incident', 'Incident', `It ${openable.incidentLooks.replaceAll('`', '')}`),
    numberInput(
      'minutes',
      'Minutes',
      { least: 1, most, initial: Math.min(usualMinutes, most) },
      'It ends by itself after this time, and cannot be extended',
    ),
    textInput('arguments', 'Arguments, as JSON', {
      optional: true,
      hint: 'Only for a single action, as in {"Name": "/prod/x"}',
    }),
    checkInput('drill', 'Drill', [choice('drill', 'A drill: people are told, and its credentials can do nothing')]),
    context('A login through Slack is weak: next a page asks for a strong one, and opens it.'),
  )
}

const choicesOf = ({ profiles, actions }: Openable): PlainTextOption[] => [
  ...profiles.map(({ name, title, window }) =>
    choice(`profile ${name}`, clamp(inert(title), 50).text, `${clamp(name, 48).text}, ${window / 60} min at most`),
  ),
  ...actions.map((name) => choice(`action ${name}`, `One action: ${clamp(name, 40).text}`)),
]

type Filled = Omit<ForeseenAsk, 'person'> | { errors: { [field: string]: string } }

export function readOpenForm(values: Values): Filled {
  const [kind, name = ''] = (values['what']?.['what']?.selected_option?.value ?? '').split(' ')
  const said = textIn(values, 'arguments')
  const args = said === '' ? undefined : jsonObject(said)
  const minutes = Number(textIn(values, 'minutes'))
  const errors = {
    ...(name === '' ? { what: 'Choose a profile or an action.' } : {}),
    ...(kind === 'action' && !args
      ? { arguments: 'One action takes its arguments, as a JSON object, each name once.' }
      : {}),
    ...(kind === 'profile' && said !== '' ? { arguments: 'A profile takes no arguments: leave this empty.' } : {}),
    ...(Number.isSafeInteger(minutes) && minutes >= 1 ? {} : { minutes: 'Write a whole number of minutes.' }),
  }
  if (Object.keys(errors).length > 0) return { errors }
  return {
    what: kind === 'action' ? { action: name, arguments: args ?? {} } : { profile: name },
    reason: cut(textIn(values, 'reason')),
    incident: textIn(values, 'incident').slice(0, 128),
    minutes,
    drill: (values['drill']?.['drill']?.selected_options ?? []).length > 0,
  }
}

function jsonObject(text: string): JsonObject | undefined {
  const value = jsonIn(text)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
}

export function openField(code: Refusal | undefined): string {
  const field = code && refusals[code].field
  return field && ['reason', 'incident', 'minutes', 'arguments'].includes(field) ? field : 'what'
}

export const reviewName = 'review'

/** The most uses shown. The card and the page have all of them. */
const mostUses = 6

/** Asks the reviewer of an ended opening for one of two findings, and always for a reason. */
export function reviewModal(state: ApprovalRequest, facts: ViewFacts, about: Omit<Subject, 'round' | 'digest'>): Modal {
  const view = describeOpening(state, facts)
  const mark = view.drill ? `${drillMark}: ` : ''
  const uses = [
    ...useSentences(view, mostUses).map((each) => section(...drawn(each))),
    ...(tookSession(view)
      ? [section(words('AWS credentials were taken: each call is on the page, “Read all of it”'))]
      : []),
  ]
  return form(
    reviewName,
    { title: mark === '' ? 'Review' : `${mark}review`, submit: 'Record review', about: metadataOf(about) },
    rich(
      'what',
      section(...(mark === '' ? [] : [bold(mark)]), ...drawn(openingTitle(view))),
      section(...drawn(openingNow(view))),
      ...reasonParts(view, 1_000),
    ),
    rich(
      'done',
      section(bold('What was done')),
      list(uses.length > 0 ? uses : [section(words('Nothing was done with it through Hotwork'))]),
    ),
    radioInput('outcome', 'Was it justified?', [
      choice('justified', 'Justified'),
      choice('not_justified', 'Not justified: it has consequences'),
    ]),
    textInput('note', 'What you looked at, and what follows', {
      hint: 'The card and the record show it. A review cannot be taken back.',
    }),
    context(`Break-glass ${view.id}`),
  )
}

const Outcome = z.enum(['justified', 'not_justified'])
type Found = { outcome: z.infer<typeof Outcome>; note: string }

/** The submitted finding, or its missing fields. Both are checked again, since the sender may not be Slack's client. */
export function readFound({
  state,
}: Pick<ViewOutput, 'state'>): { found: Found } | { wrong: { [field: string]: string } } {
  const outcome = Outcome.safeParse(state.values['outcome']?.['outcome']?.selected_option?.value)
  const note = cut(textIn(state.values, 'note'))
  if (outcome.success && note !== '') return { found: { outcome: outcome.data, note } }
  return {
    wrong: {
      ...(outcome.success ? {} : { outcome: 'Choose one of the two.' }),
      ...(note === '' ? { note: 'Name the evidence that you looked at, for later readers.' } : {}),
    },
  }
}
