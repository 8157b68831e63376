import type { RichTextElement } from '@slack/types'
import { warnBefore } from '../../../domain/break-glass/break-glass.ts'
import type { Notice as OpeningNotice } from '../../../domain/cards/notices.ts'
import { describeOpening, type OpeningView } from '../../../domain/cards/opening-view.ts'
import { drillMark, openingNow, openingTitle, reviewNow, whyEnded } from '../../../domain/cards/opening-words.ts'
import { describeRequest, type ViewFacts } from '../../../domain/cards/request-view.ts'
import { noteOf, nowOf, whyAgain } from '../../../domain/cards/request-words.ts'
import type { Sentence } from '../../../domain/cards/sentence.ts'
import { nameIn, nameOf } from '../../../domain/cards/who.ts'
import { clamp, inert } from '../../../domain/inert.ts'
import { fillingOf } from '../../../domain/policy/filling.ts'
import { type ApprovalRequest, grantOf, openStage } from '../../../domain/record/request.ts'
import { duration, type JsonObject } from '../../../domain/values.ts'
import type { Line, Notice } from '../../../operations/cards/card-lines.ts'
import type { Hearer } from '../../../operations/cards/draw-opening.ts'
import type { RenderedCard } from '../../../operations/cards/ports.ts'
import { actions, bold, type CardBlock, drawn, quote, rich, section, words } from './blocks.ts'
import { type PageOption, readButtons, textOf, theirs } from './opening-card.ts'

/** Slack shows this many mentions of one message as pings; more people than that are not named. */
const mostMentions = 20

/** From the server's facts: no text of the agent is in it. Only a reminder has mentions. */
export function renderLine(line: Line | { line: Notice }, state: ApprovalRequest, facts: ViewFacts): RenderedCard {
  const { said, text, mentions = [] } = sentenceOf(line, state, facts)
  const pings = mentions.flatMap((user_id, at): RichTextElement[] => [
    ...(at === 0 ? [] : [words(' ')]),
    { type: 'user', user_id },
  ])
  // Of the text notifications read markup: no name stands in it, only ids and words of ours.
  return { text, blocks: [rich('line', section(...pings, ...drawn(said)))] as unknown as readonly JsonObject[] }
}

type Said = { said: Sentence; text: string; mentions?: readonly string[] }

