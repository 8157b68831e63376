// Rules: test/channels/slack/forms/forms.test.ts
import type { ViewOutput } from '@slack/bolt'
import type { InputBlock, ModalView, PlainTextOption, RichTextElement } from '@slack/types'
import * as z from 'zod'
import { clamp, inert } from '../../../domain/inert.ts'
import { defined, NumericDate } from '../../../domain/values.ts'
import { bold, type CardBlock, plain, preformatted, rich, section, words } from '../cards/blocks.ts'
import type { Carried } from '../edge/click.ts'
import { patience } from '../edge/client.ts'
import type { EdgeOptions } from '../edge/edge-options.ts'

/** A form for one person, from blocks that read no markup. https://docs.slack.dev/reference/views/modal-views */
export type Modal = Omit<ModalView, 'blocks'> & { blocks: (CardBlock | InputBlock)[] }

export type Values = ViewOutput['state']['values']

/** A form to fill in. Slack keeps `about` beside it, and returns it. */
export const form = (
  name: string,
  { title, submit, close = 'Go back', about }: { title: string; submit: string; close?: string; about?: string },
  ...blocks: Modal['blocks']
): Modal => ({
  type: 'modal',
  callback_id: name,
  ...defined({ private_metadata: about }),
  title: plain(title),
  submit: plain(submit),
  close: plain(close),
  blocks,
})

/** A sentence for one person, in place of a form or after it. */
export const saidModal = (title: string, sentence: string, ...more: readonly CardBlock[]): Modal =>
  partsModal(title, [said(sentence)], ...more)

/** A sentence with a time in the reader's zone. Others' words in it are already inert. */
export const partsModal = (title: string, parts: RichTextElement[], ...more: readonly CardBlock[]): Modal => ({
  type: 'modal',
  title: plain(title),
  close: plain('Close'),
  blocks: [rich('said', section(...parts)), ...more],
})

const said = (sentence: string) => words(clamp(inert(sentence), 900).text)

/** The present facts and the typed text, after a form that cannot be submitted again. */
export const truthModal = (sentence: string, typed?: string): Modal =>
  saidModal(
    'Not counted',
    sentence,
    ...(typed === undefined || typed.trim() === ''
      ? []
      : [rich('typed', section(bold('You had written')), preformatted(clamp(inert(typed), longestComment * 3).text))]),
  )

/** The longest comment, reason or note, as in the API. Characters. */
const longestComment = 1_000

type InputOf<Type extends string> = Omit<Extract<InputBlock['element'], { type: Type }>, 'action_id'>
type Beside = { hint?: string; optional?: boolean }

export const input = <Type extends InputBlock['element']['type']>(
  name: string,
  label: string,
  element: InputOf<Type> & { type: Type },
  { hint, optional = false }: Beside,
) =>
  ({
    type: 'input',
    block_id: name,
    label: plain(label),
    ...defined({ hint: hint === undefined ? undefined : plain(clamp(hint, 200).text) }),
    optional,
    element: { action_id: name, ...element },
  }) as InputBlock

export const textInput = (name: string, label: string, beside: Beside = {}, most = longestComment): InputBlock =>
  input(name, label, { type: 'plain_text_input', multiline: true, max_length: most }, beside)

export const lineInput = (name: string, label: string, hint: string, beside: Beside = {}): InputBlock =>
  input(name, label, { type: 'plain_text_input', max_length: 128 }, { hint, ...beside })

export const numberInput = (
  name: string,
  label: string,
  { least, most, initial, decimal = false }: { least: number; most: number; initial: number; decimal?: boolean },
  hint: string,
): InputBlock =>
  input(
    name,
    label,
    {
      type: 'number_input',
      is_decimal_allowed: decimal,
      initial_value: String(initial),
      min_value: String(least),
      max_value: String(most),
    },
    { hint },
  )

export const dateInput = (name: string, label: string, initial: number | undefined, beside: Beside): InputBlock =>
  input(name, label, { type: 'datetimepicker', ...defined({ initial_date_time: initial }) }, beside)

/** Slack's limit for the choices of a menu. */
export const mostChoices = 100

export const selectInput = (
  name: string,
  label: string,
  placeholder: string,
  choices: PlainTextOption[],
  beside: Beside = {},
): InputBlock =>
  input(
    name,
    label,
    { type: 'static_select', placeholder: plain(placeholder), options: choices.slice(0, mostChoices) },
    beside,
  )

export const choice = (value: string, text: string, description?: string): PlainTextOption => ({
  text: plain(text),
  value,
  ...defined({ description: description === undefined ? undefined : plain(description) }),
})

export const radioInput = (name: string, label: string, options: PlainTextOption[]): InputBlock =>
  input(name, label, { type: 'radio_buttons', options }, {})

export const checkInput = (name: string, label: string, options: PlainTextOption[]): InputBlock =>
  input(name, label, { type: 'checkboxes', options }, { optional: true })

const When = z.object({ selected_date_time: NumericDate.nullish() })

export const dateIn = (values: Values, name: string): NumericDate | undefined =>
  When.safeParse(values[name]?.[name]).data?.selected_date_time ?? undefined

export const textIn = (values: Values, name: string): string => values[name]?.[name]?.value?.trim() ?? ''

/** Cut to the longest comment, because the sender may not be Slack's client. */
export const cut = (text: string): string => [...text].slice(0, longestComment).join('')

/**
 * Shows a form. Earlier acts stay on record even if it fails.
 * @param until when to stop waiting for Slack
 * @returns whether it was shown, if known in time
 */
export async function showModal(
  trigger: string,
  modal: Modal,
  { deadline }: Carried,
  { openModal, log }: Pick<EdgeOptions, 'openModal' | 'log'>,
  until: number = patience.answer,
): Promise<boolean> {
  const warn = (fault: string) => log.warn('form_not_opened', { form: modal.callback_id, fault })
  return (await deadline.inTime(() => openModal(trigger, modal), until, warn)) !== undefined
}
