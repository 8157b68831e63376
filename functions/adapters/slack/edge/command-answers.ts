import type { RichTextSection } from '@slack/types'
import { clamp, inert } from '../../../domain/inert.ts'
import type { ApprovalRequest } from '../../../domain/requests/request.ts'
import type { NumericDate } from '../../../domain/values.ts'
import type { RenderedCard } from '../../../operations/cards/ports.ts'
import type { Overview } from '../../../operations/cards/read-overview.ts'
import { bold, type CardBlock, code, context, fitted, list, rich, section, words } from '../cards/blocks.ts'
import { renderCard } from '../cards/card.ts'
import { headlineOf, nowOf } from '../cards/card-status.ts'
import { titleFor } from '../cards/card-title.ts'
import { type OpeningFacts, openOpeningCard, type PageOption } from '../cards/opening-card.ts'
import { linkBlocks, liveRow, ownRow, waitingRow } from '../home/home-view.ts'

/** What somebody is told who typed a command: in blocks that read no markup, for their eyes only. */
export type Reply = { text: string; blocks: CardBlock[] }

export const command = '/hotwork'

const verbs: readonly [usage: string, does: string][] = [
  ['list', 'what waits for you, what your agents asked for, and what is live that you answer for'],
  ['show <id>', 'one request, in full'],
  ['revoke <id> <reason>', 'ends a live grant, or denies what is still pending; everybody can read the reason'],
  ['away', 'a form to name who decides in your stead while you are out of office'],
  ['break-glass', 'in an emergency: a form that opens at once what you need, with a strong login'],
  ['break-glass list', 'who has the glass broken, and which reviews are due'],
  ['help', 'this'],
]

/** @param first what is said before it, such as that a word is no command */
export const helpReply = (first?: string): Reply => ({
  text: 'What /hotwork can do',
  blocks: [
    ...(first === undefined ? [] : [rich('first', section(words(first)))]),
    rich(
      'help',
      section(bold('What you can type')),
      list(verbs.map(([usage, does]) => section(code(`${command} ${usage}`), words(`  ${does}`)))),
    ),
    context('An id may be cut short, as long as it is of one request alone. Deciding is done on the cards.'),
  ],
})

/** @param sentence of ours, or with others' words in it, which are made inert here */
export const sayReply = (sentence: string, link?: string): Reply => ({
  text: 'Hotwork has answered',
  blocks: [rich('said', section(words(clamp(inert(sentence), 900).text))), ...linkBlocks(link)],
})

/** What was typed, as it may be shown. */
export const typedWord = (word: string): string => clamp(inert(word), 40).text

/** How many of each part are shown: fewer where long titles would make the answer more than Slack takes. */
type Most = { waiting: number; own: number; live: number }
const budgets: readonly [Most, ...Most[]] = [
  { waiting: 5, own: 3, live: 3 },
  { waiting: 2, own: 1, live: 1 },
  { waiting: 0, own: 0, live: 0 },
]

export const listReply = (overview: Overview, facts: OpeningFacts, now: NumericDate): Reply =>
  fitted(budgets, (most) => listWithin(overview, facts, now, most))

function listWithin(
  { waiting, own, moreOwn, live }: Overview,
  facts: OpeningFacts,
  now: NumericDate,
  most: Most,
): Reply {
  const waits = waiting.slice(0, most.waiting).map((state) => row(state, waitingRow(state, facts, now)))
  const asked = own.slice(0, most.own).map((state) => row(state, ownRow(state, facts)))
  const lives = live.slice(0, most.live).map((grant) => row(grant.state, liveRow(grant, facts)))
  return {
    text: 'What concerns you now',
    blocks: [
      part('waiting', `Waiting for you: ${waiting.length}`, waits, waiting.length),
      part('own', `Your agents’ requests: ${own.length}${moreOwn ? ' and more' : ''}`, asked, own.length),
      part('live', `Live grants: ${live.length}`, lives, live.length),
      context(`All of it is on Hotwork’s Home tab. ${command} revoke takes an id, or how it begins, and a reason.`),
    ],
  }
}

const row = (state: ApprovalRequest, { elements }: RichTextSection): RichTextSection =>
  section(code(state.ask.id), words('  '), ...elements)

const part = (name: string, title: string, rows: readonly RichTextSection[], of: number): CardBlock =>
  rich(
    name,
    section(bold(title)),
    ...(rows.length === 0 ? [] : [list(rows)]),
    ...(of > rows.length ? [section(words(`…and ${of - rows.length} more`))] : []),
  )

/** The card itself, in a channel that it has no buttons for: an answer that is not redrawn must not be decided on. */
export function showReply(state: ApprovalRequest, facts: OpeningFacts, options: PageOption = {}): Reply {
  const card: RenderedCard = state.ask.breakGlass
    ? openOpeningCard(state, facts, options)
    : renderCard(state, facts, '')
  return { text: card.text, blocks: card.blocks as unknown as CardBlock[] }
}

export function revokedReply(state: ApprovalRequest, facts: OpeningFacts): Reply {
  if (state.ask.breakGlass) return { ...showReply(state, facts), text: 'It has been ended' }
  const { sign, words: status } = headlineOf(state)
  return {
    text: 'It has been ended',
    blocks: [
      rich(
        'revoked',
        section(
          words(`${sign} ${status}: `),
          bold(titleFor(facts, state, 240)),
          words('\n'),
          code(state.ask.id),
          words('  '),
          ...nowOf(state, facts),
        ),
      ),
    ],
  }
}
