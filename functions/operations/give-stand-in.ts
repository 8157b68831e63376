import { isSilenced, liftedBefore } from '../domain/halts/halt.ts'
import { noEntries, seal } from '../domain/ledger/ledger.ts'
import type { Login } from '../domain/people/login-strength.ts'
import type { StandIn } from '../domain/people/stand-in.ts'
import { evolveStandIn, giveStandIn as give, withStandIn } from '../domain/people/stand-in.ts'
import { personOf } from '../domain/policy/bundle.ts'
import type { Refusal } from '../domain/refusals.ts'
import { type NumericDate, ok, type PersonId, type Result, refuse } from '../domain/values.ts'
import { recordRefusal } from './carry-out.ts'
import { StaleRequest } from './faults.ts'
import type { DecidingPorts, StandInStore } from './ports.ts'
import { askAboutStandIn } from './questions.ts'

export type StandInPorts = DecidingPorts & { standIns: StandInStore }

/** Enough for as many people as would name one and the same person at once. */
export const standInAttempts = 30

/**
 * Somebody names who decides in their stead while they are away, if policy lets that person. On the record and in force in
 * one transaction; from then on every decision of the other reads it.
 *
 * @param ask `person` is whose right it is, and nobody else gives it; without `from` it begins now
 * @throws StoreUnavailable, StaleRequest
 */
export async function giveStandIn(
  ask: { person: PersonId; by: PersonId; login: Login; until: NumericDate; from?: NumericDate },
  ports: StandInPorts,
): Promise<Result<StandIn, Refusal>> {
  const { person, by, login, until } = ask
  const { policy, requests, standIns, clock, ids, log } = ports
  const refused = async (code: Refusal, detail?: string) => {
    await recordRefusal({ type: 'person', id: person }, 'give_stand_in', code, ports)
    return refuse(code, detail)
  }
  // A typing error names nobody.
  if (!personOf(policy.bundle, by)) return refused('stand_in_refused', '`person` should be one of the directory')
  for (let attempt = 0; attempt < standInAttempts; attempt++) {
    const now = clock.now()
    const { absences, taken } = await standIns.of({ absent: person, by })
    const people = [person, by]
    const { halts } = await requests.standing(
      [],
      people.map((value) => ({ kind: 'person', value }) as const),
    )
    const given = give(
      {
        person,
        by,
        from: ask.from ?? now,
        until,
        login,
        ...liftedBefore(halts, now),
        answer: askAboutStandIn(policy, { absent: person, by }, now),
        silenced: people.filter((each) => isSilenced(each, halts)),
        absences: absences.standIns,
        taken: taken.standIns,
        bundle: policy.bundle.hash,
      },
      now,
    )
    if ('code' in given) return refused(given.code, given.detail)
    const id = ids.standIn()
    const standIn = evolveStandIn(id, undefined, given)
    const { entries, head } = seal(id, noEntries, [given], undefined)
    const saved = await standIns.save({
      standIn,
      expected: { head: noEntries, absences: absences.version, taken: taken.version },
      absences: withStandIn(absences.standIns, standIn, now),
      taken: withStandIn(taken.standIns, standIn, now),
      entries,
      head,
    })
    if (!saved) continue
    log.info('stand-in given', { standIn: id, for: person, by })
    return ok(standIn)
  }
  throw new StaleRequest('others kept naming the same person first')
}
