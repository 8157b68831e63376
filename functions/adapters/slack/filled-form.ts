import type { ViewOutput } from '@slack/bolt'
import * as z from 'zod'
import { longestComment } from './modal-blocks.ts'

/** What somebody has filled in. */
export type Filled = {
  /** The inputs there were. */
  fields: readonly string[]
  comment: string | undefined
  /** The numbers that are not what they were. */
  changed: ReadonlyMap<string, number>
  /** What is no number between its bounds, with what it should be. */
  wrong: { [field: string]: string }
}

/** Our own form, as Slack sends it back, signed: the bounds in it are those that were put there. */
const NumberBlock = z.object({
  type: z.literal('input'),
  block_id: z.string(),
  element: z.object({
    type: z.literal('number_input'),
    initial_value: z.string(),
    min_value: z.string(),
    max_value: z.string(),
  }),
})

/** Reads what was filled in. Bounds and lengths are asked of it again: Slack's client keeps to them, and may not be it. */
export function readForm({ blocks, state }: Pick<ViewOutput, 'blocks' | 'state'>): Filled {
  const fields = blocks.flatMap((block) => (block.type === 'input' && block.block_id ? [block.block_id] : []))
  const textIn = (field: string) => state.values[field]?.[field]?.value ?? undefined
  const typed = textIn('comment')?.trim()
  const [changed, wrong]: [Map<string, number>, Filled['wrong']] = [new Map(), {}]
  for (const block of blocks) {
    const parsed = NumberBlock.safeParse(block)
    if (!parsed.success) continue
    const { block_id: field, element } = parsed.data
    const [text, least, most] = [textIn(field)?.trim(), Number(element.min_value), Number(element.max_value)]
    if (text === undefined || text === '' || text === element.initial_value) continue
    const number = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (number >= least && number <= most) changed.set(field, number)
    else wrong[field] = `a whole number from ${least} to ${most}`
  }
  return { fields, comment: typed ? [...typed].slice(0, longestComment).join('') : undefined, changed, wrong }
}
