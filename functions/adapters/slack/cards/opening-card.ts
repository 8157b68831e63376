import type { Button, RichTextElement, RichTextSection } from '@slack/types'
import { filledFor } from '../../../domain/break-glass/rights.ts'
import { titleOfAction } from '../../../domain/cards/request-view.ts'
import { nameIn, titleParts as titleSentence } from '../../../domain/cards/request-words.ts'
import { clamp, inert } from '../../../domain/inert.ts'
import type { Bundle } from '../../../domain/policy/bundle.ts'
import { type ApprovalRequest, grantOf, type Use } from '../../../domain/requests/request.ts'
import type { JsonObject, RequestId } from '../../../domain/values.ts'
import type { AboutOpening } from '../../../operations/cards/about-opening.ts'
import type { RenderedCard } from '../../../operations/cards/ports.ts'
import {
  actions,
  bold,
  type CardBlock,
  code,
  context,
  divider,
  drawn,
  fitted,
  header,
  linkButton,
  list,
  plain,
  preformatted,
  quote,
  rich,
  section,
  time,
  words,
} from './blocks.ts'
import { argumentText } from './card.ts'
import { readAction } from './card-decide.ts'
import {
  drillMark,
  endLabel,
  isDrill,
  isSealed,
  openingHeadline,
  openingNow,
  reviewNow,
  statusOf,
  theirs,
  whoParts,
  whyEnded,
} from './opening-status.ts'

/** What was done with it, as far as Hotwork itself knows: what AWS credentials did is AWS's to tell. */
const doneBlock = (state: ApprovalRequest, about: Pick<AboutOpening, 'credentials'>, most: number): CardBlock =>
  rich(
    'done',
    section(bold('What was done')),
    list([...credentialLines(state, about), ...useLines(state, most)]),
    ...callsOf(state),
  )

function callsOf(state: ApprovalRequest): RichTextSection[] {
  if (isSealed(state))
    return [section(words('Each call is in CloudTrail of that account, under the session of that role.'))]
  if (!tookAws(state)) return []
  const where = 'Each call that AWS credentials made is in CloudTrail, under the session name '
  return [section(words(where), code(state.ask.id), words('.'))]
}

function credentialLines(
  state: ApprovalRequest,
  { credentials }: Pick<AboutOpening, 'credentials'>,
): RichTextSection[] {
  if (isSealed(state)) return [section(words('Hotwork issued nothing: the role was taken in AWS itself.'))]
  if (credentials === undefined)
    return [
      section(
        words(
          grantOf(state)?.claimedAt === undefined
            ? 'No credential is known to have been issued.'
            : 'Credentials were issued; how many is in the record.',
        ),
      ),
    ]
  if (credentials.length === 0)
    return [section(words('No credential was issued: nothing was done with it through Hotwork.'))]
  const kinds = { aws: 'AWS credentials', access_token: 'Access tokens' } as const
  return (['access_token', 'aws'] as const).flatMap((claim) => {
    const of = credentials.filter((each) => each.claim === claim)
    const [first, last] = [of[0], of.at(-1)]
    if (!first || !last) return []
    const times = of.length === 1 ? 'once, at ' : `${of.length} times, from `
    return [
      section(
        words(`${kinds[claim]} issued ${times}`),
        time(first.issuedAt),
        ...(of.length === 1 ? [] : [words(' to '), time(last.issuedAt)]),
      ),
    ]
  })
}

/** Whether AWS credentials of it were ever given. */
export const tookAws = (state: ApprovalRequest): boolean =>
  grantOf(state)?.uses.some(({ tool, key }) => tool === 'aws' && key === 'aws') ?? false

/** Each use, and how it went; what AWS credentials were used for is no one use, and stands in AWS's own record. */
export function useLines(state: ApprovalRequest, most: number): RichTextSection[] {
  const uses = (grantOf(state)?.uses ?? []).filter(({ tool, key }) => tool !== 'aws' || key !== 'aws')
  const more = uses.length - most
  return [...uses.slice(0, most).map(useLine), ...(more > 0 ? [section(words(`and ${more} more uses`))] : [])]
}

