import type { Person } from '../domain/people/organisation.ts'
import type { StandIn } from '../domain/people/stand-in.ts'
import { ok, type PersonId, type Result, refuse } from '../domain/values.ts'
import type { DecidingPorts, Page, StandInStore } from './ports.ts'
import { askAboutPerson, askAboutStandIn } from './questions.ts'

const pageSize = 50

/** All stand-ins, newest first, those that are over too: who reads requests may see who decides for whom. */
export async function listStandIns(
  { person, after }: { person: PersonId; after?: string },
  { policy, clock, standIns }: Pick<DecidingPorts, 'policy' | 'clock'> & { standIns: Pick<StandInStore, 'list'> },
): Promise<Result<Page<StandIn>, 'not_permitted'>> {
  if (!askAboutPerson(policy, 'read', person, clock.now()).permit) return refuse('not_permitted')
  return ok(await standIns.list({ limit: pageSize, ...(after === undefined ? {} : { after }) }))
}

/** Whom policy would let decide in this person's stead now: whether it does is asked again when one of them is named. */
export const couldStandIn = (
  absent: PersonId,
  { policy, clock }: Pick<DecidingPorts, 'policy' | 'clock'>,
): readonly Person[] =>
  policy.bundle.directory.people.filter(
    ({ id, status }) =>
      id !== absent && status === 'active' && askAboutStandIn(policy, { absent, by: id }, clock.now()).permit,
  )