function sentenceOf(line: Line | { line: Notice }, state: ApprovalRequest, facts: ViewFacts): Said {
  switch (line.line) {
    case 'asked':
      return same(`It is your turn now: ${line.stage}. The card above has the buttons.`)
    case 'escalated':
      return same(`${line.stage} was not decided in time. ${line.to} may decide it now too.`)
    case 'reminder':
      return reminder(line, state)
    case 'handled':
      return handled(line, state, facts)
    case 'ends_soon':
      return endsSoon(state)
    case 'submitted': {
      const stage = openStage(state)?.terms.name
      return notice(state, stage === undefined ? 'asks for this.' : `asks for this, and ${stage} decides next.`)
    }
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
  return [...nowOf(view), ...(note === undefined ? [] : [' ', { said: note }])]
}

const same = (text: string): Said => ({ said: [text], text })

function reminder({ stage, users }: Extract<Line, { line: 'reminder' }>, state: ApprovalRequest): Said {
  const mentions = users.slice(0, mostMentions)
  const more = users.length > mentions.length ? ` and ${users.length - mentions.length} more` : ''
  const until = openStage(state)?.deadline
  const waits = `${more}: ${stage} still waits for a decision`
  return {
    mentions,
    said: [waits, ...(until === undefined ? ['.'] : [', until ', { time: until }, '. Silence never approves.'])],
    text: `${mentions.map((user) => `<@${user}>`).join(' ')}${waits}. ${state.ask.id}`,
  }
}

function endsSoon(state: ApprovalRequest): Said {
  const { id, agent, extends: more } = state.ask
  const end = grantOf(state)?.notAfter ?? state.updatedAt
  const next =
    more === undefined ? `${agent.id} may ask for more time, once.` : 'It was given more time once, which is the most.'
  const text = `A grant in use ends soon. ${id}`
  return { said: ['It is in use, and ends at ', { time: end }, `. ${next}`], text }
}

function handled({ stage, round }: Extract<Line, { line: 'handled' }>, state: ApprovalRequest, facts: ViewFacts): Said {
  const text = `Handled: ${stage} needs nothing more of you. ${state.ask.id}`
  if (state.round !== round) {
    const view = describeRequest(state, facts)
    if (whyAgain(view) === 'changed')
      return { said: ['Handled: what is there changed. The request is decided again, on what is there now.'], text }
    const by = view.narrowings.at(-1)?.by
    const who = by === undefined ? '' : ` by ${nameOf(by)}`
    return { said: [`Handled: narrowed${who}. Approvals start again for the smaller request.`], text }
  }
  const own = state.stages.find(({ terms }) => terms.name === stage)
  const { approvers, missing } = own ? fillingOf(own) : { approvers: [], missing: 1 }
  const by = approvers.map((person) => nameIn(facts, person)).join(', ')
  return {
    said: missing === 0 ? [`Handled: ${stage} was approved by ${by}.`] : ['Handled: ', ...becameOf(state, facts)],
    text,
  }
}

function notice(state: ApprovalRequest, what: string, more: Sentence = []): Said {
  const { agent, action, environment, id } = state.ask
  const text = `Your agent ${agent.id} ${what} ${action} in ${environment}, tier ${state.tier}. ${id}`
  return { said: [text, ...(more.length > 0 ? [' ', ...more] : [])], text }
}

/**
 * What the person said stands in a quotation of its own. A person who hears of the opening for the first time is told
 * what it is about.
 */
export function renderNotice(
  notice: OpeningNotice,
  state: ApprovalRequest,
  hearer: Hearer,
  facts: ViewFacts,
  options: PageOption = {},
): RenderedCard {
  const view = describeOpening(state, facts)
  const mark = view.drill ? `${drillMark}: ` : ''
  const first: Sentence = hearer.first
    ? ['🚨 ', ...openingTitle(view), ' for incident ', { value: inert(view.incident) }, '. ']
    : []
  const why = notice.notice === 'ended' ? whyEnded(view) : undefined
  const read = hearer.first ? readButtons(view, options) : []
  const blocks: CardBlock[] = [
    rich(
      'notice',
      section(...(mark === '' ? [] : [bold(mark)]), ...drawn([...first, ...noticeSentence(notice, view, hearer)])),
      ...(hearer.first ? [quote(theirs(view.reason, 600))] : []),
      ...(why === undefined ? [] : [quote(clamp(why, 240).text)]),
    ),
    ...(read.length === 0 ? [] : [actions('read-opening', ...read)]),
  ]
  return {
    text: textOf(view, `${mark}${headlines[notice.notice]}`),
    blocks: blocks as unknown as readonly JsonObject[],
  }
}

const headlines: { readonly [notice in OpeningNotice['notice']]: string } = {
  opened: 'Break-glass opened',
  ending: 'Break-glass ends soon',
  ended: 'Break-glass ended',
  review_due: 'A break-glass is still to be reviewed',
  review_overdue: 'The review of an opening is overdue',
  reviewed: 'A break-glass was reviewed',
}

function noticeSentence(notice: OpeningNotice, view: OpeningView, hearer: Hearer): Sentence {
  const mayReview = hearer.mayReview && hearer.because !== 'channel'
  const review = mayReview ? [' You may review it, with “Review…” on the card in the channel.'] : []
  switch (notice.notice) {
    case 'opened':
      return [...openingNow(view), ...(hearer.because === 'channel' ? [] : whyTold(view, hearer))]
    case 'ending':
      return [
        {
          bold: `What ${hearer.because === 'holder' ? 'you' : nameOf(view.person)} opened ends in ${duration(warnBefore)} or less`,
        },
        ', at ',
        { time: view.until },
        '. It cannot be made longer; what is still running then loses its credentials.',
      ]
    case 'ended':
      return [...openingNow(view), ' ', ...reviewNow(view), ...review]
    case 'review_due':
      return ['It is still to be reviewed. ', ...reviewNow(view), ...review]
    case 'review_overdue':
      return [
        ...reviewNow(view),
        ...(notice.attempt === 1 ? [] : [` This is reminder ${notice.attempt - 1}.`]),
        ...review,
      ]
    case 'reviewed':
      return [
        ...reviewNow(view),
        ...(hearer.because === 'holder' ? [' The reviewer’s note is on the card.'] : []),
        ...(view.drill ? [' With that the drill is over.'] : []),
      ]
    default:
      return notice satisfies never
  }
}

function whyTold({ sealed }: OpeningView, { because, mayReview }: Hearer): Sentence {
  const review = mayReview ? ' Once it has ended you may review it.' : ''
  if (sealed) return [` No one was asked, and Hotwork did not open it.${review}`]
  switch (because) {
    case 'holder':
      return [' You opened it: end it as soon as you are done, with “End now” on the card in the channel.']
    case 'skipped':
      return [{ bold: ' You were skipped: ' }, `you could have approved it, and were not asked.${review}`]
    default:
      return [` No one approved it; you are told because you answer for this.${review}`]
  }
}
