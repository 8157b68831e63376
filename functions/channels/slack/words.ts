// Rules: test/channels/slack/promises.test.ts
import type { RichTextElement } from '@slack/types'
import type { ChannelWords } from '../door.ts'
import type { Said } from '../lines.ts'
import { actions, type CardBlock, cardOf, drawn, quote, rich, type SlackCard, section, words } from './cards/blocks.ts'
import { renderBurst } from './cards/burst-card.ts'
import { drawRequest } from './cards/card.ts'
import { drawOpeningCard, readButton } from './cards/opening-card.ts'

export const slackWords: ChannelWords<SlackCard> = {
  request: drawRequest,
  opening: drawOpeningCard,
  burst: renderBurst,
  say,
}

/** A line: the only card that mentions people. */
function say({ as, said, text, mentions = [], quotes = [], page }: Said): SlackCard {
  const pings = mentions.flatMap((user_id, at): RichTextElement[] => [
    ...(at === 0 ? [] : [words(' ')]),
    { type: 'user', user_id },
  ])
  const blocks: CardBlock[] = [
    rich(as, section(...pings, ...drawn(said)), ...quotes.map((each) => quote(each || '(empty)'))),
    ...(page === undefined ? [] : [actions('read-opening', readButton(page))]),
  ]
  return cardOf(`${mentions.map((user) => `<@${user}>`).join(' ')}${text}`, blocks)
}
