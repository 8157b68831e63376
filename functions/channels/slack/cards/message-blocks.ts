// Rules: test/channels/slack/cards/message-card.test.ts
import type { RichTextQuote, RichTextSection } from '@slack/types'
import {
  colleagueSentences,
  type Difference,
  exchangesOf,
  type Message,
  revisionOf,
  toldBefore,
  wordsToAgent,
} from '../../../domain/cards/message-words.ts'
import type { RequestView } from '../../../domain/cards/request-view.ts'
import { clamp } from '../../../domain/inert.ts'
import { bold, type CardBlock, code, drawn, list, quote, rich, section, words } from './blocks.ts'

/** `justification`: the most characters of one text; `messages`: the most texts of one kind. */
export type MessageBudget = { justification: number; messages: number }

type Parts = (RichTextSection | RichTextQuote | ReturnType<typeof list>)[]
/** `cut`: something is left out, which only the page has. */
type Cut<T> = { parts: T; cut: boolean }

/**
 * The difference to the request that it revises, which stands before the buttons; and people's words to the agent, here
 * and before.
 */
export function messageBlocks(
  view: RequestView,
  budget: MessageBudget,
): { revision: CardBlock[]; blocks: CardBlock[]; cut: boolean } {
  const revised = revisionOf(view)
  const revision = revised ? messageParts(revised, budget) : { parts: [], cut: false }
  const drawn = [
    { id: 'to-agent', ...titled('To the agent', wordsToAgent(view), budget) },
    { id: 'told', ...titled('Told to the agent before, on other requests', toldBefore(view), budget) },
  ]
  const blockOf = ({ id, parts }: { id: string; parts: Parts }) => (parts.length === 0 ? [] : [rich(id, ...parts)])
  return {
    revision: blockOf({ id: 'revision', ...revision }),
    blocks: drawn.flatMap(blockOf),
    cut: revision.cut || drawn.some(({ cut }) => cut),
  }
}

function titled(title: string, all: readonly Message[], budget: MessageBudget): Cut<Parts> {
  const { parts, cut } = newest(all, budget, (each) => messageParts(each, budget))
  return { parts: all.length === 0 ? [] : [section(bold(title)), ...parts], cut }
}

/** The questions of people with the agent's answers. */
export const exchangeParts = (view: RequestView, budget: MessageBudget): Cut<Parts> =>
  newest(exchangesOf(view), budget, ({ asked, answered }) => {
    const both = [asked, ...(answered ? [answered] : [])].map((each) => messageParts(each, budget))
    return { parts: both.flatMap(({ parts }) => parts), cut: both.some(({ cut }) => cut) }
  })

export const colleagueParts = (view: RequestView, budget: MessageBudget): Cut<RichTextSection[]> =>
  newest(colleagueSentences(view), budget, (each) => ({ parts: [section(...drawn(each, 160))], cut: false }))

/** The newest items, after the number of the others. */
function newest<T, P>(
  all: readonly T[],
  { messages }: MessageBudget,
  draw: (each: T) => Cut<P[]>,
): Cut<(P | RichTextSection)[]> {
  const more = Math.max(0, all.length - messages)
  const shown = all.slice(more).map(draw)
  return {
    parts: [
      ...(more > 0 ? [section(words(`${more} ${more === 1 ? 'is' : 'are'} on its page alone.`))] : []),
      ...shown.flatMap(({ parts }) => parts),
    ],
    cut: more > 0 || shown.some(({ cut }) => cut),
  }
}

function messageParts({ said, text, differences = [] }: Message, budget: MessageBudget): Cut<Parts> {
  const shown = text === undefined ? undefined : clamp(text, budget.justification)
  const lines = differences.slice(0, budget.messages * 2).map((each) => differenceLine(each, budget))
  const more = differences.length - lines.length
  const items = [...lines.map(({ parts }) => parts), ...(more > 0 ? [section(words(`…+${more} more`))] : [])]
  return {
    parts: [
      section(...drawn(said)),
      ...(shown === undefined ? [] : [quote(shown.text)]),
      ...(items.length === 0 ? [] : [list(items)]),
    ],
    cut: shown?.cut === true || more > 0 || lines.some(({ cut }) => cut),
  }
}

function differenceLine({ label, from, to, note }: Difference, { justification }: MessageBudget): Cut<RichTextSection> {
  const most = Math.max(24, Math.min(200, justification))
  const [name, before, after] = [clamp(label, 64), clamp(from, most), clamp(to, most)]
  return {
    parts: section(
      words(`${name.text} `),
      code(`${before.text} → ${after.text}`),
      ...(note === '' ? [] : [words(note)]),
    ),
    cut: name.cut || before.cut || after.cut,
  }
}
