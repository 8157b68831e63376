import type { App, BlockAction, ButtonAction } from '@slack/bolt'
import type { Verdict } from '../../domain/request.ts'
import { type Carried, carriedOf, whoDid } from './carried.ts'
import { readClick } from './click.ts'
import { decideTold } from './decide-told.ts'
import type { EdgeOptions } from './edge-options.ts'
import { patience } from './patience.ts'
import { malformedPress } from './sentences.ts'

/** The buttons of a card. A decision that stands is told by the redrawn card alone, a refusal to the one who pressed. */
export function registerCard(app: App, options: EdgeOptions): void {
  for (const verdict of ['approve', 'deny'] as const)
    app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: verdict }, async (press) => {
      await press.ack()
      const carried = carriedOf(press)
      const sentence = await sentenceOf(verdict, press.body, press.action, carried, options)
      if (sentence !== undefined)
        await carried.deadline.within(options.whisper(press.body.response_url, sentence), patience.answer)
    })
}

async function sentenceOf(
  verdict: Verdict,
  body: BlockAction,
  action: ButtonAction,
  carried: Carried,
  options: EdgeOptions,
): Promise<string | undefined> {
  const who = await whoDid(body.user, carried, options)
  if (!who.ok) return who.sentence
  const click = readClick(action.value)
  if (!click) return malformedPress
  const { request: id, round, digest } = click
  const told = await decideTold({ id, person: who.person.id, verdict, round, digest }, carried, options)
  return told.done ? undefined : told.sentence
}
