import type { Button } from '@slack/types'
import type { OpeningStatus, OpeningView } from '../../../domain/cards/opening-view.ts'
import {
  callsSentence,
  doneSentences,
  drillMark,
  drillSentence,
  endLabel,
  openedRights,
  openingHeadline,
  openingNow,
  openingText,
  openingTitle,
  reviewNote,
  reviewNow,
  whoSentences,
  whyEnded,
} from '../../../domain/cards/opening-words.ts'
import { clamp, inert } from '../../../domain/inert.ts'
import type { PageOption } from '../../door.ts'
import {
  actions,
  bold,
  button,
  type CardBlock,
  cardOf,
  code,
  confirming,
  context,
  divider,
  drawn,
  exactly,
  fitted,
  header,
  linkButton,
  list,
  quote,
  rich,
  type SlackCard,
  section,
  words,
} from './blocks.ts'
import { readAction } from './card-decide.ts'
import { changeLines } from './preview-blocks.ts'

type Budget = { reason: number; arguments: number; lines: number }
const budgets: readonly [Budget, ...Budget[]] = [
  { reason: 1_000, arguments: 1_200, lines: 12 },
  { reason: 500, arguments: 500, lines: 6 },
  { reason: 200, arguments: 120, lines: 2 },
]

export const openingActions = { end: 'end_opening', review: 'review_opening' } as const

/** Signs for openings only. */
const signs: { readonly [progress in OpeningStatus]: string } = {
  open: '🚨',
  review_due: '🔎',
  review_overdue: '📢',
  justified: '🧾',
  not_justified: '❗',
}

export const signedHeadline = (view: OpeningView): string =>
  view.drill
    ? `🧪 ${openingHeadline(view)} ${signs[view.progress]}`
    : `${signs[view.progress]} ${openingHeadline(view)}`

/**
 * The card of an opening, which must not be mistaken for a request for approval: it begins with "no one approved this",
 * stands between lines, and asks only for an end and a review. Without `about` it leaves out the people told, and has
 * no buttons.
 */
export const drawOpeningCard = (view: OpeningView, options: PageOption = {}): SlackCard =>
  fitted(budgets, (budget) => drawWithin(view, options, budget))

function drawWithin(view: OpeningView, options: PageOption, budget: Budget): SlackCard {
  const why = whyEnded(view)
  const drill = drillSentence(view)
  const who = whoSentences(view, budget.lines)
  const buttons = [...(view.about ? actButtons(view) : []), ...readButtons(view, options)]
  const blocks: CardBlock[] = [
    divider('above'),
    header(clamp(signedHeadline(view), 140).text),
    ...(drill === undefined ? [] : [rich('drill', section(bold(`This is a ${drillMark}: `), words(drill)))]),
    rich(
      'what',
      section(...drawn(openingTitle(view)), words(view.sealed ? '.' : ` (${view.classification} data)`)),
      section(...drawn(openingNow(view))),
      ...(why === undefined ? [] : [quote(clamp(why, 240).text)]),
    ),
    ...reviewBlocks(view, budget),
    rich('why', ...reasonParts(view, budget.reason)),
    rich('open', ...openParts(view, budget)),
    ...(view.progress === 'open' ? [] : [doneBlock(view, budget.lines)]),
    ...(buttons.length === 0 ? [] : [actions('opening', ...buttons)]),
    ...(who.length === 0
      ? []
      : [rich('who', section(bold('Who knows, and what is next')), list(who.map((each) => section(...drawn(each)))))]),
    context(`${view.drill ? `${drillMark}   ` : ''}Break-glass ${view.id}   Digest ${view.digest.slice(0, 24)}`),
    divider('below'),
  ]
  return cardOf(openingText(view, openingHeadline(view)), blocks)
}

/** Text of others in a separate block. Slack refuses an empty text. */
const theirs = (text: string, limit: number): string => clamp(inert(text), limit).text || '(empty)'

export const reasonParts = ({ incident, reason }: OpeningView, limit: number) => [
  section(bold('Incident '), code(theirs(incident, 128)), bold('   Reason given')),
  quote(theirs(reason, limit)),
]

function reviewBlocks(view: OpeningView, budget: Budget): CardBlock[] {
  if (!view.review || view.progress === 'open') return []
  const note = reviewNote(view)
  return [
    rich(
      'review',
      section(...drawn(reviewNow(view))),
      ...(note === undefined ? [] : [quote(clamp(note, budget.reason).text)]),
    ),
  ]
}

function openParts(view: OpeningView, budget: Budget) {
  const left = view.unpinned.slice(0, budget.lines).map((each) => clamp(inert(each), 200).text)
  if (view.sealed) return [section(bold('What it reaches')), list(left.map((each) => section(words(each))))]
  const isOpen = view.progress === 'open'
  const rights = openedRights(view)
  const more = rights.length - budget.lines
  return [
    section(bold(isOpen ? 'What is open' : 'What was open')),
    list([
      ...rights
        .slice(0, budget.lines)
        .map(({ action, resource }) => section(code(action), words(' on '), code(theirs(resource, 200)))),
      ...(more > 0 ? [section(words(`and ${more} more`))] : []),
    ]),
    ...(Object.keys(view.arguments).length === 0
      ? []
      : [
          section(bold('Arguments, exactly')),
          exactly(changeLines(view, { arguments: budget.arguments, preview: 0 }).lines),
        ]),
    ...(left.length === 0
      ? []
      : [section(bold(isOpen ? 'It leaves open: ' : 'It left open: '), words(left.join('; ')))]),
  ]
}

function doneBlock(view: OpeningView, most: number): CardBlock {
  const calls = callsSentence(view)
  return rich(
    'done',
    section(bold('What was done')),
    list(doneSentences(view, most).map((each) => section(...drawn(each)))),
    ...(calls.length === 0 ? [] : [section(...drawn(calls))]),
  )
}

function actButtons(view: OpeningView): Button[] {
  const value = JSON.stringify({ r: view.id })
  if (view.progress === 'open') return view.sealed ? [] : [endButton(view, value)]
  if (view.progress !== 'review_due' && view.progress !== 'review_overdue') return []
  return [button(openingActions.review, 'Review…', value, { style: 'primary' })]
}

const readButtons = ({ id }: OpeningView, { page }: PageOption): Button[] => (page ? [readButton(page(id))] : [])

export const readButton = (url: string): Button => linkButton(readAction, 'Read all of it', url)

const endButton = (view: OpeningView, value: string): Button =>
  button(openingActions.end, endLabel(view), value, {
    style: 'danger',
    confirm: confirming(
      view.drill ? 'End the drill?' : 'End it now?',
      `Every credential of ${view.id} stops working at once; AWS takes some seconds to deny what it issued. You cannot undo this.`,
      'End now',
    ),
  })
