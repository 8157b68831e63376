// Rules: test/channels/slack/cards/validate-blocks.test.ts
import type {
  ActionsBlock,
  Button,
  ConfirmationDialog,
  ContextBlock,
  DividerBlock,
  HeaderBlock,
  Overflow,
  PlainTextElement,
  RichTextBlock,
  RichTextDate,
  RichTextElement,
  RichTextList,
  RichTextPreformatted,
  RichTextQuote,
  RichTextSection,
  RichTextText,
  StaticSelect,
} from '@slack/types'
import * as z from 'zod'
import { type Sentence, unquoted } from '../../../domain/cards/sentence.ts'
import { clamp } from '../../../domain/inert.ts'
import { type JsonObject, type NumericDate, rfc3339 } from '../../../domain/values.ts'

/** A message. Slack shows the text in notifications, where it interprets markup. */
export type SlackCard = { text: string; blocks: readonly JsonObject[] }

export const cardOf = (text: string, blocks: readonly object[]): SlackCard => ({
  text,
  blocks: blocks as readonly JsonObject[],
})

/** The blocks of cards, which interpret no markup. https://docs.slack.dev/reference/block-kit */

export type CardBlock = HeaderBlock | RichTextBlock | ActionsBlock | ContextBlock | DividerBlock
export type RichTextPart = RichTextSection | RichTextList | RichTextPreformatted | RichTextQuote

/** With `emoji: false`, `:white_check_mark:` in a value stays text. */
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
  elements: merged(elements),
})

/** Plain texts that follow each other become one, since Slack counts each element's JSON. */
function merged(elements: readonly RichTextElement[]): RichTextElement[] {
  const all: RichTextElement[] = []
  for (const each of elements) {
    const last = all.at(-1)
    if (each.type === 'text' && !each.style && last?.type === 'text' && !last.style)
      all[all.length - 1] = words(`${last.text}${each.text}`)
    else all.push(each)
  }
  return all
}
export const list = (items: readonly RichTextSection[]): RichTextList => ({
  type: 'rich_text_list',
  style: 'bullet',
  elements: [...items],
})
export const preformatted = (text: string): RichTextPreformatted => ({
  type: 'rich_text_preformatted',
  elements: [words(text)],
})
/** Slack's limit for one text. */
const longestText = 3_000

/** Lines in one box, in as few texts as possible. */
export function exactly(lines: readonly string[]): RichTextPreformatted {
  const pieces: string[] = ['']
  for (const [index, line] of lines.entries()) {
    const text = index === lines.length - 1 ? line : `${line}\n`
    const last = pieces.at(-1) ?? ''
    if (last.length + text.length > longestText) pieces.push(text)
    else pieces[pieces.length - 1] = last + text
  }
  return { type: 'rich_text_preformatted', elements: pieces.map(words) }
}

export const quote = (text: string): RichTextQuote => ({ type: 'rich_text_quote', elements: [words(text)] })
export const words = (text: string): RichTextText => ({ type: 'text', text })
export const bold = (text: string): RichTextText => ({ type: 'text', text, style: { bold: true } })
export const code = (text: string): RichTextText => ({ type: 'text', text, style: { code: true } })
export const dateFormat = '{date_short_pretty} {time}'
/** A time in the reader's own zone, with RFC 3339 as its fallback. */
export const time = (at: NumericDate): RichTextDate => ({
  type: 'date',
  timestamp: at,
  format: dateFormat,
  fallback: rfc3339(at),
})
/** A sentence of the domain: values as code, people's words in italics and quotes, each at most `limit` characters. */
export const drawn = (sentence: Sentence, limit = 240): RichTextElement[] =>
  sentence.map((part) => {
    if (typeof part === 'string') return words(part)
    if ('bold' in part) return bold(part.bold)
    if ('value' in part) return code(clamp(part.value, limit).text || '(empty)')
    if ('time' in part) return time(part.time)
    return { type: 'text', text: `“${clamp(unquoted(part.said), limit).text}”`, style: { italic: true } }
  })
export const button = (action_id: string, text: string, value: string, more: Partial<Button> = {}): Button => ({
  type: 'button',
  action_id,
  text: plain(text),
  value,
  ...more,
})
export const confirming = (title: string, text: string, yes: string): ConfirmationDialog => ({
  title: plain(title),
  text: plain(text),
  confirm: plain(yes),
  deny: plain('Go back'),
})
export const linkButton = (action_id: string, text: string, url: string): Button => ({
  type: 'button',
  action_id,
  text: plain(text),
  url,
})
/** The dots behind a row of buttons. Slack takes five options. */
export const overflow = (action_id: string, ...options: readonly { text: string; value: string }[]): Overflow => ({
  type: 'overflow',
  action_id,
  options: options.map(({ text, value }) => ({ text: plain(text), value })),
})
export const actions = (
  block_id: string,
  ...elements: readonly (Button | Overflow | StaticSelect)[]
): ActionsBlock => ({
  type: 'actions',
  block_id,
  elements: [...elements],
})

