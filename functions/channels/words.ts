// Rules: test/seams/seams.test.ts
import type { ChannelWords } from './door.ts'
import type { ChatId } from './kinds.ts'
import { slackWords } from './slack/words.ts'

/** The words of each kind of chat. Only the Lambda that draws, and the kind itself, load them. */
export const words: { readonly [kind in ChatId]: ChannelWords } = {
  slack: slackWords,
}
