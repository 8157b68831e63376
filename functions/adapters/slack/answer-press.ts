import { type Carried, carriedOf } from './carried.ts'
import type { EdgeOptions } from './edge-options.ts'
import { patience } from './patience.ts'
import type { Said } from './whisper.ts'

/** As much of a press on a control beside a message as answering it takes. */
type Press = { ack(): Promise<void>; body: { response_url?: unknown }; context: object }

/**
 * Does what a control beside a message is for, and tells whoever pressed it in private what there is to be told: nothing,
 * where a card or a form says enough.
 */
export async function answerPress(
  press: Press,
  { whisper }: Pick<EdgeOptions, 'whisper'>,
  act: (carried: Carried) => Promise<Said | undefined>,
): Promise<void> {
  await press.ack()
  const carried = carriedOf(press)
  const said = await act(carried)
  if (said !== undefined) await carried.deadline.within(whisper(press.body.response_url, said), patience.answer)
}
