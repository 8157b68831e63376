import type { App, SlashCommand } from '@slack/bolt'
import type { RichTextSection } from '@slack/types'
import { describeOpening, type OpeningView } from '../../../domain/cards/opening-view.ts'
import { openingNow, openingTitle, reviewNow } from '../../../domain/cards/opening-words.ts'
import type { ViewFacts } from '../../../domain/cards/request-view.ts'
import type { Sentence } from '../../../domain/cards/sentence.ts'
import { clamp, inert } from '../../../domain/inert.ts'
import { openingOf } from '../../../domain/record/origin.ts'
import type { ApprovalRequest } from '../../../domain/record/request.ts'
import type { NumericDate, PersonId } from '../../../domain/values.ts'
import type { Overview } from '../../../operations/cards/read-overview.ts'
import type { NotFound } from '../../../operations/requests/read-requests.ts'
import type { PageOption } from '../../door.ts'
import {
  actions,
  bold,
  type CardBlock,
  code,
  context,
  drawn,
  fitted,
  linkButton,
  list,
  rich,
  type SlackCard,
  section,
  words,
} from '../cards/blocks.ts'
import { renderCard } from '../cards/card.ts'
import { drawOpeningCard } from '../cards/opening-card.ts'
import { requestRow, waitingRow } from '../cards/rows.ts'
import { haltModal } from '../forms/halt-forms.ts'
import { cut, showModal } from '../forms/modal-blocks.ts'
import { openModal } from '../forms/opening-forms.ts'
import { declare, declaredParts, haltsLink, listedHalts, readHaltLine } from '../home/halts.ts'
import { revoke } from '../home/home.ts'
import { homeActions, linkBlocks } from '../home/home-view.ts'
import { type Carried, carriedOf, identify, onceFor } from './click.ts'
import { patience } from './client.ts'
import type { EdgeOptions } from './edge-options.ts'
import { notOpened, saidOf, sentenceFor } from './sentences.ts'
import { splitOnce } from './typed.ts'

type Reply = { text: string; blocks: CardBlock[] }

const command = '/hotwork'

const verbs: readonly [usage: string, does: string][] = [
  ['list', 'the requests that wait for you, your agents’ requests, and their live grants'],
  ['show <id>', 'one request, in full'],
  ['revoke <id> <reason>', 'ends a live grant, or denies a pending request; people who read requests see the reason'],
  ['request', 'the page to ask on behalf of an agent that you answer for; other people decide'],
  [
    'halt [<what> [2h] <reason>]',
    'stops agents, a person’s decisions, an environment, an action or everything at once; alone, it opens a form',
  ],
  ['halts', 'the halts in force, and the people who declared them; another person lifts a halt'],
  ['away', 'the page to name the person who decides for you while you are out of office'],
  [
    'break-glass',
    'if you cannot wait for approvals: a form that prepares an opening, which you then open with a strong login',
  ],
  ['break-glass list', 'the openings in force, and the reviews that are due'],
  ['help', 'this'],
]

/** @param first the sentence before the help, for an unknown command */
const helpReply = (first?: string): Reply => ({
  text: 'What /hotwork can do',
  blocks: [
    ...(first === undefined ? [] : [rich('first', section(words(first)))]),
    rich(
      'help',
      section(bold('What you can type')),
      list(verbs.map(([usage, does]) => section(code(`${command} ${usage}`), words(`  ${does}`)))),
    ),
    context('You may shorten an id if only one request begins with it. Decide on the cards.'),
  ],
})

/** @param sentence made inert here */
export const sayReply = (sentence: string, link?: string): Reply => ({
  text: 'Hotwork has answered',
  blocks: [rich('said', section(words(clamp(inert(sentence), 900).text))), ...linkBlocks(link)],
})

const linkReply = (sentence: string, action: string, label: string, page: string): Reply => ({
  text: label,
  blocks: [rich('said', section(words(sentence))), actions('page', linkButton(action, label, page))],
})

export const typedWord = (word: string): string => clamp(inert(word), 40).text

/** The most items of each part. Long titles lower it, since Slack limits the size of the answer. */
type Most = { waiting: number; own: number; live: number }
const budgets: readonly [Most, ...Most[]] = [
  { waiting: 5, own: 3, live: 3 },
  { waiting: 2, own: 1, live: 1 },
  { waiting: 0, own: 0, live: 0 },
]

