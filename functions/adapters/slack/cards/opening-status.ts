import type { RichTextElement, RichTextSection } from '@slack/types'
import { nameIn } from '../../../domain/cards/request-words.ts'
import { clamp, inert } from '../../../domain/inert.ts'
import type { Bundle } from '../../../domain/policy/bundle.ts'
import { endedAt, openUntil } from '../../../domain/requests/due.ts'
import type { ApprovalRequest } from '../../../domain/requests/request.ts'
import { duration, type PersonId } from '../../../domain/values.ts'
import type { AboutOpening } from '../../../operations/cards/about-opening.ts'
import { bold, code, section, time, words } from './blocks.ts'

type Headline = { sign: string; words: string }
type Facts = Pick<Bundle, 'directory'>

/** What somebody wrote, to stand in a place of its own. Slack takes no empty text. */
export const theirs = (text: string | undefined, limit: number): string =>
  clamp(inert(text ?? ''), limit).text || '(empty)'

/** How far an opening has come, as people see it. */
type OpeningStatus = 'open' | 'review_due' | 'review_overdue' | 'justified' | 'not_justified'

export function statusOf(state: ApprovalRequest): OpeningStatus {
  if (endedAt(state) === undefined) return 'open'
  const { done, overdueAt } = state.review ?? {}
  if (done) return done.outcome
  return overdueAt === undefined ? 'review_due' : 'review_overdue'
}

/** Stands before everything that is said of a drill, so that nobody takes it for an opening, nor the other way. */
export const drillMark = 'DRILL'
export const isDrill = ({ ask }: ApprovalRequest): boolean => ask.breakGlass?.drill === true
/** What the button that ends it says. */
export const endLabel = (state: ApprovalRequest): string => (isDrill(state) ? 'End the drill now' : 'End now')
/** A role that was taken past Hotwork, for the day on which Hotwork itself is down. */
export const isSealed = ({ ask }: ApprovalRequest): boolean => ask.breakGlass?.sealed === true

/** The state in a sign and words: none of these signs is on any other card, and the words are for everybody. */
export function openingHeadline(state: ApprovalRequest): Headline {
  const { sign, words: said } = plainHeadline(state)
  if (isDrill(state)) return { sign: '🧪', words: `${drillMark}: ${said} ${sign}` }
  return { sign, words: said }
}

function plainHeadline(state: ApprovalRequest): Headline {
  const status = statusOf(state)
  const what = isSealed(state) ? 'SEALED ROLE USED' : 'BREAK-GLASS'
  switch (status) {
    case 'open':
      return isSealed(state)
        ? { sign: '🚨', words: `${what}, past Hotwork` }
        : { sign: '🚨', words: `${what} OPEN: nobody approved this` }
    case 'review_due':
      return { sign: '🔎', words: `${what}${isSealed(state) ? '' : ' ended'}: to be reviewed` }
    case 'review_overdue':
      return { sign: '📢', words: `${what}: its review is OVERDUE` }
    case 'justified':
      return { sign: '🧾', words: `${what}: reviewed, justified` }
    case 'not_justified':
      return { sign: '❗', words: `${what}: reviewed, NOT justified` }
    default:
      return status satisfies never
  }
}

/** What holds now and until when; or how it ended: by whom, when and how. */
export function openingNow(state: ApprovalRequest, facts: Facts): RichTextElement[] {
  const end = openUntil(state)
  switch (state.status) {
    case 'approved':
      if (isSealed(state))
        return [
          bold('Its session may last until '),
          time(end),
          words('. Hotwork did not give it and cannot end it: whoever runs the account can.'),
        ]
      return [
        bold('Open until '),
        time(end),
        words(`: ${duration(end - state.submittedAt)} from `),
        time(state.submittedAt),
        words('. It then ends by itself; nothing makes it longer.'),
      ]
    case 'completed':
      return [
        bold('Ended early'),
        words(` by ${nameIn(facts, state.ask.owner)} at `),
        time(state.completedAt),
        ...after(state, state.completedAt),
      ]
    case 'revoked':
      return [
        bold('Ended early'),
        words(isClosed(state) ? ' since its incident was closed, at ' : ` by ${nameIn(facts, state.revokedBy)} at `),
        time(state.revokedAt),
        ...after(state, state.revokedAt),
      ]
    case 'expired':
      return isSealed(state)
        ? [bold('Its longest session is over'), words(' since '), time(end), words('.')]
        : [bold('Ended by itself'), words(' at '), time(end), ...after(state, end)]
    default:
      // Nobody decides it, and so none of the other states is ever its own.
      return [words(`It is ${state.status}.`)]
  }
}