const useLine = ({ tool, begunAt, ended }: Use): RichTextSection =>
  section(
    words('Used on '),
    code(inert(tool)),
    words(' at '),
    time(begunAt),
    ...(ended ? [words(`: ${ended.outcome}, at `), time(ended.at)] : [words(': how it went was not reported')]),
  )

/** What of the bundle this card needs. */
export type OpeningFacts = Pick<Bundle, 'actions' | 'agents' | 'directory' | 'ladder' | 'breakGlass' | 'deployment'>

/** Where an opening can be read in full; absent where there is no such page. */
export type PageOption = { page?: (request: RequestId) => string }

/** How much each part may take: a smaller budget is tried when a card is too large. */
type Budget = { reason: number; arguments: number; lines: number }
const budgets: readonly [Budget, ...Budget[]] = [
  { reason: 1_000, arguments: 1_200, lines: 12 },
  { reason: 500, arguments: 500, lines: 6 },
  { reason: 200, arguments: 120, lines: 2 },
]

/** The buttons of the card, and what a click on each is called. */
export const openingActions = { end: 'end_opening', review: 'review_opening' } as const

/**
 * The card of an opening. It cannot be taken for one that asks for an approval: it says first that nobody
 * approved this, stands between lines, and asks for nothing but that it be ended and reviewed. Everything on it is the server's
 * own but what the person said, which stands in quotations. Pure: the same state and facts give the same card.
 */
export function renderOpening(
  state: ApprovalRequest,
  about: AboutOpening,
  facts: OpeningFacts,
  options: PageOption = {},
): RenderedCard {
  return fitted(budgets, (budget) => renderWithin(state, about, facts, options, budget))
}

/** The same for one person who asks: without who was told and who may review it, and with nothing to click but to read on. */
export const renderOpeningForAsker = (
  state: ApprovalRequest,
  facts: OpeningFacts,
  options: PageOption = {},
): RenderedCard => fitted(budgets, (budget) => renderWithin(state, undefined, facts, options, budget))

function renderWithin(
  state: ApprovalRequest,
  about: AboutOpening | undefined,
  facts: OpeningFacts,
  options: PageOption,
  budget: Budget,
): RenderedCard {
  const { ask } = state
  const { sign, words: status } = openingHeadline(state)
  const why = whyEnded(state)
  const note = state.review?.done?.note
  const blocks: CardBlock[] = [
    divider('above'),
    header(clamp(`${sign} ${status}`, 140).text),
    ...drillBlocks(state),
    rich(
      'what',
      section(...titleParts(state, facts), words(isSealed(state) ? '.' : ` (${ask.classification} data)`)),
      section(...openingNow(state, facts)),
      ...(why === undefined ? [] : [quote(why)]),
    ),
    ...reviewBlocks(state, facts, note === undefined ? undefined : clamp(inert(note), budget.reason).text),
    rich(
      'why',
      section(bold('Incident '), code(theirs(ask.breakGlass?.incident, 128)), bold('   Reason given')),
      quote(theirs(ask.breakGlass?.reason, budget.reason)),
    ),
    rich('open', ...openParts(state, facts, budget)),
    ...(statusOf(state) === 'open' ? [] : [doneBlock(state, about ?? {}, budget.lines)]),
    ...(about
      ? [rich('who', section(bold('Who knows, and what is next')), list(whoParts(state, about, facts, budget.lines)))]
      : []),
    ...buttonRow(about ? [...actButtons(state), ...readButtons(state, options)] : readButtons(state, options)),
    context(`${isDrill(state) ? `${drillMark}   ` : ''}Break-glass ${ask.id}   Digest ${ask.digest.slice(0, 24)}`),
    divider('below'),
  ]
  return { text: textOf(state, status), blocks: blocks as unknown as readonly JsonObject[] }
}

/** Slack shows this in notifications, where it does read markup: nothing in it is anybody's but ours. */
export const textOf = (state: ApprovalRequest, status: string): string => {
  const { ask } = state
  return `${status}. ${ask.owner}: ${ask.breakGlass?.profile ?? ask.action} in ${ask.environment}. ${ask.id} ${ask.digest.slice(0, 24)}`
}

const drillBlocks = (state: ApprovalRequest): CardBlock[] =>
  isDrill(state) ? [rich('drill', section(bold(`This is a ${drillMark}: `), words(drillWords(state))))] : []

