import type {
  ActionsBlock,
  Button,
  ContextBlock,
  DividerBlock,
  HeaderBlock,
  PlainTextElement,
  RichTextBlock,
  RichTextDate,
  RichTextElement,
  RichTextList,
  RichTextPreformatted,
  RichTextQuote,
  RichTextSection,
  RichTextText,
} from '@slack/types'
import { rfc3339 } from '../../../domain/ledger/ledger.ts'
import type { NumericDate } from '../../../domain/values.ts'

/** The blocks that cards are made of, each in one line. None of them reads markup. https://docs.slack.dev/reference/block-kit */

export type CardBlock = HeaderBlock | RichTextBlock | ActionsBlock | ContextBlock | DividerBlock
type RichTextPart = RichTextSection | RichTextList | RichTextPreformatted | RichTextQuote

/** `emoji: false`: `:white_check_mark:` in a value stays those letters. */
export const plain = (text: string): PlainTextElement => ({ type: 'plain_text', text, emoji: false })
export const header = (text: string): HeaderBlock => ({ type: 'header', text: plain(text) })
export const divider = (block_id: string): DividerBlock => ({ type: 'divider', block_id })
export const context = (...lines: readonly string[]): ContextBlock => ({
  type: 'context',
  elements: lines.map(plain),
})
export const rich = (block_id: string, ...elements: readonly RichTextPart[]): RichTextBlock => ({
  type: 'rich_text',
  block_id,
  elements: [...elements],
})
export const section = (...elements: readonly RichTextElement[]): RichTextSection => ({
  type: 'rich_text_section',
  elements: [...elements],
})
export const list = (items: readonly RichTextSection[]): RichTextList => ({
  type: 'rich_text_list',
  style: 'bullet',
  elements: [...items],
})
export const preformatted = (text: string): RichTextPreformatted => ({
  type: 'rich_text_preformatted',
  elements: [words(text)],
})
export const quote = (text: string): RichTextQuote => ({ type: 'rich_text_quote', elements: [words(text)] })
export const words = (text: string): RichTextText => ({ type: 'text', text })
export const bold = (text: string): RichTextText => ({ type: 'text', text, style: { bold: true } })
/** What a person has said of it. */
export const said = (text: string): RichTextText => ({ type: 'text', text, style: { italic: true } })
export const code = (text: string): RichTextText => ({ type: 'text', text, style: { code: true } })
/** A time in the reader's own zone, and as RFC 3339 where that cannot be shown. */
export const time = (at: NumericDate): RichTextDate => ({
  type: 'date',
  timestamp: at,
  format: '{date_short_pretty} {time_secs}',
  fallback: rfc3339(at),
})
/** A button that leads to a page of ours. Slack tells us of the press all the same. */
export const linkButton = (action_id: string, text: string, url: string): Button => ({
  type: 'button',
  action_id,
  text: plain(text),
  url,
})
export const actions = (block_id: string, ...elements: readonly Button[]): ActionsBlock => ({
  type: 'actions',
  block_id,
  elements: [...elements],
})

/** Slack refuses messages of about 13,200 characters of blocks and does not say so; UTF-8 bytes, with the text. */
export const largestCard = 9_000

/** UTF-8 bytes of a card as it is sent. */
export const sizeOf = (card: object): number => Buffer.byteLength(JSON.stringify(card))

/** A card with as much on it as Slack takes: by the first of the budgets that fits, else by the last. */
export function fitted<Budget, Card extends object>(
  [generous, ...smaller]: readonly [Budget, ...Budget[]],
  render: (budget: Budget) => Card,
): Card {
  let card = render(generous)
  for (const budget of smaller) {
    if (sizeOf(card) <= largestCard) break
    card = render(budget)
  }
  return card
}