const after = (state: ApprovalRequest, at: number): RichTextElement[] => [
  words(`, ${duration(Math.max(1, at - state.submittedAt))} after it was opened.`),
]

/** What stands for a reason where nobody was asked for one: the button on the card ends at once. */
const nothingSaid = ['ended early']

/** Why it was ended before its time: in whoever's own words, so never in a sentence of ours. */
export const whyEnded = (state: ApprovalRequest): string | undefined =>
  state.status === 'revoked' && ![...nothingSaid, ''].includes(state.reason.trim()) && !isClosed(state)
    ? clamp(inert(state.reason), 240).text
    : undefined

const isClosed = (state: Extract<ApprovalRequest, { status: 'revoked' }>): boolean =>
  state.revokedBy === 'system' && state.reason === `incident ${state.ask.breakGlass?.incident} was closed`

/** Where its review stands. */
export function reviewNow(state: ApprovalRequest, facts: Facts): RichTextElement[] {
  const { review } = state
  if (!review) return []
  if (review.done) {
    const found = review.done.outcome === 'justified' ? 'justified' : 'not justified'
    return [
      bold('Reviewed'),
      words(` by ${nameIn(facts, review.done.by)} at `),
      time(review.done.at),
      words(`: ${found}.`),
    ]
  }
  return review.overdueAt === undefined
    ? [bold('A review is due'), words(' by '), time(review.dueAt), words('.')]
    : [
        bold('Its review is overdue'),
        words(' since '),
        time(review.dueAt),
        words('. Until it is done, whoever opens this next needs a second person, and so does the one who opened it.'),
      ]
}

/** Who was passed over, who looks at it, and how to end it. Of people it names so many at the most. */
export function whoParts(state: ApprovalRequest, about: AboutOpening, facts: Facts, most: number): RichTextSection[] {
  const { ask, review } = state
  const isOpen = statusOf(state) === 'open'
  const seconded = ask.breakGlass?.secondedBy
  return [
    ...(isOpen && !isSealed(state)
      ? [
          section(
            bold('To end it: '),
            words(`“${endLabel(state)}” below, for ${nameIn(facts, ask.owner)} and whoever may revoke; or `),
            code(`npx hotwork break-glass end ${ask.id}`),
          ),
        ]
      : []),
    ...(isSealed(state) ? [] : [section(...skippedParts(about, isOpen, facts, most))]),
    ...(seconded === undefined
      ? []
      : [section(words(`${nameIn(facts, seconded)} vouched for it, and does not review it`))]),
    ...(review && !review.done ? [section(...reviewersParts(state, about, facts, most))] : []),
    ...(isOpen && about.left !== undefined && !isSealed(state)
      ? [
          section(
            words(`Left of the minutes of these seven days: ${duration(Math.floor(about.left / 60) * 60) || 'none'}`),
          ),
        ]
      : []),
  ]
}

function skippedParts(
  { skipped: { count, atLeast, told, untold = [] } }: AboutOpening,
  isOpen: boolean,
  facts: Facts,
  most: number,
): RichTextElement[] {
  if (count === 0) return [words('Nobody was skipped: there is no one who could have approved it')]
  const many = `${atLeast ? 'At least ' : ''}${count} ${count === 1 ? 'person who could have approved it was' : 'people who could have approved it were'} skipped`
  const others = untold.length === 0 ? 'the others' : named(untold, facts, most, 'and')
  return [
    bold(many),
    words(
      told < count || atLeast
        ? `, of whom ${told} ${isOpen ? `are told directly: tell ${others}` : 'were told directly'}`
        : ' and told directly',
    ),
  ]
}

function reviewersParts(
  state: ApprovalRequest,
  { reviewers }: AboutOpening,
  facts: Facts,
  most: number,
): RichTextElement[] {
  const due = state.review?.dueAt ?? state.submittedAt
  if (reviewers.length === 0)
    return [bold('Nobody may review it: '), words('somebody must be let, in the policy folder, before '), time(due)]
  return [
    words(statusOf(state) === 'open' ? 'Once it has ended, to be reviewed by ' : 'May review it: '),
    words(named(reviewers, facts, most)),
    ...(statusOf(state) === 'open' ? [words(', before '), time(due)] : []),
  ]
}

const named = (people: readonly PersonId[], facts: Facts, most: number, joined = 'or'): string => {
  const shown = people.slice(0, most).map((person) => nameIn(facts, person))
  const more = people.length - shown.length
  return `${shown.join(', ')}${more > 0 ? ` ${joined} ${more} more` : ''}`
}
