import * as z from 'zod'
import { StandIn } from '../../domain/stand-in.ts'
import { StandingPermit } from '../../domain/standing-permit.ts'
import type { PersonId, StandingPermitId } from '../../domain/values.ts'
import { StoreUnavailable } from '../../operations/faults.ts'
import { type Item, text, textOf } from './items.ts'

/** In whose stead a person may decide: all that was ever given to them and is not long over, as one item. */
export const standInKey = (by: PersonId): Item => ({ pk: text(`STANDIN#${by}`), sk: text('STANDIN') })
export const permitKey = (id: StandingPermitId): Item => ({ pk: text(`PERMIT#${id}`), sk: text('PERMIT') })

const StandIns = z.array(StandIn)

/** @throws StoreUnavailable when the item holds none that this code understands: stop rather than guess */
export const standInsOf = (item: Item): StandIn[] => parsed(StandIns, item, 'standIns')
/** @throws StoreUnavailable */
export const permitOf = (item: Item): StandingPermit => parsed(StandingPermit, item, 'permit')

function parsed<T>(schema: z.ZodType<T>, item: Item, attribute: string): T {
  const result = schema.safeParse(JSON.parse(textOf(item, attribute)))
  if (!result.success) throw new StoreUnavailable(`the item \`${textOf(item, 'pk')}\` is not understood`)
  return result.data
}
