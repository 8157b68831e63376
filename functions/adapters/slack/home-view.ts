import type { Button, HomeView } from '@slack/types'
import { clamp, inert } from '../../domain/inert.ts'
import type { NumericDate, RequestId } from '../../domain/values.ts'
import type { LiveGrant, Overview } from '../../operations/cards/read-overview.ts'
import { actions, type CardBlock, context, header, plain, rich, section, words } from './blocks.ts'
import type { EmergencyFacts } from './emergency-card.ts'
import { liveRow, ownRow, waitingRow } from './overview-rows.ts'
import { permitBlocks } from './permit-rows.ts'
import { standInBlocks } from './stand-in-rows.ts'

/** A home tab, of blocks that read no markup. https://docs.slack.dev/surfaces/app-home */
export type Home = Omit<HomeView, 'blocks'> & { blocks: CardBlock[] }

/** Where a request, and the list of all that waits, are read and decided without Slack. */
export type HomePages = { one(id: RequestId): string; all: string }

/** What the buttons of a home tab are called. */
export const homeActions = { read: 'home_read', all: 'home_all', link: 'home_link', revoke: 'home_revoke' } as const

/** How many of each part are shown: together, with their buttons, they stay below the 100 blocks that Slack takes. */
const most = { waiting: 15, own: 12, live: 12, permits: 6, standIns: 4 } as const

/**
 * What one person sees on Hotwork's own tab: what waits for them, what their agents asked for, what is live that they answer
 * for, what was allowed ahead, and who decides in whose stead. Pure: the same overview at the same time gives the same tab.
 */
export function renderHome(overview: Overview, facts: EmergencyFacts, pages: HomePages, now: NumericDate): Home {
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
    ...own.slice(0, most.own).map((state) => rich(`own:${state.ask.id}`, ownRow(state, facts))),
    ...(own.length === 0 ? [said('no-own', 'No agent of yours has asked for anything.')] : []),
    ...(own.length > most.own || moreOwn ? moreOf('own', own.length - most.own, pages, moreOwn) : []),

    header(`Live grants: ${live.length}`),
    ...live
      .slice(0, most.live)
      .flatMap((grant) => [
        rich(liveBlock(grant.state.ask.id), liveRow(grant, facts)),
        actions(`live-do:${grant.state.ask.id}`, ...liveButtons(grant, pages)),
      ]),
    ...(live.length === 0 ? [said('no-live', 'Nothing is live that you own or may revoke.')] : []),
    ...moreOf('live', live.length - most.live, pages),

    header(`Standing permits: ${permits.length}`),
    ...permits.slice(0, most.permits).flatMap((each) => permitBlocks(each, facts)),
    ...(permits.length === 0 ? [said('no-permits', 'Nothing is allowed ahead that you gave, own or may revoke.')] : []),
    ...(permits.length > most.permits
      ? [said('more-permits', `…and ${permits.length - most.permits} more, through the API at /v1/standing-permits.`)]
      : []),

    header('Out of office'),
    ...standInBlocks(standIns, most.standIns, facts, now),
    context('Newest first, as it was when you opened this tab. Deciding and revoking ask everything anew.'),
  ]
  return { type: 'home', blocks }
}

/** In place of an overview: why there is none. */
export const renderNoHome = (sentence: string, link?: string): Home => ({
  type: 'home',
  blocks: [header('Hotwork'), said('why', sentence), ...linkBlocks(link)],
})

/** The way for somebody to say who they are: a button, since nothing here reads an address out of text. */
export const linkBlocks = (link: string | undefined): CardBlock[] =>
  link === undefined ? [] : [actions('link', linkButton(homeActions.link, 'Link your account', link))]

/** The block that says what a live grant is: a form to revoke it shows the same again. */
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

const linkButton = (action_id: string, label: string, url: string): Button => ({
  type: 'button',
  action_id,
  text: plain(label),
  url,
})

const revokeButton = (id: RequestId): Button => ({
  type: 'button',
  action_id: homeActions.revoke,
  text: plain('Revoke…'),
  style: 'danger',
  value: JSON.stringify({ r: id }),
})
