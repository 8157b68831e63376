import type { Button, HomeView, RichTextSection } from '@slack/types'
import * as z from 'zod'
import { titleOfAction, type ViewFacts } from '../../../domain/cards/request-view.ts'
import { nameIn, titleText } from '../../../domain/cards/request-words.ts'
import { clamp, inert } from '../../../domain/inert.ts'
import { isInForce, type StandIn } from '../../../domain/people/stand-in.ts'
import { drawsLeft, type StandingPermit } from '../../../domain/permits/permit.ts'
import { type NumericDate, type RequestId, StandInId, StandingPermitId } from '../../../domain/values.ts'
import type { LiveGrant, LivePermit, Overview } from '../../../operations/cards/read-overview.ts'
import {
  actions,
  bold,
  type CardBlock,
  code,
  context,
  header,
  linkButton,
  plain,
  rich,
  section,
  time,
  words,
} from '../cards/blocks.ts'
import { requestRow, waitingRow } from '../cards/rows.ts'
import { readValue } from '../edge/click.ts'

/** The button by which a standing permit is taken back. */
export const takeBack = 'permit_revoke'

/** A standing permit, with the button for a person who may take it back. */
const permitBlocks = ({ permit, mayRevoke }: LivePermit, facts: ViewFacts): CardBlock[] => [
  rich(`permit:${permit.id}`, permitRow(permit, facts)),
  ...(mayRevoke ? [takeBackBlock(permit)] : []),
]

export const takeBackBlock = (permit: Pick<StandingPermit, 'id' | 'agent'>): CardBlock =>
  actions(`permit-do:${permit.id}`, takeBackButton(permit))

/** What an agent may do, how much of it is left, until when, and who allowed it. */
function permitRow(permit: StandingPermit, facts: ViewFacts): RichTextSection {
  const { agent, action, resource, environment, uses, until, by, tier } = permit
  return section(
    bold(titleText(titleOfAction(permit, facts), 120)),
    words('\n'),
    bold(`${environment.toUpperCase()} · Tier ${tier}`),
    words(` by ${agent}, with no person asked. `),
    code(action),
    words(' on '),
    code(clamp(inert(resource.id), 160).text),
    words(`\nUses left: ${drawsLeft(permit)} of ${uses}, until `),
    time(until),
    words(`. Given by ${nameIn(facts, by)}.`),
  )
}

const takeBackButton = ({ id, agent }: Pick<StandingPermit, 'id' | 'agent'>): Button => ({
  type: 'button',
  action_id: takeBack,
  text: plain('Revoke'),
  style: 'danger',
  value: JSON.stringify({ p: id }),
  confirm: {
    title: plain('Take this permit back?'),
    text: plain(`From then on ${agent} asks people again, and what it was given by this permit ends at once.`),
    confirm: plain('Revoke'),
    deny: plain('Go back'),
  },
})

const Value = z.strictObject({ p: StandingPermitId })

/** Which permit such a button is about; undefined for a value that is none of ours. */
export const readPermit = (value: unknown): StandingPermitId | undefined => readValue(Value, value)?.p

/** What the buttons about stand-ins are called. */
export const standInActions = { name: 'stand_in_name', end: 'stand_in_end' } as const

/** Who decides for this person, and the people that they decide for, each with the button that ends it. */
function standInBlocks(
  { own, others }: Overview['standIns'],
  most: number,
  facts: ViewFacts,
  now: NumericDate,
): CardBlock[] {
  const all = [
    ...own.map((each) => ({ standIn: each, said: whoIsAway(each, facts, now) })),
    ...others.map((each) => ({ standIn: each, said: standsInFor(each, facts, now) })),
  ]
  const more = all.length - most
  return [
    ...all
      .slice(0, most)
      .flatMap(({ standIn, said }) => [
        rich(`stand-in:${standIn.id}`, said),
        actions(`stand-in-do:${standIn.id}`, endButton(standIn)),
      ]),
    ...(more > 0 ? [rich('more-stand-ins', section(words(`…and ${more} more, through the API.`)))] : []),
    ...(all.length === 0
      ? [rich('no-stand-ins', section(words('No other person decides for you, and you decide for no other person.')))]
      : []),
    actions('name-stand-in', nameButton),
  ]
}

const whoIsAway = (standIn: StandIn, facts: ViewFacts, now: NumericDate): RichTextSection =>
  section(
    bold(nameIn(facts, standIn.by)),
    words(isInForce(standIn, now) ? ' decides for you' : ' will decide for you'),
    ...spanOf(standIn, now),
  )

const standsInFor = (standIn: StandIn, facts: ViewFacts, now: NumericDate): RichTextSection =>
  section(
    words(isInForce(standIn, now) ? 'You decide for ' : 'You will decide for '),
    bold(nameIn(facts, standIn.for)),
    ...spanOf(standIn, now),
  )

const spanOf = (standIn: StandIn, now: NumericDate) => [
  ...(isInForce(standIn, now) ? [] : [words(' from '), time(standIn.from)]),
  words(' until '),
  time(standIn.until),
  words('.'),
]

const nameButton: Button = { type: 'button', action_id: standInActions.name, text: plain('Name a stand-in…') }

