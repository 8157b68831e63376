// Rules: test/channels/slack/cards/routing.test.ts

import { warnBefore } from '../domain/break-glass/break-glass.ts'
import { leavingWords } from '../domain/cards/leaving-words.ts'
import { exchangesOf } from '../domain/cards/message-words.ts'
import type { Notice as OpeningNotice } from '../domain/cards/notices.ts'
import { describeOpening, type OpeningView } from '../domain/cards/opening-view.ts'
import { drillMark, openingNow, openingText, openingTitle, reviewNow, whyEnded } from '../domain/cards/opening-words.ts'
import { describeRequest, type ViewFacts } from '../domain/cards/request-view.ts'
import { noteOf, nowOf, whyAgain } from '../domain/cards/request-words.ts'
import { type Sentence, textOf } from '../domain/cards/sentence.ts'
import { nameIn, nameOf } from '../domain/cards/who.ts'
import { clamp, inert } from '../domain/inert.ts'
import type { SuspendedBecause } from '../domain/people/organisation.ts'
import { fillingOf } from '../domain/policy/filling.ts'
import { type ApprovalRequest, grantOf, openStage } from '../domain/record/request.ts'
import { duration, type RequestId, rfc3339 } from '../domain/values.ts'
import type { AgentNotice } from '../operations/agents/ports.ts'
import type { Line, Notice } from '../operations/cards/card-lines.ts'
import type { Hearer } from '../operations/cards/draw-opening.ts'

/** Lines for any chat: the server's facts, with people's texts in quotation marks or in separate quotations. */

/** A line appears beneath a card; a notice may be a separate message. */
export type Said = {
  as: 'line' | 'notice'
  said: Sentence
  /** The text for notifications, which may interpret markup: only ids and our own words. */
  text: string
  /** Accounts to mention, in a reminder only. */
  mentions?: readonly string[]
  /** Texts of people, inert, each in a separate block. */
  quotes?: readonly string[]
  /** The address of the page that shows everything. */
  page?: string | undefined
}

/** The most mentions: for more people a chat pings none, so the line mentions none. */
const mostMentions = 20

