import type { Button, RichTextSection } from '@slack/types'
import * as z from 'zod'
import { clamp, inert } from '../../domain/inert.ts'
import { drawsLeft, type StandingPermit } from '../../domain/permits/permit.ts'
import { StandingPermitId } from '../../domain/values.ts'
import type { LivePermit } from '../../operations/cards/read-overview.ts'
import { actions, bold, type CardBlock, code, plain, rich, section, time, words } from './blocks.ts'
import { readValue } from './button-value.ts'
import { type CardFacts, titleFor } from './card-facts.ts'
import { whoOf } from './card-status.ts'

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
