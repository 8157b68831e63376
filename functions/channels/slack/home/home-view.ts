import type { Button, HomeView, RichTextSection } from '@slack/types'
import * as z from 'zod'
import { titleOfAction, type ViewFacts } from '../../../domain/cards/request-view.ts'
import { titleText } from '../../../domain/cards/request-words.ts'
import { nameIn } from '../../../domain/cards/who.ts'
import { clamp, inert } from '../../../domain/inert.ts'
import { isInForce, type StandIn } from '../../../domain/people/stand-in.ts'
import { drawsLeft, type StandingPermit } from '../../../domain/permits/permit.ts'
import { type NumericDate, type RequestId, StandInId, StandingPermitId } from '../../../domain/values.ts'
import type { LivePermit, Overview } from '../../../operations/cards/read-overview.ts'
import {
  actions,
  bold,
  button,
  type CardBlock,
  code,
  confirming,
  context,
  header,
  linkButton,
  rich,
  section,
  time,
  words,
} from '../cards/blocks.ts'
import { requestRow, waitingRow } from '../cards/rows.ts'
import { readValue } from '../edge/click.ts'
import { haltsActions, listedHalts } from './halts.ts'

export const takeBack = 'permit_revoke'

export const takeBackBlock = ({ id, agent }: Pick<StandingPermit, 'id' | 'agent'>): CardBlock =>
  actions(
    `permit-do:${id}`,
    button(takeBack, 'Revoke', JSON.stringify({ p: id }), {
      style: 'danger',
      confirm: confirming(
        'Revoke this permit?',
        `From then on ${agent} asks people again, and grants drawn from this permit end at once.`,
        'Revoke',
      ),
    }),
  )

const permitBlocks = ({ permit, mayRevoke }: LivePermit, facts: ViewFacts): CardBlock[] => [
  rich(`permit:${permit.id}`, permitRow(permit, facts)),
  ...(mayRevoke ? [takeBackBlock(permit)] : []),
]

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

const Value = z.strictObject({ p: StandingPermitId })

/** The permit of a Revoke button; undefined for a foreign value. */
export const readPermit = (value: unknown): StandingPermitId | undefined => readValue(Value, value)?.p

export const standInActions = { end: 'stand_in_end' } as const

function standInBlocks(
  { own, others }: Overview['standIns'],
  facts: ViewFacts,
  { standIns: page }: HomePages,
  now: NumericDate,
): CardBlock[] {
  const all = [...own, ...others]
  const more = all.length - most.standIns
  return [
    ...all.slice(0, most.standIns).flatMap((standIn) => [
      rich(`stand-in:${standIn.id}`, standInRow(standIn, own.includes(standIn), facts, now)),
      actions(
        `stand-in-do:${standIn.id}`,
        button(standInActions.end, 'End', JSON.stringify({ s: standIn.id }), {
          confirm: confirming(
            'End this stand-in?',
            'No further decisions are made by it. Earlier ones stay.',
            'End it',
          ),
        }),
      ),
    ]),
    ...(more > 0 ? [said('more-stand-ins', `…and ${more} more, on the page.`)] : []),
    ...(all.length === 0
      ? [said('no-stand-ins', 'No other person decides for you, and you decide for no other person.')]
      : []),
    actions('name-stand-in', linkButton(homeActions.standIns, 'Name a stand-in', page)),
  ]
}

function standInRow(standIn: StandIn, isOwn: boolean, facts: ViewFacts, now: NumericDate): RichTextSection {
  const later = !isInForce(standIn, now)
  const who = isOwn
    ? [bold(nameIn(facts, standIn.by)), words(later ? ' will decide for you' : ' decides for you')]
    : [words(later ? 'You will decide for ' : 'You decide for '), bold(nameIn(facts, standIn.for))]
  const from = later ? [words(' from '), time(standIn.from)] : []
  return section(...who, ...from, words(' until '), time(standIn.until), words('.'))
}

const StandInValue = z.strictObject({ s: StandInId })

/** The stand-in of an End button; undefined for a foreign value. */
export const readStandIn = (value: unknown): StandInId | undefined => readValue(StandInValue, value)?.s

/** A home tab, of blocks that interpret no markup. https://docs.slack.dev/surfaces/app-home */
export type Home = Omit<HomeView, 'blocks'> & { blocks: CardBlock[] }

export type HomePages = { one(id: RequestId): string; all: string; halts: string; permits: string; standIns: string }

