import type { Button, RichTextSection } from '@slack/types'
import * as z from 'zod'
import type { StandIn } from '../../domain/people/stand-in.ts'
import { isInForce } from '../../domain/people/stand-in.ts'
import { type NumericDate, StandInId } from '../../domain/values.ts'
import type { Overview } from '../../operations/cards/read-overview.ts'
import { actions, bold, type CardBlock, plain, rich, section, time, words } from './blocks.ts'
import { readValue } from './button-value.ts'
import type { CardFacts } from './card-facts.ts'
import { whoOf } from './card-status.ts'

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

const Value = z.strictObject({ s: StandInId })

/** Which stand-in an End button is about; undefined for a value that is none of ours. */
export const readStandIn = (value: unknown): StandInId | undefined => readValue(Value, value)?.s
