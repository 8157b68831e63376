import type { ChannelWords } from './door.ts'
import type { ChatId } from './kinds.ts'
import { slackWords } from './slack/words.ts'

/** How each kind draws. The Lambda that draws loads them, and the kind's own. */
export const words: { readonly [kind in ChatId]: ChannelWords } = {
  slack: slackWords,
}
