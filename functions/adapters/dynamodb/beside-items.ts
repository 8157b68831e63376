import * as z from 'zod'
import type { Head } from '../../domain/ledger/ledger.ts'
import { GroupSnapshot } from '../../domain/people/organisation.ts'
import { StandIn } from '../../domain/people/stand-in.ts'
import { drawsLeft, StandingPermit } from '../../domain/permits/permit.ts'
import type { AskerId, PersonId, StandInId, StandingPermitId } from '../../domain/values.ts'
import { StoreUnavailable } from '../../operations/faults.ts'
import type { PermitChange } from '../../operations/permits/ports.ts'
import { endsAt, headAttributes, type Item, text, textOf } from './items.ts'

/** In whose stead a person may decide, now or some time: as one item, without what was over when it last changed. */
export const standInKey = (by: PersonId): Item => ({ pk: text(`STANDIN#${by}`), sk: text('STANDIN') })
export const permitKey = (id: StandingPermitId): Item => ({ pk: text(`PERMIT#${id}`), sk: text('PERMIT') })

/** Who was in the Slack user groups, as one item: all of it, and when. */
export const slackGroupsKey = { pk: text('SLACKGROUPS'), sk: text('SLACKGROUPS') } satisfies Item

const StandIns = z.array(StandIn)

/** What a permit of this agent that can be drawn from has in the index over what is open. */
export const openPermits = (agent: AskerId): string => `permits of ${agent}`

/**
 * A permit as an item. Beside it stand what the indexes need: that it is one and when it was given, for the list of all;
 * and its agent while it can be drawn from, as far as that does not hang on time.
 */
export const permitItem = (permit: StandingPermit, head: Head): Item => ({
  ...permitKey(permit.id),
  ...headAttributes(head),
  permit: text(JSON.stringify(permit)),
  kind: text('permit'),
  submitted: text(`${String(permit.at).padStart(10, '0')}#${permit.id}`),
  ...(permit.revoked === undefined && drawsLeft(permit) > 0 ? { openOf: text(openPermits(permit.agent)) } : {}),
})

/** Puts a changed permit, if it is still as it was read. */
export const putPermit = (table: string, { permit, head, expected }: PermitChange) => ({
  TableName: table,
  Item: permitItem(permit, head),
  ...endsAt(expected),
})

/** A stand-in by itself, with what the list of all needs: that it is one, and when it was given. */
export const standInItem = {
  kind: 'stand-in',
  key: (id: StandInId): Item => ({ pk: text(`SIN#${id}`), sk: text('SIN') }),
  of: (standIn: StandIn): Item => ({
    ...standInItem.key(standIn.id),
    standIn: text(JSON.stringify(standIn)),
    kind: text(standInItem.kind),
    submitted: text(`${String(standIn.at).padStart(10, '0')}#${standIn.id}`),
  }),
} as const

/** @throws StoreUnavailable when the item holds none that this code understands: stop rather than guess */
export const standInsOf = (item: Item): StandIn[] => parsed(StandIns, item, 'standIns')
/** @throws StoreUnavailable */
export const slackGroupsOf = (item: Item): GroupSnapshot => parsed(GroupSnapshot, item, 'snapshot')
/** @throws StoreUnavailable */
export const standInOf = (item: Item): StandIn => parsed(StandIn, item, 'standIn')
/** @throws StoreUnavailable */
export const permitOf = (item: Item): StandingPermit => parsed(StandingPermit, item, 'permit')

function parsed<T>(schema: z.ZodType<T>, item: Item, attribute: string): T {
  const result = schema.safeParse(JSON.parse(textOf(item, attribute)))
  if (!result.success) throw new StoreUnavailable(`the item \`${textOf(item, 'pk')}\` is not understood`)
  return result.data
}