export function lineOf(line: Line | { line: Notice }, state: ApprovalRequest, facts: ViewFacts): Said {
  switch (line.line) {
    case 'asked':
      return same(`It is your turn now: ${line.stage}. The card above has the buttons.`)
    case 'escalated':
      return same(`${line.stage} was not decided in time. ${line.to} may decide it now too.`)
    case 'reminder':
      return reminder(line, state)
    case 'handled':
      return handled(line, state, facts)
    case 'answered':
      return answered(line, state, facts)
    case 'colleague': {
      const said = [{ bold: nameIn(facts, line.by) }, ' asks you to look at this, and to decide it if you can.']
      return { as: 'line', said, text: `${line.by} asks you to look at this. ${state.ask.id}` }
    }
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

/** The request's end or present state in one line, with its reason or note in quotes. */
function becameOf(state: ApprovalRequest, facts: ViewFacts): Sentence {
  const view = describeRequest(state, facts)
  const note = noteOf(view)
  return [...nowOf(view), ...(note === undefined ? [] : [' ', { said: note }])]
}

const same = (text: string): Said => ({ as: 'line', said: [text], text })

function reminder({ stage, users }: Extract<Line, { line: 'reminder' }>, state: ApprovalRequest): Said {
  const mentions = users.slice(0, mostMentions)
  const more = users.length > mentions.length ? ` and ${users.length - mentions.length} more` : ''
  const until = openStage(state)?.deadline
  const waits = `${more}: ${stage} still waits for a decision`
  return {
    as: 'line',
    mentions,
    said: [waits, ...(until === undefined ? ['.'] : [', until ', { time: until }, '. Silence never approves.'])],
    text: `${waits}. ${state.ask.id}`,
  }
}

function answered(
  { question, users }: Extract<Line, { line: 'answered' }>,
  state: ApprovalRequest,
  facts: ViewFacts,
): Said {
  const found = exchangesOf(describeRequest(state, facts)).find(({ id }) => id === question)
  const quotes = [found?.asked, found?.answered].map((each) => clamp(each?.text ?? '', 600).text)
  const said: Sentence = [
    users.length === 0 ? 'The' : ': the',
    ' agent has answered. The question, and what it says (unverified):',
  ]
  return { as: 'line', mentions: users, said, text: ` The agent has answered. ${state.ask.id}`, quotes }
}

function endsSoon(state: ApprovalRequest): Said {
  const { id, agent, extends: more } = state.ask
  const end = grantOf(state)?.notAfter ?? state.updatedAt
  const next =
    more === undefined
      ? `${agent.id} may ask for more time, once.`
      : 'It was extended once already, and cannot be extended again.'
  const text = `A grant in use ends soon. ${id}`
  return { as: 'line', said: ['It is in use, and ends at ', { time: end }, `. ${next}`], text }
}

function handled({ stage, round }: Extract<Line, { line: 'handled' }>, state: ApprovalRequest, facts: ViewFacts): Said {
  const text = `Handled: ${stage} no longer needs you. ${state.ask.id}`
  if (state.round !== round) {
    const view = describeRequest(state, facts)
    if (whyAgain(view) === 'changed')
      return {
        as: 'line',
        said: ['Handled: the resource changed. The request is decided again, on its present state.'],
        text,
      }
    const by = view.narrowings.at(-1)?.by
    const who = by === undefined ? '' : ` by ${nameOf(by)}`
    return { as: 'line', said: [`Handled: narrowed${who}. Approvals start again for the smaller request.`], text }
  }
  const own = state.stages.find(({ terms }) => terms.name === stage)
  const { approvers, missing } = own ? fillingOf(own) : { approvers: [], missing: 1 }
  const by = approvers.map((person) => nameIn(facts, person)).join(', ')
  return {
    as: 'line',
    said: missing === 0 ? [`Handled: ${stage} was approved by ${by}.`] : ['Handled: ', ...becameOf(state, facts)],
    text,
  }
}

function notice(state: ApprovalRequest, what: string, more: Sentence = []): Said {
  const { agent, action, environment, id } = state.ask
  const text = `Your agent ${agent.id} ${what} ${action} in ${environment}, tier ${state.tier}. ${id}`
  return { as: 'line', said: [text, ...(more.length > 0 ? [' ', ...more] : [])], text }
}

/** The line of an opening. For a person's first message, it also names the subject. */
export function openingLineOf(
  notice: OpeningNotice,
  state: ApprovalRequest,
  hearer: Hearer,
  facts: ViewFacts,
  { page }: { page?: (id: RequestId) => string } = {},
): Said {
  const view = describeOpening(state, facts)
  const mark = view.drill ? `${drillMark}: ` : ''
  const first: Sentence = hearer.first
    ? ['🚨 ', ...openingTitle(view), ' for incident ', { value: inert(view.incident) }, '. ']
    : []
  const why = notice.notice === 'ended' ? whyEnded(view) : undefined
  return {
    as: 'notice',
    said: [...(mark === '' ? [] : [{ bold: mark }]), ...first, ...noticeSentence(notice, view, hearer)],
    text: openingText(view, `${mark}${headlines[notice.notice]}`),
    quotes: [
      ...(hearer.first ? [clamp(inert(view.reason), 600).text] : []),
      ...(why === undefined ? [] : [clamp(why, 240).text]),
    ],
    page: hearer.first ? page?.(view.id) : undefined,
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

/** The line of a notice about an agent: ids, a date and our words. */
export function agentLineOf({ about, notice }: AgentNotice, issuer: string): Said {
  const said: Sentence = [
    ...agentSentence(about, notice),
    about.startsWith('agent:') ? ` ${issuer}/agents/${about}` : '',
  ]
  const text = textOf(said.map((part) => (typeof part === 'object' && 'time' in part ? rfc3339(part.time) : part)))
  return { as: 'notice', said: said.filter((part) => part !== ''), text }
}

function agentSentence(about: AgentNotice['about'], notice: AgentNotice['notice']): Sentence {
  switch (notice.kind) {
    case 'due':
      return dueSentence(about, notice)
    case 'suspended':
      return [`${about} ${lost[notice.why]}. ${effectOf(about)}`]
    case 'owner':
      return [`${about}: `, ...leavingWords(about, notice)]
  }
}

const dueSentence = (about: string, { days, due }: Extract<AgentNotice['notice'], { kind: 'due' }>): Sentence => [
  `${about} is to be recertified by `,
  { time: due },
  `, in ${days === 1 ? 'one day' : `${days} days`}. After that it is suspended. A person who does not answer for it recertifies it.`,
]

const lost: { readonly [why in SuspendedBecause]: string } = {
  recertification: 'was not recertified in time',
  suspended: 'is suspended in the files',
  retired: 'is retired',
  owner_inactive: 'has no active owner',
}

function effectOf(about: string): string {
  if (about.startsWith('agent:')) return 'Its grants have ended, and it gets no more.'
  if (about.startsWith('person:')) return 'This person counts as inactive.'
  if (about.startsWith('group:')) return 'This group counts as empty.'
  return `It works as before: look at its ${about.startsWith('profile:') ? 'rights' : 'names'}.`
}
