import { isSilenced } from '../domain/halts/halt.ts'
import { seal } from '../domain/ledger/ledger.ts'
import type { StandingPermit } from '../domain/permits/permit.ts'
import { evolvePermit, revokePermit as revoke } from '../domain/permits/permit.ts'
import type { Refusal } from '../domain/refusals.ts'
import { ok, type PersonId, type Result, refuse, type StandingPermitId } from '../domain/values.ts'
import { recordRefusal } from './carry-out.ts'
import { StaleRequest } from './faults.ts'
import type { DecidingPorts, PermitStore } from './ports.ts'
import { askAboutPerson } from './questions.ts'

/** Each that comes first is a draw, of which there are at most as many as uses, or another who takes it back. */
const attempts = 60

/**
 * Takes a standing permit back, if this person gave it or policy lets them revoke. Once this has returned nothing draws
 * from it, and nothing is issued or used of what did; their records end right after. Twice is once.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export async function revokePermit(
  { id, person, reason }: { id: StandingPermitId; person: PersonId; reason: string },
  ports: Omit<DecidingPorts, 'ids'> & { permits: Pick<PermitStore, 'load' | 'save'> },
): Promise<Result<StandingPermit, Refusal>> {
  const { policy, requests, permits, clock, log } = ports
  const refused = async (code: Refusal) => {
    await recordRefusal({ type: 'person', id: person }, 'revoke_standing', code, ports)
    return refuse(code)
  }
  for (let attempt = 0; attempt < attempts; attempt++) {
    const stored = await permits.load(id)
    if (!stored) return refused('unknown_permit')
    const now = clock.now()
    const from = await requests.load(stored.permit.from)
    const { halts } = await requests.standing([], [{ kind: 'person', value: person }])
    const answer = askAboutPerson(policy, 'revoke', person, now, from ? { state: from.state } : {})
    const who = { person, answer, silenced: isSilenced(person, halts), bundle: policy.bundle.hash }
    const event = revoke(stored.permit, { ...who, reason }, now)
    if (!event) return ok(stored.permit)
    if ('code' in event) return refused(event.code)
    const permit = evolvePermit(id, stored.permit, event)
    const context = from && {
      parentTask: from.state.ask.parentTask,
      resource: permit.resource,
      digest: from.state.ask.digest,
    }
    const { entries, head } = seal(id, stored.head, [event], context)
    if (await permits.save({ id, expected: stored.head, permit, entries, head })) {
      log.info('standing permit revoked', { permit: id, by: person, drawn: permit.drawn.length })
      return ok(permit)
    }
  }
  throw new StaleRequest(`others kept changing \`${id}\` first`)
}