export const listReply = (overview: Overview, facts: ViewFacts, now: NumericDate): Reply =>
  fitted(budgets, (most) => listWithin(overview, facts, now, most))

function listWithin(overview: Overview, facts: ViewFacts, now: NumericDate, most: Most): Reply {
  const { waiting, aside, own, moreOwn, live } = overview
  const waits = waiting.slice(0, most.waiting).map((state) => row(state, waitingRow(state, facts, now)))
  const asked = own.slice(0, most.own).map((state) => row(state, requestRow(state, facts)))
  const lives = live.slice(0, most.live).map((grant) => row(grant.state, requestRow(grant.state, facts)))
  return {
    text: 'What concerns you now',
    blocks: [
      part(
        'waiting',
        `Waiting for you: ${waiting.length}${aside > 0 ? `, and ${aside} set aside by you` : ''}`,
        waits,
        waiting.length,
      ),
      part('own', `Your agents’ requests: ${own.length}${moreOwn ? ' and more' : ''}`, asked, own.length),
      part('live', `Live grants: ${live.length}`, lives, live.length),
      context(`All of it is on Hotwork’s Home tab. ${command} revoke takes an id or its beginning, and a reason.`),
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

/** The card without buttons: an answer is not redrawn, so it must not offer decisions. */
export function showReply(state: ApprovalRequest, facts: ViewFacts, options: PageOption = {}): Reply {
  const card: SlackCard = openingOf(state.ask)
    ? drawOpeningCard(describeOpening(state, facts), options)
    : renderCard(state, facts, '')
  return { text: card.text, blocks: card.blocks as unknown as CardBlock[] }
}

function revokedReply(state: ApprovalRequest, facts: ViewFacts): Reply {
  if (openingOf(state.ask)) return { ...showReply(state, facts), text: 'It has been ended' }
  return { text: 'It has been ended', blocks: [rich('revoked', row(state, requestRow(state, facts)))] }
}

/** The openings in force with their ends, and the reviews that are due. The page has all openings. */
const openingsReply = (openings: readonly ApprovalRequest[], facts: ViewFacts): Reply =>
  fitted([10, 4, 1, 0], (most) => openingsWithin(openings, facts, most))

function openingsWithin(openings: readonly ApprovalRequest[], facts: ViewFacts, most: number): Reply {
  const views = openings.map((state) => describeOpening(state, facts))
  const live = views.filter(({ progress }) => progress === 'open')
  const due = views.filter(({ progress }) => progress === 'review_due' || progress === 'review_overdue')
  const line = (view: OpeningView, stands: Sentence) =>
    section(
      code(view.id),
      words(view.drill ? '  A drill: ' : '  '),
      ...drawn([...openingTitle(view), ' for ', { value: clamp(inert(view.incident), 48).text }, '. ', ...stands], 120),
    )
  const lives = live.slice(0, most).map((view) => line(view, openingNow(view)))
  const dues = due.slice(0, most).map((view) => line(view, reviewNow(view)))
  return {
    text: 'The openings in force, and the reviews that are due',
    blocks: [
      part('live', `Open now: ${live.length}`, lives, live.length),
      part('due', `Reviews to be done: ${due.length}`, dues, due.length),
      context('The page /break-glass has all openings of the last seven days, and the minutes left.'),
    ],
  }
}

async function openOrList({ person, rest, trigger, carried }: Typed, options: EdgeOptions): Promise<Reply | undefined> {
  if (rest === 'list') {
    const openings = await options.openings(person)
    return openings ? openingsReply(openings, options.bundle) : sayReply('Policy does not let you read this.')
  }
  const modal = openModal(await options.mayOpen(person))
  return (await showModal(trigger, modal, carried, options)) ? undefined : sayReply(`${notOpened} ${otherwise}`)
}

const otherwise = 'Or, without Slack: npx --no-install hotwork break-glass start'

/** A linked person, the words after the verb, and the trigger that opens a form. */
type Typed = { person: PersonId; rest: string; trigger: string; carried: Carried }
type Do = (typed: Typed, options: EdgeOptions) => Promise<Reply | undefined>

const doing: { readonly [verb: string]: Do } = {
  '': async () => helpReply(),
  help: async () => helpReply(),
  list: async ({ person }, { overview, bundle, now }) => listReply(await overview(person), bundle, now()),
  show: async ({ person, rest }, options) => {
    const { bundle, read, page } = options
    if (rest.trim() === '') return helpReply('Write the id of the request, or its beginning.')
    const found = await options.find({ given: idIn(rest), person })
    if (!found.ok) return sayReply(notFound(found.code, options))
    const state = await read({ id: found.value, person })
    return state.ok
      ? showReply(state.value, bundle, { page })
      : sayReply(sentenceFor(state.code, { directory: bundle.directory, page }))
  },
  revoke: async ({ person, rest, carried }, options) => {
    const [given, reason] = splitOnce(rest)
    if (reason === '') return helpReply('Nothing was revoked: write the id of the request, and the reason.')
    const found = await options.find({ given: idIn(given), person })
    if (!found.ok) return sayReply(`Nothing was revoked. ${notFound(found.code, options)}`)
    const told = await revoke({ id: found.value, person, reason: cut(reason) }, carried, options)
    return told.done ? revokedReply(told.value.state, options.bundle) : sayReply(told.sentence)
  },
  'break-glass': openOrList,
  request: async (_, { askPage }) =>
    linkReply(
      'Ask on behalf of an agent that you answer for, on its page.',
      homeActions.ask,
      'Ask for an agent',
      askPage,
    ),
  halt: async ({ person, rest, trigger, carried }, options) => {
    if (rest.trim() === '')
      return (await showModal(trigger, haltModal(), carried, options)) ? undefined : sayReply(notOpened)
    const read = readHaltLine(rest, options.now())
    if (!read.ok) return sayReply(read.sentence)
    const idempotencyKey = `slack ${carried.delivery.key}`
    const told = await declare({ ...read.asked, person, idempotencyKey }, carried, options)
    if (!told.done) return sayReply(told.sentence)
    return { text: 'It is halted', blocks: [rich('halted', section(...declaredParts(told.value, options.bundle)))] }
  },
  halts: async ({ person }, { halts, bundle, haltsPage }) => {
    const seen = await halts(person)
    if (!seen) return sayReply('Policy does not let you read this.')
    return fitted([10, 4, 1], (most) => ({
      text: 'What is halted',
      blocks: [
        rich('title', section(bold('What is halted'))),
        ...listedHalts(seen, person, bundle, most),
        haltsLink(haltsPage),
      ],
    }))
  },
  away: async (_, { standInsPage }) =>
    linkReply(
      'Name the person who decides for you while you are away, on the page of stand-ins.',
      homeActions.standIns,
      'Name a stand-in',
      standInsPage,
    ),
}

/**
 * `/hotwork`, answered only to the person who types it. Each delivery is processed once, since an attacker's copy would
 * get the answer.
 */
export function registerCommands(app: App, options: EdgeOptions): void {
  app.command(command, async (typed) => {
    const carried = carriedOf(typed)
    let failedBy: string | undefined
    const warn = (fault: string) => {
      failedBy = fault
      options.log.warn('command_not_answered', { fault })
    }
    const answer = () => answerTo(typed.command, carried, options)
    const answered = await carried.deadline.inTime(answer, patience.tell, warn)
    const reply = answered ? answered.value : sayReply(saidOf(failedBy, notAnsweredYet))
    await (reply === undefined ? typed.ack() : typed.ack({ response_type: 'ephemeral', ...reply }))
  })
}

async function answerTo(typed: SlashCommand, carried: Carried, options: EdgeOptions): Promise<Reply | undefined> {
  const who = await identify({ id: typed.user_id, team_id: typed.team_id }, carried, options)
  if (!who.ok) return sayReply(who.sentence, who.link)
  if (!(await options.putOnce(onceFor(carried, 'command')))) return sayReply('This command had arrived before.')
  const [verb, rest] = splitOnce(typed.text)
  const act = Object.hasOwn(doing, verb.toLowerCase()) ? doing[verb.toLowerCase()] : undefined
  if (!act) return helpReply(`Unknown command “${typedWord(verb)}”.`)
  return act({ person: who.person.id, rest, trigger: typed.trigger_id, carried }, options)
}

const notAnsweredYet =
  'The store has not answered yet. If you were revoking or halting, first look at the card or at /hotwork halts, which show the record.'

function notFound(code: NotFound, { bundle, page }: EdgeOptions): string {
  if (code === 'unknown_request') return 'No request begins with that.'
  if (code === 'ambiguous') return 'More than one request begins with that. Write more of its id.'
  return sentenceFor(code, { directory: bundle.directory, page })
}

/** An id as people paste it, such as in a code span or in capitals. */
const idIn = (text: string): string => text.replaceAll('`', '').trim().toLowerCase()
