// Rules: test/infra/openapi.test.ts
import * as z from 'zod'
import { EmptyBody, OpenBody, ReviewBody, VoucherBody } from '../adapters/http/bodies/openings.ts'
import { entriesPage } from '../adapters/http/queries.ts'
import { Entries } from '../domain/cards/wire/ledger.ts'
import { DrillReport, IncidentHeard, Opened, Opening, Openings, Vouched } from '../domain/cards/wire/opening.ts'
import { RequestId } from '../domain/values.ts'
import { person, proven, type Routes } from './operation.ts'

const by = [person]
const where = { id: RequestId }

export const openings: Routes = {
  'POST /v1/break-glass': {
    id: 'openBreakGlass',
    does: 'Opens break-glass at once, without an approval, if policy permits it to the caller.',
    by: [proven(person)],
    key: 'required',
    takes: OpenBody,
    gives: { 201: Opened },
    example: {
      profile: 'checkout-recovery',
      reason: 'checkout refuses payments since the deploy, putting the timeout back',
      incident: 'INC-4822',
      minutes: 15,
      drill: false,
    },
  },
  'GET /v1/break-glass': {
    id: 'listOpenings',
    does: 'Lists openings of the last days, and the minutes left.',
    by,
    gives: { 200: Openings },
  },
  'GET /v1/break-glass/{id}': {
    id: 'readOpening',
    does: 'Reads one opening, its credentials and its calls.',
    by,
    where,
    gives: { 200: Opening },
  },
  'GET /v1/break-glass/{id}/ledger': {
    id: 'readOpeningLedger',
    does: 'Reads the record of an opening, the oldest entry first.',
    by,
    where,
    query: entriesPage,
    gives: { 200: Entries },
  },
  'GET /v1/break-glass/{id}/drill': {
    id: 'readDrill',
    does: 'Reports the outcome of a drill.',
    by,
    where,
    gives: { 200: DrillReport },
  },
  'POST /v1/break-glass/{id}/end': {
    id: 'endOpening',
    does: 'Ends an opening and its credentials.',
    by,
    where,
    takes: EmptyBody.optional(),
    gives: { 200: Opening },
    example: {},
  },
  'POST /v1/break-glass/{id}/review': {
    id: 'reviewOpening',
    does: 'Records whether an opening was justified.',
    by,
    where,
    takes: ReviewBody,
    gives: { 200: Opening },
    example: { outcome: 'justified', note: 'Looked at the calls: one flag was set, as the incident needed' },
  },
  'POST /v1/break-glass/vouchers': {
    id: 'vouch',
    does: 'Vouches for a colleague whose review is overdue, so that they may open once.',
    by,
    takes: VoucherBody,
    gives: { 201: Vouched },
    example: { person: 'person:ben', profile: 'checkout-recovery' },
  },
  'POST /v1/incident-events': {
    id: 'hearOfIncident',
    does: 'Accepts a signed message that an incident is closed, which ends the openings for it.',
    by: [{ webhook: [] }],
    takes: z.object({ incident: z.string().min(1).max(128), status: z.string().max(64) }),
    gives: { 200: IncidentHeard },
    example: { incident: 'INC-4822', status: 'closed' },
  },
}