export const homeActions = {
  ...{ read: 'home_read', all: 'home_all', link: 'home_link', revoke: 'home_revoke' },
  ...{ permits: 'home_permits', standIns: 'home_stand_ins', ask: 'home_ask' },
} as const

/** The most items of each part. Together, with their buttons, they stay below Slack's 100 blocks. */
const most = { waiting: 12, halts: 5, own: 10, live: 10, permits: 5, standIns: 4 } as const

export function renderHome(overview: Overview, facts: ViewFacts, pages: HomePages, now: NumericDate): Home {
  const { person, waiting, aside, halted, own, moreOwn, live, permits, standIns } = overview
  const blocks: CardBlock[] = [
    header(`Waiting for you: ${waiting.length}`),
    ...waiting
      .slice(0, most.waiting)
      .flatMap((state) => [
        rich(`waiting:${state.ask.id}`, waitingRow(state, facts, now)),
        actions(`waiting-do:${state.ask.id}`, readButton(pages, state.ask.id, 'Read and decide')),
      ]),
    ...none('waiting', waiting, 'Nothing waits for your decision.'),
    ...moreOf('waiting', waiting.length - most.waiting, pages),
    ...(aside > 0 ? [actions('aside', linkButton(homeActions.all, `Set aside by you: ${aside}`, pages.all))] : []),

    header(`Halted: ${halted.halts.length}${halted.next ? ' and more' : ''}`),
    ...listedHalts(halted, person, facts, most.halts),
    haltsActions(pages.halts),

    header('Your agents’ requests'),
    ...own.slice(0, most.own).map((state) => rich(`own:${state.ask.id}`, requestRow(state, facts))),
    ...none('own', own, 'No agent of yours has asked for anything.'),
    ...(own.length > most.own || moreOwn ? moreOf('own', own.length - most.own, pages, moreOwn) : []),

    header(`Live grants: ${live.length}`),
    ...live.slice(0, most.live).flatMap(({ state, mayRevoke }) => {
      const { id } = state.ask
      const revoke = button(homeActions.revoke, 'Revoke…', JSON.stringify({ r: id }), { style: 'danger' })
      return [
        rich(liveBlock(id), requestRow(state, facts)),
        actions(`live-do:${id}`, ...(mayRevoke ? [revoke] : []), readButton(pages, id, 'Read')),
      ]
    }),
    ...none('live', live, 'There is no live grant that you own or may revoke.'),
    ...moreOf('live', live.length - most.live, pages),

    header(`Standing permits: ${permits.length}`),
    ...permits.slice(0, most.permits).flatMap((each) => permitBlocks(each, facts)),
    ...none('permits', permits, 'There is no standing permit that you gave, own or may revoke.'),
    ...(permits.length > most.permits ? [said('more-permits', `…and ${permits.length - most.permits} more`)] : []),

    actions('permits', linkButton(homeActions.permits, 'All permits', pages.permits)),

    header('Out of office'),
    ...standInBlocks(standIns, facts, pages, now),
    context('Newest first, as of the time you opened this tab.'),
  ]
  return { type: 'home', blocks }
}

const none = (part: string, all: readonly unknown[], sentence: string): CardBlock[] =>
  all.length === 0 ? [said(`no-${part}`, sentence)] : []

export const renderNoHome = (sentence: string, link?: string): Home => ({
  type: 'home',
  blocks: [header('Hotwork'), said('why', sentence), ...linkBlocks(link)],
})

/** The way to link an account: a button, since these blocks cannot have links. */
export const linkBlocks = (link: string | undefined): CardBlock[] =>
  link === undefined ? [] : [actions('link', linkButton(homeActions.link, 'Link your account', link))]

/** The block of a live grant. The form to revoke the grant repeats it. */
export const liveBlock = (id: RequestId): string => `live:${id}`

const said = (block: string, sentence: string): CardBlock =>
  rich(block, section(words(clamp(inert(sentence), 900).text)))

function moreOf(part: string, more: number, { all }: HomePages, atLeast = false): CardBlock[] {
  if (more <= 0 && !atLeast) return []
  const count = atLeast ? 'and more' : `and ${more} more`
  return [actions(`more:${part}`, linkButton(homeActions.all, `${count}: see all`, all))]
}

const readButton = (pages: HomePages, id: RequestId, label: string): Button =>
  linkButton(homeActions.read, label, pages.one(id))
