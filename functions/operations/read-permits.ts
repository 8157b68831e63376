import type { StandingPermit } from '../domain/permits/permit.ts'
import { ok, type PersonId, type Result, refuse } from '../domain/values.ts'
import type { DecidingPorts, Page, PermitStore } from './ports.ts'
import { askAboutPerson } from './questions.ts'

const pageSize = 50

/** All standing permits, newest first, those that are over too: who reads requests may read them. */
export async function listPermits(
  { person, after }: { person: PersonId; after?: string },
  { policy, clock, permits }: Pick<DecidingPorts, 'policy' | 'clock'> & { permits: Pick<PermitStore, 'list'> },
): Promise<Result<Page<StandingPermit>, 'not_permitted'>> {
  if (!askAboutPerson(policy, 'read', person, clock.now()).permit) return refuse('not_permitted')
  return ok(await permits.list({ limit: pageSize, ...(after === undefined ? {} : { after }) }))
}
