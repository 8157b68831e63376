import { isSilenced } from '../domain/halts/halt.ts'
import { seal } from '../domain/ledger/ledger.ts'
import type { StandIn } from '../domain/people/stand-in.ts'
import { endStandIn as end, evolveStandIn, withStandIn } from '../domain/people/stand-in.ts'
import type { Refusal } from '../domain/refusals.ts'
import { ok, type PersonId, type Result, refuse, type StandInId } from '../domain/values.ts'
import { recordRefusal } from './carry-out.ts'
import { StaleRequest } from './faults.ts'
import { type StandInPorts, standInAttempts } from './give-stand-in.ts'
import { askAboutPerson } from './questions.ts'

/**
 * Ends a stand-in before its time: either of the two, or whoever policy lets revoke. No decision that begins after this has
 * returned is made by it; those that were made stay, as far as whose right it was still has it. Twice is once.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export async function endStandIn(
  { id, person }: { id: StandInId; person: PersonId },
  ports: StandInPorts,
): Promise<Result<StandIn, Refusal>> {
  const { policy, requests, standIns, clock, log } = ports
  const refused = async (code: Refusal) => {
    await recordRefusal({ type: 'person', id: person }, 'end_stand_in', code, ports)
    return refuse(code)
  }
  for (let attempt = 0; attempt < standInAttempts; attempt++) {
    const found = await standIns.find(id)
    if (!found) return refused('unknown_stand_in')
    const { standIn, head: last } = found
    const { absences, taken } = await standIns.of({ absent: standIn.for, by: standIn.by })
    const now = clock.now()
    const { halts } = await requests.standing([], [{ kind: 'person', value: person }])
    const answer = askAboutPerson(policy, 'revoke', person, now)
    const silenced = isSilenced(person, halts)
    const event = end(standIn, { person, answer, silenced, bundle: policy.bundle.hash }, now)
    if (!event) return ok(standIn)
    if ('code' in event) return refused(event.code)
    const ended = evolveStandIn(id, standIn, event)
    const { entries, head } = seal(id, last, [event], undefined)
    const saved = await standIns.save({
      standIn: ended,
      expected: { head: last, absences: absences.version, taken: taken.version },
      absences: withStandIn(absences.standIns, ended, now),
      taken: withStandIn(taken.standIns, ended, now),
      entries,
      head,
    })
    if (!saved) continue
    log.info('stand-in ended', { standIn: id, by: person })
    return ok(ended)
  }
  throw new StaleRequest(`others kept changing \`${id}\` first`)
}
