import type { RichTextElement } from '@slack/types'
import { type Notice as OpeningNotice, warnBefore } from '../../../domain/cards/notices.ts'
import { describeRequest, type ViewFacts } from '../../../domain/cards/request-view.ts'
import { nameIn, noteOf, nowOf } from '../../../domain/cards/request-words.ts'
import { waitingStage } from '../../../domain/cards/routing.ts'
import { openUntil } from '../../../domain/requests/due.ts'
import { type ApprovalRequest, approversOf } from '../../../domain/requests/request.ts'
import { duration, type JsonObject, type PersonId } from '../../../domain/values.ts'
import type { Line, Notice } from '../../../operations/cards/card-lines.ts'
import type { Hearer } from '../../../operations/cards/draw-opening.ts'
import type { RenderedCard } from '../../../operations/cards/ports.ts'
import { actions, bold, type CardBlock, code, drawn, quote, rich, section, time, words } from './blocks.ts'
import { type OpeningFacts, type PageOption, readButtons, textOf, titleParts } from './opening-card.ts'
import { drillMark, isDrill, isSealed, openingNow, reviewNow, theirs, whyEnded } from './opening-status.ts'

type Sentence = readonly RichTextElement[]

/** Slack shows this many mentions of one message as pings; more people than that are not waited for by name. */
const mostMentions = 20

/**
 * The words of a line beneath a card, or of a notice to an agent's owner: made here, from the server's facts. Nothing in
 * it is the agent's, and the only mentions are those of a reminder, of accounts that are known to be somebody's in the directory.
 */
export function renderLine(line: Line | { line: Notice }, state: ApprovalRequest, facts: ViewFacts): RenderedCard {
  const { said, text } = wordsOf(line, state, facts)
  // Of the text notifications read markup: no name stands in it, only ids and words of ours.
  return { text, blocks: [rich('line', section(...said))] as unknown as readonly JsonObject[] }
}

function wordsOf(
  line: Line | { line: Notice },
  state: ApprovalRequest,
  facts: ViewFacts,
): { said: Sentence; text: string } {
  switch (line.line) {
    case 'asked':
      return same(`It is your turn now: ${line.stage}. The card above has the buttons.`)
    case 'escalated':
      return same(`Nobody decided ${line.stage} in time: it has been widened to ${line.to}, who may decide it now too.`)
    case 'reminder':
      return reminder(line, state)
    case 'handled':
      return handled(line, state, facts)
    case 'submitted':
      return notice(state, `asks for this, and ${waitingStage(state)?.terms.name ?? 'nobody'} decides next.`)
    case 'decided':
      return notice(state, 'was given this: approved.', becameOf(state, facts))
    case 'ended':
      return notice(state, `asked for this, and it is over: ${state.status}.`, becameOf(state, facts))
    default:
      return line satisfies never
  }
}

/** What has become of it in one line, with the reason or note in quotes. */
function becameOf(state: ApprovalRequest, facts: ViewFacts): Sentence {
  const view = describeRequest(state, facts)
  const note = noteOf(view)
  return drawn([...nowOf(view), ...(note === undefined ? [] : [' ', { said: note }])])
}

const same = (text: string) => ({ said: [words(text)], text })

function reminder(
  { stage, users }: Extract<Line, { line: 'reminder' }>,
  state: ApprovalRequest,
): { said: Sentence; text: string } {
  const named = users.slice(0, mostMentions)
  const more = users.length > named.length ? ` and ${users.length - named.length} more` : ''
  const until = waitingStage(state)?.deadline
  const waits = `${more}: ${stage} still waits for a decision`
  return {
    said: [
      ...named.flatMap((user_id, at): RichTextElement[] => [
        ...(at === 0 ? [] : [words(' ')]),
        { type: 'user', user_id },
      ]),
      words(waits),
      ...(until === undefined ? [words('.')] : [words(', until '), time(until), words('. Silence never approves.')]),
    ],
    text: `${named.map((user) => `<@${user}>`).join(' ')}${waits}. ${state.ask.id}`,
  }
}

/** How what somebody was asked for came to its end. */
function handled(
  { stage, round }: Extract<Line, { line: 'handled' }>,
  state: ApprovalRequest,
  facts: ViewFacts,
): { said: Sentence; text: string } {
  const text = `Handled: ${stage} needs nothing more of you. ${state.ask.id}`
  const by = (people: readonly PersonId[]) => people.map((person) => nameIn(facts, person)).join(', ')
  if (state.round !== round)
    return { said: [words('Handled: it was made less, and whoever decides that is asked anew.')], text }
  const approvers = state.stages.filter(({ terms }) => terms.name === stage).flatMap(approversOf)
  const isFilled = state.stages.some((each) => each.terms.name === stage && approvers.length >= each.terms.quorum)
  if (isFilled) return { said: [words(`Handled: ${stage} was approved by ${by(approvers)}.`)], text }
  return { said: [words('Handled: '), ...becameOf(state, facts)], text }
}

