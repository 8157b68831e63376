import type { ViewOutput } from '@slack/bolt'
import * as z from 'zod'
import { RequestId } from '../../domain/values.ts'
import { type CardBlock, context, plain, rich, section, words } from './blocks.ts'
import { readValue } from './button-value.ts'
import { liveBlock } from './home-view.ts'
import { type Modal, textInput } from './modal-blocks.ts'

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
