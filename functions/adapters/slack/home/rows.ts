import type { Button, RichTextSection } from '@slack/types'
import * as z from 'zod'
import { clamp, inert } from '../../../domain/inert.ts'
import { isInForce, type StandIn } from '../../../domain/people/stand-in.ts'
import { drawsLeft, type StandingPermit } from '../../../domain/permits/permit.ts'
import { type NumericDate, StandInId, StandingPermitId } from '../../../domain/values.ts'
import type { LivePermit, Overview } from '../../../operations/cards/read-overview.ts'
import { actions, bold, type CardBlock, code, plain, rich, section, time, words } from '../cards/blocks.ts'
import type { CardFacts } from '../cards/card-facts.ts'
import { whoOf } from '../cards/card-status.ts'
import { titleFor } from '../cards/card-title.ts'
import { readValue } from '../edge/click.ts'

/** The button by which a standing permit is taken back. */
export const takeBack = 'permit_revoke'

/** A standing permit on somebody's tab, with the button for whoever may take it back. */
export const permitBlocks = ({ permit, mayRevoke }: LivePermit, facts: CardFacts): CardBlock[] => [
  rich(`permit:${permit.id}`, permitRow(permit, facts)),
  ...(mayRevoke ? [takeBackBlock(permit)] : []),
]

export const takeBackBlock = (permit: Pick<StandingPermit, 'id' | 'agent'>): CardBlock =>
  actions(`permit-do:${permit.id}`, takeBackButton(permit))

/** What may be done, where, by whom, how much of it is left, until when, and on whose word. */
function permitRow(permit: StandingPermit, facts: CardFacts): RichTextSection {
  const { agent, action, resource, environment, uses, until, by, tier } = permit
  return section(
    bold(titleFor(facts, { ask: permit }, 120)),
    words('\n'),
    bold(`${environment.toUpperCase()} · Tier ${tier}`),
    words(` by ${agent}, with nobody asked. `),
    code(action),
    words(' on '),
    code(clamp(inert(resource.id), 160).text),
    words(`\nUses left: ${drawsLeft(permit)} of ${uses}, until `),
    time(until),
    words(`. Given by ${whoOf(facts, by)}.`),
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
    text: plain(`${agent} asks people again from then on, and whatever it was given by this permit ends at once.`),
    confirm: plain('Revoke'),
    deny: plain('Go back'),
  },
})

const Value = z.strictObject({ p: StandingPermitId })

/** Which permit such a button is about; undefined for a value that is none of ours. */
export const readPermit = (value: unknown): StandingPermitId | undefined => readValue(Value, value)?.p

/** What the buttons about stand-ins are called. */
export const standInActions = { name: 'stand_in_name', end: 'stand_in_end' } as const

/** Who decides in somebody's stead and in whose stead they do, each with the button that ends it. */
export function standInBlocks(
  { own, others }: Overview['standIns'],
  most: number,
  facts: CardFacts,
  now: NumericDate,
): CardBlock[] {
  const all = [
    ...own.map((each) => ({ standIn: each, said: whoIsAway(each, facts, now) })),
    ...others.map((each) => ({ standIn: each, said: whomFor(each, facts, now) })),
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
      ? [rich('no-stand-ins', section(words('Nobody decides in your stead, nor you for others.')))]
      : []),
    actions('name-stand-in', nameButton),
  ]
}

const whoIsAway = (standIn: StandIn, facts: CardFacts, now: NumericDate): RichTextSection =>
  section(
    bold(whoOf(facts, standIn.by)),
    words(isInForce(standIn, now) ? ' decides in your stead' : ' will decide in your stead'),
    ...spanOf(standIn, now),
  )

const whomFor = (standIn: StandIn, facts: CardFacts, now: NumericDate): RichTextSection =>
  section(
    words(isInForce(standIn, now) ? 'You decide in the stead of ' : 'You will decide in the stead of '),
    bold(whoOf(facts, standIn.for)),
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