const drillWords = (state: ApprovalRequest): string =>
  statusOf(state) === 'open'
    ? 'nothing is broken, and its credentials can do nothing. Do what you would do in an emergency.'
    : 'nothing was broken, and its credentials could do nothing.'

/** Who, what and where: to be understood before anything else is read. */
export function titleParts(state: ApprovalRequest, facts: OpeningFacts): RichTextElement[] {
  const { ask } = state
  if (isSealed(state))
    return [bold(nameIn(facts, ask.owner)), words(' took the sealed role '), code(theirs(ask.resource.id, 200))]
  const profile = facts.breakGlass?.profiles.find(({ name }) => name === ask.breakGlass?.profile)
  return [
    bold(nameIn(facts, ask.owner)),
    words(' opened '),
    ...(ask.breakGlass?.profile === undefined
      ? drawn(titleSentence(titleOfAction(ask, facts)))
      : [bold(`“${inert(profile?.title ?? ask.breakGlass.profile).replace(/[“”„‟]/g, "'")}”`)]),
    words(' in '),
    bold(ask.environment.toUpperCase()),
  ]
}

/** What is or was open, and how far. */
function openParts(state: ApprovalRequest, facts: OpeningFacts, budget: Budget) {
  const { ask } = state
  const was = statusOf(state) === 'open' ? 'is' : 'was'
  const rights = (ask.breakGlass?.rights ?? []).flatMap(({ action, resources }) =>
    resources.map((pattern) =>
      section(code(action), words(' on '), code(theirs(filledFor(action, pattern, facts), 200))),
    ),
  )
  const more = rights.length - budget.lines
  const shown = [...rights.slice(0, budget.lines), ...(more > 0 ? [section(words(`and ${more} more`))] : [])]
  const args = Object.keys(ask.arguments).length === 0 ? undefined : argumentText(ask, budget.arguments).text
  if (isSealed(state))
    return [section(bold('What it reaches')), list(ask.unpinned.map((each) => section(words(inert(each)))))]
  const left = ask.unpinned.map((each) => clamp(inert(each), 200).text)
  return [
    section(bold(`What ${was} open`)),
    list(shown.length > 0 ? shown : [section(code(ask.action))]),
    ...(args === undefined ? [] : [section(bold('Arguments, exactly')), preformatted(args)]),
    ...(left.length === 0
      ? []
      : [
          section(
            bold(was === 'is' ? 'It leaves open: ' : 'It left open: '),
            words(left.slice(0, budget.lines).join('; ')),
          ),
        ]),
  ]
}

const reviewBlocks = (state: ApprovalRequest, facts: OpeningFacts, note: string | undefined): CardBlock[] =>
  state.review && statusOf(state) !== 'open'
    ? [
        rich(
          'review',
          section(...reviewNow(state, facts)),
          ...(note === undefined || note.trim() === '' ? [] : [quote(note)]),
        ),
      ]
    : []

const buttonRow = (row: readonly Button[]): CardBlock[] => (row.length === 0 ? [] : [actions('opening', ...row)])

/** Only what still means something: to end what is open, to review what has ended and was not. */
function actButtons(state: ApprovalRequest): Button[] {
  const status = statusOf(state)
  const value = JSON.stringify({ r: state.ask.id })
  if (status === 'open') return isSealed(state) ? [] : [endButton(state, value)]
  if (status !== 'review_due' && status !== 'review_overdue') return []
  return [{ type: 'button', action_id: openingActions.review, text: plain('Review…'), style: 'primary', value }]
}

/** Where each credential and each call is, and where it can be ended and reviewed too. */
export const readButtons = ({ ask }: ApprovalRequest, { page }: PageOption): Button[] =>
  page ? [linkButton(readAction, 'Read all of it', page(ask.id))] : []

const endButton = (state: ApprovalRequest, value: string): Button => ({
  type: 'button',
  action_id: openingActions.end,
  text: plain(endLabel(state)),
  style: 'danger',
  value,
  confirm: {
    title: plain(isDrill(state) ? 'End the drill?' : 'End it now?'),
    text: plain(
      `Every credential of ${state.ask.id} is dead at once; AWS takes some seconds to deny what it issued. It cannot be taken back.`,
    ),
    confirm: plain('End now'),
    deny: plain('Go back'),
  },
})
