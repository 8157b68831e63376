import type { Carried } from './carried.ts'
import type { EdgeOptions } from './edge-options.ts'
import type { Modal } from './modal-blocks.ts'
import { patience } from './patience.ts'

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
