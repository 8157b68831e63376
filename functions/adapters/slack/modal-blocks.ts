import type { ViewOutput } from '@slack/bolt'
import type { InputBlock, ModalView, RichTextElement } from '@slack/types'
import { clamp, inert } from '../../domain/inert.ts'
import { type CardBlock, plain, rich, section, words } from './blocks.ts'

/** A form that one person fills in, from blocks that read no markup. https://docs.slack.dev/reference/views/modal-views */
export type Modal = Omit<ModalView, 'blocks'> & { blocks: (CardBlock | InputBlock)[] }

/** What was filled in, by block and action, as Slack sends it. */
export type Values = ViewOutput['state']['values']

/** A sentence of ours, for one person alone, in place of a form or after it; and what to press next. */
export const saidModal = (title: string, sentence: string, ...more: readonly CardBlock[]): Modal =>
  partsModal(title, [words(clamp(inert(sentence), 900).text)], ...more)

/** The same where there is a time in it, which each reads in their own zone; others' words in it are inert already. */
export const partsModal = (title: string, parts: RichTextElement[], ...more: readonly CardBlock[]): Modal => ({
  type: 'modal',
  title: plain(title),
  close: plain('Close'),
  blocks: [rich('said', section(...parts)), ...more],
})

/** The most that a comment may be, as through the API. */
export const longestComment = 1_000

export function textInput(name: string, label: string, { required, hint }: { required: boolean; hint?: string }) {
  return {
    type: 'input',
    block_id: name,
    label: plain(label),
    optional: !required,
    ...(hint === undefined ? {} : { hint: plain(hint) }),
    element: { type: 'plain_text_input', action_id: name, multiline: true, max_length: longestComment },
  } as const satisfies InputBlock
}

/** A whole number between two, which begins as the greater one. */
export function numberInput(name: string, label: string, { least, most }: { least: number; most: number }) {
  return {
    type: 'input',
    block_id: name,
    label: plain(label),
    hint: plain(`${least} to ${most}, which is what it is now`),
    element: {
      type: 'number_input',
      action_id: name,
      is_decimal_allowed: false,
      initial_value: String(most),
      min_value: String(least),
      max_value: String(most),
    },
  } as const satisfies InputBlock
}
