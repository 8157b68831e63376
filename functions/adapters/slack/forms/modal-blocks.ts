import type { ViewOutput } from '@slack/bolt'
import type { InputBlock, ModalView, RichTextElement } from '@slack/types'
import { clamp, inert } from '../../../domain/inert.ts'
import { type CardBlock, plain, rich, section, words } from '../cards/blocks.ts'
import type { Carried } from '../edge/click.ts'
import { patience, type WebApi, webClients } from '../edge/client.ts'
import type { EdgeOptions } from '../edge/edge-options.ts'

/** A form that one person fills in, from blocks that read no markup. https://docs.slack.dev/reference/views/modal-views */
export type Modal = Omit<ModalView, 'blocks'> & { blocks: (CardBlock | InputBlock)[] }

/** What was filled in, by block and action, as Slack sends it. */
export type Values = ViewOutput['state']['values']

/** A sentence of ours, for one person alone, in place of a form or after it; and what to click next. */
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

/**
 * Shows a form, or a sentence, to whoever acted; a log line where Slack does not take it, or not in time. What came before it
 * is on record either way.
 *
 * @param until when to stop waiting for Slack: sooner where somebody is still to be told that it was not shown
 * @returns whether it was shown, as far as is known in time
 */
export async function showModal(
  trigger: string,
  modal: Modal,
  { deadline }: Carried,
  { openModal, log }: Pick<EdgeOptions, 'openModal' | 'log'>,
  until: number = patience.answer,
): Promise<boolean> {
  const form = modal.callback_id
  try {
    const { done } = await deadline.within(openModal(trigger, modal), until)
    if (!done) log.warn('form not opened', { form, fault: 'NotInTime' })
    return done
  } catch (fault) {
    log.warn('form not opened', { form, fault: fault instanceof Error ? fault.name : 'unknown' })
    return false
  }
}

/** A trigger is good for three seconds, and whoever clicked waits as long. */
const timeoutMs = 1_500

/**
 * Opens forms through Slack's Web API: the one thing at this door that takes the bot token, which is read for it alone.
 * One attempt, since a second would come too late.
 */
export function createModals(api: WebApi): EdgeOptions['openModal'] {
  const clients = webClients(api, { timeoutMs })
  return async (trigger_id, view) => {
    const client = await clients()
    await client.views.open({ trigger_id, view })
  }
}
