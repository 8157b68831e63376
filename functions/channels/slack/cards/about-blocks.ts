// Rules: test/channels/slack/cards/card.test.ts
import type { RichTextSection } from '@slack/types'
import { unpinnedOf } from '../../../domain/cards/plan-words.ts'
import type { RequestView } from '../../../domain/cards/request-view.ts'
import {
  askerRows,
  evidenceRows,
  saidHeading,
  termsRow,
  undoRow,
  wordRows,
} from '../../../domain/cards/request-words.ts'
import type { Row } from '../../../domain/cards/sentence.ts'
import { clamp, inert } from '../../../domain/inert.ts'
import { bold, type CardBlock, code, drawn, list, quote, type RichTextPart, rich, section, words } from './blocks.ts'
import { exchangeParts, type MessageBudget } from './message-blocks.ts'

/** The texts that a card has twice: short before the buttons, and in full behind them. */

export const valueLine = ({ label, text, note }: Required<Row>): RichTextSection =>
  section(bold(`${label}: `), text === '' ? words('(empty)') : code(text), ...(note === '' ? [] : [words(note)]))

/** Two lines before the buttons: longer lists are cut there, and complete behind them. */
const mostOpen = (lines: number): number => Math.min(130, lines * 40)

export function openParts(
  view: RequestView,
  lines: number,
): { first: RichTextPart[]; all: RichTextPart[]; cut: boolean } {
  if (comesToNothing(view) || view.registry) return { first: [], all: [], cut: false }
  const { steps } = view
  const unpinned = steps ? unpinnedOf(steps) : view.unpinned
  if (unpinned.length === 0) return { first: [closedPart(steps !== undefined)], all: [], cut: false }
  const shown = unpinned.slice(0, lines).map((line) => clamp(inert(line), 256))
  const texts = shown.map(({ text }) => text)
  const more = unpinned.length - shown.length
  const cut = more > 0 || shown.some((each) => each.cut)
  const heading = steps ? 'The credentials leave open' : 'The credential leaves open'
  const whole = texts.join('; ')
  if (unpinned.length === 1 || (more === 0 && whole.length <= mostOpen(lines)))
    return { first: [section(bold(`${heading}: `), words(`${whole}.`))], all: [], cut }
  const [beginning = ''] = texts
  const items = [...texts, ...(more > 0 ? [`…+${more} more`] : [])].map((text) => section(words(text)))
  return {
    first: [
      section(
        bold(`${heading}: `),
        words(clamp(beginning, mostOpen(lines)).text),
        bold(`; and ${unpinned.length - 1} more, below.`),
      ),
    ],
    all: [section(bold(heading)), list(items)],
    cut,
  }
}

const closedPart = (isPlan: boolean): RichTextSection =>
  section(
    bold(isPlan ? 'No credential leaves anything open: ' : 'The credential leaves nothing open: '),
    words(isPlan ? 'each can do exactly its step, and nothing else.' : 'it can do exactly this, and nothing else.'),
  )

const comesToNothing = ({ status, grant }: RequestView): boolean => status !== 'pending' && !grant

/** The rows before the buttons, and those behind them. */
export function aboutRows(view: RequestView, lines: number): { first: Row[]; rest: Row[] } {
  const asker = askerRows(view)
  return {
    first: asker.filter(({ first }) => first).slice(0, lines + 2),
    rest: [
      ...(comesToNothing(view) ? [] : [undoRow(view), termsRow(view)]),
      ...asker.filter(({ first }) => !first).slice(0, lines),
    ],
  }
}

export const rowOf = ({ label, text }: Row): RichTextSection => section(bold(`${label}: `), words(text))

/** Rows as lines of one paragraph. */
export const rowsOf = (rows: readonly Row[]): RichTextSection =>
  section(...rows.flatMap((row, at) => [...(at === 0 ? [] : [words('\n')]), ...rowOf(row).elements]))

/** Two lines with the label. */
const mostSaid = 130

/** The agent's words under their heading. The reason begins before the buttons; the rest stands behind them. */
export function saidBlocks(
  view: RequestView,
  budget: MessageBudget,
): { first: CardBlock; rest: readonly CardBlock[]; cut: boolean } {
  const heading = saidHeading(view)
  const justification = inert(view.justification?.trim() ?? '')
  const beginning = clamp(justification, Math.min(mostSaid, budget.justification))
  const { evidence = [] } = view
  const isShort = budget.messages === 0
  const counted = { label: 'Evidence', text: `${evidence.length} on its page`, note: '', most: 40 }
  const attached = isShort && evidence.length > 0 ? [counted] : evidenceRows(view)
  const rows = [...wordRows(view), ...attached].map(({ text, most, ...row }) =>
    valueLine({ ...row, text: clamp(text, isShort ? Math.min(most, 240) : most).text }),
  )
  const exchanges = exchangeParts(view, budget)
  const unanswered = unansweredLine(view)
  const whole = [
    // Slack refuses a card with an empty list.
    ...(rows.length === 0 ? [] : [list(rows)]),
    ...(beginning.cut && budget.justification > mostSaid
      ? [quote(clamp(justification, budget.justification).text)]
      : []),
    ...exchanges.parts,
  ]
  const reason = justification === '' ? [words('no reason')] : drawn([{ said: beginning.text }])
  return {
    first: rich('claim', section(bold(`${heading}: `), ...reason), ...(unanswered ? [section(bold(unanswered))] : [])),
    rest: whole.length === 0 ? [] : [rich('claim-all', section(bold(heading)), ...whole)],
    cut: exchanges.cut,
  }
}

function unansweredLine({ questions, status }: RequestView): string | undefined {
  const open = questions.filter(({ answer }) => answer === undefined).length
  if (status !== 'pending' || open === 0) return undefined
  return open === 1
    ? 'A question to the agent has no answer yet.'
    : `${open} questions to the agent have no answer yet.`
}
