import * as z from 'zod'
import { rfc3339 } from '../../domain/ledger/ledger.ts'
import type { StandIn } from '../../domain/people/stand-in.ts'
import { statusOf } from '../../domain/people/stand-in.ts'
import { type Json, type NumericDate, PersonId } from '../../domain/values.ts'
import { Timestamp } from './authzen.ts'

/** A stand-in as it is asked for: who decides, and for which time. In whose stead is the caller's own. */
export const StandInBody = z.strictObject({ person: PersonId, until: Timestamp, from: Timestamp.optional() })

/** A stand-in as a person sees it. */
export const standInView = (standIn: StandIn, now: NumericDate): { [member: string]: Json } => ({
  id: standIn.id,
  status: statusOf(standIn, now),
  for: standIn.for,
  by: standIn.by,
  from: rfc3339(standIn.from),
  until: rfc3339(standIn.until),
  at: rfc3339(standIn.at),
  ...(standIn.ended ? { ended: { by: standIn.ended.by, at: rfc3339(standIn.ended.at) } } : {}),
})
