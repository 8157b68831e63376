// Rules: test/channels/slack/home/home.test.ts
import type { ViewOutput } from '@slack/bolt'
import * as z from 'zod'
import type { RequestId } from '../../../domain/values.ts'
import { type CardBlock, context, rich, section, words } from '../cards/blocks.ts'
import { metadataOf } from '../edge/click.ts'
import { liveBlock } from '../home/home-view.ts'
import { cut, form, type Modal, textIn, textInput } from './modal-blocks.ts'

export const revokeName = 'revoke'

/**
 * The form repeats the tab's block about the grant, so that it opens without a read: a trigger expires after three
 * seconds.
 * @param shown the blocks of the tab that was clicked
 */
export function revokeModal(id: RequestId, shown: readonly unknown[]): Modal {
  const same = shown.find((block): block is CardBlock => Shown.safeParse(block).data?.block_id === liveBlock(id))
  return form(
    revokeName,
    { title: 'Revoke', submit: 'Revoke', about: metadataOf({ request: id }) },
    same ?? rich('what', section(words('A live grant.'))),
    textInput('reason', 'Why?', { hint: 'The card and the record show it.' }),
    context(`Its credentials end at once; AWS takes some seconds to deny those that it issued. ${id}`),
  )
}

const Shown = z.object({ type: z.literal('rich_text'), block_id: z.string() })

export const readReason = ({ state }: Pick<ViewOutput, 'state'>): string | undefined =>
  cut(textIn(state.values, 'reason')) || undefined