function notice(state: ApprovalRequest, what: string, more: Sentence = []): { said: Sentence; text: string } {
  const { agent, action, environment, id } = state.ask
  const text = `Your agent ${agent.id} ${what} ${action} in ${environment}, tier ${state.tier}. ${id}`
  return { said: [words(`${text}${more.length > 0 ? ' ' : ''}`), ...more], text }
}

/**
 * The words of a notice about an opening: made here, from the server's facts. What the person said stands
 * in a quotation of its own. Whoever hears of it for the first time is told what it is about; in a thread that is above.
 */
export function renderNotice(
  notice: OpeningNotice,
  state: ApprovalRequest,
  hearer: Hearer,
  facts: OpeningFacts,
  options: PageOption = {},
): RenderedCard {
  const said = sentencesOf(notice, state, hearer, facts)
  const mark = isDrill(state) ? [bold(`${drillMark}: `)] : []
  const read = hearer.first ? readButtons(state, options) : []
  const blocks: CardBlock[] = [
    rich(
      'notice',
      section(...mark, ...(hearer.first ? aboutParts(state, facts) : []), ...said),
      ...quotes(notice, state, hearer),
    ),
    ...(read.length === 0 ? [] : [actions('read-opening', ...read)]),
  ]
  const headline = `${isDrill(state) ? `${drillMark}: ` : ''}${headlines[notice.notice]}`
  return { text: textOf(state, headline), blocks: blocks as unknown as readonly JsonObject[] }
}

const headlines: { readonly [notice in OpeningNotice['notice']]: string } = {
  opened: 'Break-glass opened',
  ending: 'Break-glass ends soon',
  ended: 'Break-glass ended',
  review_due: 'A break-glass is still to be reviewed',
  review_overdue: 'The review of a break-glass is overdue',
  reviewed: 'A break-glass was reviewed',
}

/** For whoever sees nothing above it: who, what, where, and because of which incident. */
const aboutParts = (state: ApprovalRequest, facts: OpeningFacts): Sentence => [
  words('🚨 '),
  ...titleParts(state, facts),
  words(' for incident '),
  code(theirs(state.ask.breakGlass?.incident, 128)),
  words('. '),
]

function sentencesOf(notice: OpeningNotice, state: ApprovalRequest, hearer: Hearer, facts: OpeningFacts): Sentence {
  const { ask } = state
  switch (notice.notice) {
    case 'opened':
      return [...openingNow(state, facts), ...(hearer.because === 'channel' ? [] : whyYou(state, hearer))]
    case 'ending':
      return ending(state, hearer, facts)
    case 'ended':
      return [...openingNow(state, facts), words(' '), ...reviewNow(state, facts), ...yours(hearer)]
    case 'review_due':
      return [words('It is still to be reviewed. '), ...reviewNow(state, facts), ...yours(hearer)]
    case 'review_overdue':
      return [
        ...reviewNow(state, facts),
        ...(notice.attempt === 1 ? [] : [words(` This is reminder ${notice.attempt - 1}.`)]),
        ...yours(hearer),
      ]
    case 'reviewed':
      return [
        ...reviewNow(state, facts),
        words(hearer.because === 'holder' ? ' What they noted is on the card.' : ''),
        words(ask.breakGlass?.drill ? ' With that the drill is over.' : ''),
      ].filter((each) => each.type !== 'text' || each.text !== '')
    default:
      return notice satisfies never
  }
}

const whyYou = (state: ApprovalRequest, { because, mayReview }: Hearer): Sentence => {
  const review = mayReview ? ' Once it has ended you may review it.' : ''
  if (isSealed(state)) return [words(` Nobody was asked, and Hotwork did not open it.${review}`)]
  switch (because) {
    case 'holder':
      return [words(' You hold it: end it as soon as you are done, with “End now” on the card in the channel.')]
    case 'skipped':
      return [bold(' You were skipped: '), words(`you could have approved it, and nobody was asked.${review}`)]
    default:
      return [words(` Nobody approved it; you are told since you answer for this.${review}`)]
  }
}

function ending(state: ApprovalRequest, hearer: Hearer, facts: OpeningFacts): Sentence {
  const until = openUntil(state)
  const left = duration(warnBefore)
  const who = hearer.because === 'holder' ? 'What you opened' : `What ${nameIn(facts, state.ask.owner)} opened`
  return [
    bold(`${who} ends in ${left} or less`),
    words(', at '),
    time(until),
    words('. It cannot be made longer; what is still running then loses its credentials.'),
  ]
}

const yours = ({ because, mayReview }: Hearer): Sentence =>
  mayReview && because !== 'channel'
    ? [words(' You may review it: “Review…” on the card in the channel asks for what you found.')]
    : []

/** Why it was opened, to whoever hears of it alone; why it was ended, and what a review found, stand on the card. */
const quotes = (notice: OpeningNotice, state: ApprovalRequest, { first }: Hearer) => {
  const reason = state.ask.breakGlass?.reason
  const why = notice.notice === 'ended' ? whyEnded(state) : undefined
  return [
    ...(first && reason !== undefined ? [quote(theirs(reason, 600))] : []),
    ...(why === undefined ? [] : [quote(why)]),
  ]
}