/**
 * Slack silently refuses messages of about 13,200 characters of blocks. This limit is in UTF-8 bytes, with the text.
 */
export const largestCard = 9_800

export const sizeOf = (card: object): number => Buffer.byteLength(JSON.stringify(card))

/** The card under the first budget that fits, or under the last. */
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

// Slack's limits for the blocks of cards, checked here since Slack answers only `invalid_blocks`.
// https://docs.slack.dev/reference/block-kit/blocks

const text = (max: number) => z.string().min(1).max(max)
const plainText = (max: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: text(max), emoji: z.boolean().optional() })
const id = text(255).optional()

const buttonShape = z.strictObject({
  type: z.literal('button'),
  action_id: text(255),
  text: plainText(75),
  value: text(2_000).optional(),
  /** The page of a request or an opening. */
  url: text(3_000)
    .regex(/^https?:\/\/[^\s?#@]+\/(?:decide\/req|break-glass\/bgl)_[0-9a-z]{26}$/)
    .optional(),
  style: z.enum(['primary', 'danger']).optional(),
  confirm: z
    .strictObject({
      title: plainText(100),
      text: plainText(300),
      confirm: plainText(30),
      deny: plainText(30),
      style: z.enum(['primary', 'danger']).optional(),
    })
    .optional(),
})

const options = (most: number) =>
  z
    .array(z.strictObject({ text: plainText(75), value: text(150) }))
    .min(1)
    .max(most)
const menu = z.strictObject({
  type: z.literal('static_select'),
  action_id: text(255),
  placeholder: plainText(150),
  options: options(100),
})
const dots = z.strictObject({ type: z.literal('overflow'), action_id: text(255), options: options(5) })

const style = z
  .strictObject({ bold: z.boolean().optional(), code: z.boolean().optional(), italic: z.boolean().optional() })
  .optional()
const richText = z.strictObject({ type: z.literal('text'), text: text(3_000), style })
const richDate = z.strictObject({
  type: z.literal('date'),
  timestamp: z.int(),
  format: text(255),
  fallback: text(255),
  style,
})
const leaf = z.discriminatedUnion('type', [richText, richDate])
const richSection = z.strictObject({ type: z.literal('rich_text_section'), elements: z.array(leaf).min(1) })
const richPart = z.discriminatedUnion('type', [
  richSection,
  z.strictObject({
    type: z.literal('rich_text_list'),
    style: z.enum(['bullet', 'ordered']),
    elements: z.array(richSection).min(1),
  }),
  z.strictObject({ type: z.literal('rich_text_preformatted'), elements: z.array(richText).min(1) }),
  z.strictObject({ type: z.literal('rich_text_quote'), elements: z.array(leaf).min(1) }),
])

/** The blocks of cards. A card with mrkdwn, a link, a mention or an image is refused. */
const Block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('header'), block_id: id, text: plainText(150) }),
  z.strictObject({ type: z.literal('context'), block_id: id, elements: z.array(plainText(2_000)).min(1).max(10) }),
  z.strictObject({
    type: z.literal('actions'),
    block_id: id,
    elements: z
      .array(z.union([buttonShape, menu, dots]))
      .min(1)
      .max(25),
  }),
  z.strictObject({ type: z.literal('divider'), block_id: id }),
  z.strictObject({ type: z.literal('rich_text'), block_id: id, elements: z.array(richPart).min(1) }),
])

const mostBlocks = 50

export function complaintsOf(card: SlackCard): readonly string[] {
  const { blocks } = card
  const complaints = blocks.flatMap((block, index) => complaintsOfBlock(block, `blocks/${index}`))
  for (const name of ['block_id', 'action_id'] as const)
    for (const twice of repeated(blocks, name)) complaints.push(`blocks: \`${name}\` \`${twice}\` is there twice`)
  if (card.text === '') complaints.push('text: must not be empty, since notifications show it')
  if (blocks.length === 0) complaints.push('blocks: at least one')
  if (blocks.length > mostBlocks) complaints.push(`blocks: at most ${mostBlocks}, not ${blocks.length}`)
  if (sizeOf(card) > largestCard) complaints.push(`card: at most ${largestCard} bytes, not ${sizeOf(card)}`)
  return complaints
}

export function complaintsOfBlock(block: JsonObject, at = 'block'): string[] {
  const checked = Block.safeParse(block)
  return checked.success
    ? []
    : checked.error.issues.map(({ path, message }) => `${[at, ...path].join('/')}: ${message}`)
}

function repeated(blocks: readonly JsonObject[], name: 'block_id' | 'action_id'): string[] {
  const values =
    name === 'block_id'
      ? blocks.map((block) => block['block_id'])
      : blocks.flatMap((block) =>
          block['type'] === 'actions'
            ? (block['elements'] as readonly JsonObject[]).map((each) => each['action_id'])
            : [],
        )
  const given = values.filter((value): value is string => typeof value === 'string')
  return [...new Set(given.filter((value, index) => given.indexOf(value) !== index))]
}