const endButton = ({ id }: StandIn): Button => ({
  type: 'button',
  action_id: standInActions.end,
  text: plain('End'),
  value: JSON.stringify({ s: id }),
  confirm: {
    title: plain('End this stand-in?'),
    text: plain('Nothing is decided by it from then on. What was decided by it stays.'),
    confirm: plain('End it'),
    deny: plain('Go back'),
  },
})

const StandInValue = z.strictObject({ s: StandInId })

/** Which stand-in an End button is about; undefined for a value that is none of ours. */
export const readStandIn = (value: unknown): StandInId | undefined => readValue(StandInValue, value)?.s

/** A home tab, of blocks that read no markup. https://docs.slack.dev/surfaces/app-home */
export type Home = Omit<HomeView, 'blocks'> & { blocks: CardBlock[] }

/** Where a request, and the list of all that waits, are read and decided without Slack. */
export type HomePages = { one(id: RequestId): string; all: string }

/** What the buttons of a home tab are called. */
export const homeActions = { read: 'home_read', all: 'home_all', link: 'home_link', revoke: 'home_revoke' } as const

/** How many of each part are shown: together, with their buttons, they stay below the 100 blocks that Slack takes. */
const most = { waiting: 15, own: 12, live: 12, permits: 6, standIns: 4 } as const

/**
 * What one person sees on Hotwork's own tab: what waits for them, their agents' requests, live grants, standing permits and
 * stand-ins.
 */
export function renderHome(overview: Overview, facts: ViewFacts, pages: HomePages, now: NumericDate): Home {
  const { waiting, own, moreOwn, live, permits, standIns } = overview
  const blocks: CardBlock[] = [
    header(`Waiting for you: ${waiting.length}`),
    ...waiting
      .slice(0, most.waiting)
      .flatMap((state) => [
        rich(`waiting:${state.ask.id}`, waitingRow(state, facts, now)),
        actions(`waiting-do:${state.ask.id}`, readButton(pages, state.ask.id, 'Read and decide')),
      ]),
    ...(waiting.length === 0 ? [said('no-waiting', 'Nothing waits for your decision.')] : []),
    ...moreOf('waiting', waiting.length - most.waiting, pages),

    header('Your agents’ requests'),
    ...own.slice(0, most.own).map((state) => rich(`own:${state.ask.id}`, requestRow(state, facts))),
    ...(own.length === 0 ? [said('no-own', 'No agent of yours has asked for anything.')] : []),
    ...(own.length > most.own || moreOwn ? moreOf('own', own.length - most.own, pages, moreOwn) : []),

    header(`Live grants: ${live.length}`),
    ...live
      .slice(0, most.live)
      .flatMap((grant) => [
        rich(liveBlock(grant.state.ask.id), requestRow(grant.state, facts)),
        actions(`live-do:${grant.state.ask.id}`, ...liveButtons(grant, pages)),
      ]),
    ...(live.length === 0 ? [said('no-live', 'Nothing is live that you own or may revoke.')] : []),
    ...moreOf('live', live.length - most.live, pages),

    header(`Standing permits: ${permits.length}`),
    ...permits.slice(0, most.permits).flatMap((each) => permitBlocks(each, facts)),
    ...(permits.length === 0
      ? [said('no-permits', 'There is no standing permit that you gave, own or may revoke.')]
      : []),
    ...(permits.length > most.permits
      ? [said('more-permits', `…and ${permits.length - most.permits} more, through the API at /v1/standing-permits.`)]
      : []),

    header('Out of office'),
    ...standInBlocks(standIns, most.standIns, facts, now),
    context('Newest first, as it was when you opened this tab.'),
  ]
  return { type: 'home', blocks }
}

/** In place of an overview: why there is none. */
export const renderNoHome = (sentence: string, link?: string): Home => ({
  type: 'home',
  blocks: [header('Hotwork'), said('why', sentence), ...linkBlocks(link)],
})

/** The way to link an account: a button, since no block here makes a link of text. */
export const linkBlocks = (link: string | undefined): CardBlock[] =>
  link === undefined ? [] : [actions('link', linkButton(homeActions.link, 'Link your account', link))]

/** The block that says what a live grant is. The form to revoke it shows it again. */
export const liveBlock = (id: RequestId): string => `live:${id}`

const said = (block: string, sentence: string): CardBlock =>
  rich(block, section(words(clamp(inert(sentence), 900).text)))

function moreOf(part: string, more: number, { all }: HomePages, atLeast = false): CardBlock[] {
  if (more <= 0 && !atLeast) return []
  const count = atLeast ? 'and more' : `and ${more} more`
  return [actions(`more:${part}`, linkButton(homeActions.all, `${count}: see all`, all))]
}

const liveButtons = ({ state: { ask }, mayRevoke }: LiveGrant, pages: HomePages): [Button, ...Button[]] =>
  mayRevoke ? [revokeButton(ask.id), readButton(pages, ask.id, 'Read')] : [readButton(pages, ask.id, 'Read')]

const readButton = (pages: HomePages, id: RequestId, label: string): Button =>
  linkButton(homeActions.read, label, pages.one(id))

const revokeButton = (id: RequestId): Button => ({
  type: 'button',
  action_id: homeActions.revoke,
  text: plain('Revoke…'),
  style: 'danger',
  value: JSON.stringify({ r: id }),
})
