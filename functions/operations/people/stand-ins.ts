import { askAboutPerson, askAboutStandIn, mayRead } from '../../domain/deciding/questions.ts'
import { isSilenced, liftedBefore } from '../../domain/halts/halt.ts'
import { chainEntries, type Head, noEntries } from '../../domain/ledger/ledger.ts'
import type { Login } from '../../domain/people/login-strength.ts'
import type { Person } from '../../domain/people/organisation.ts'
import type { StandIn, StandInEvent, StandInRefusal } from '../../domain/people/stand-in.ts'
import { endStandIn as end, evolveStandIn, giveStandIn as give, withStandIn } from '../../domain/people/stand-in.ts'
import { personOf } from '../../domain/policy/bundle.ts'
import type { NumericDate, PersonId, Result, StandInId } from '../../domain/values.ts'
import { defined, ok, refuse } from '../../domain/values.ts'
import { isStopped } from '../halts/find-halt.ts'
import type { Page } from '../ports.ts'
import type { AskingPorts, MakingPorts } from '../record/ports.ts'
import { refuseOnRecord } from '../record/refuse.ts'
import { runAggregate } from '../record/run-aggregate.ts'
import type { StandInReader, StandInStore, StoredStandIns } from './ports.ts'

type StandInPorts = MakingPorts & { standIns: StandInStore }

/** Attempts against concurrent writers; enough for many people who name one person at once. */
const standInAttempts = 30

/** A person names a stand-in for an absence. `person` can give only their own right. */
export async function giveStandIn(
  ask: { person: PersonId; by: PersonId; login: Login; until: NumericDate; from?: NumericDate },
  ports: StandInPorts,
): Promise<Result<StandIn, StandInRefusal['code']>> {
  const { person, by, login, until } = ask
  const { policy, requests, standIns, clock, ids, log } = ports
  const refused = refuseOnRecord(person, 'give_stand_in', ports)
  if (!personOf(policy.bundle, by)) return refused('stand_in_refused', '`person` should be a person of the directory')
  return runAggregate<Result<StandIn, StandInRefusal['code']>>(by, standInAttempts, async () => {
    const now = clock.now()
    const { absences, taken } = await standIns.of({ absent: person, by })
    const people = [person, by]
    const { halts } = await requests.dependencies(
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
        silenced: people.filter((each) => isSilenced(each, halts, { now })),
        absences: absences.standIns,
        taken: taken.standIns,
        bundle: policy.bundle.hash,
      },
      now,
    )
    if ('code' in given) return refused(given.code, given.detail)
    const standIn = evolveStandIn(ids.standIn(), undefined, given)
    if (!(await save(standIn, given, { absences, taken, head: noEntries }, now, ports))) return undefined
    log.info('stand_in_given', { standIn: standIn.id, for: person, by })
    return ok(standIn)
  })
}

/** Ends a stand-in early: by either of the two, or by a person that policy lets revoke. A repeat changes nothing. */
export async function endStandIn(
  { id, person }: { id: StandInId; person: PersonId },
  ports: StandInPorts,
): Promise<Result<StandIn, StandInRefusal['code'] | 'unknown_stand_in'>> {
  const { policy, standIns, clock, log } = ports
  const refused = refuseOnRecord(person, 'end_stand_in', ports)
  return runAggregate<Result<StandIn, StandInRefusal['code'] | 'unknown_stand_in'>>(id, standInAttempts, async () => {
    const found = await standIns.find(id)
    if (!found) return refused('unknown_stand_in')
    const { standIn, head: last } = found
    const { absences, taken } = await standIns.of({ absent: standIn.for, by: standIn.by })
    const now = clock.now()
    const answer = askAboutPerson(policy, 'revoke', person, now)
    const silenced = await isStopped(person, ports, { now })
    const event = end(standIn, { person, answer, silenced, bundle: policy.bundle.hash }, now)
    if (!event) return ok(standIn)
    if ('code' in event) return refused(event.code)
    const ended = evolveStandIn(id, standIn, event)
    if (!(await save(ended, event, { absences, taken, head: last }, now, ports))) return undefined
    log.info('stand_in_ended', { standIn: id, by: person })
    return ok(ended)
  })
}

function save(
  standIn: StandIn,
  event: StandInEvent,
  { absences, taken, head }: { absences: StoredStandIns; taken: StoredStandIns; head: Head },
  now: NumericDate,
  ports: Pick<StandInPorts, 'standIns'>,
): Promise<boolean> {
  const { entries, head: next } = chainEntries(standIn.id, head, [event], undefined)
  return ports.standIns.save({
    ...{ standIn, entries, head: next },
    expected: { head, absences: absences.version, taken: taken.version },
    absences: withStandIn(absences.standIns, standIn, now),
    taken: withStandIn(taken.standIns, standIn, now),
  })
}

const pageSize = 50

export async function listStandIns(
  { person, after }: { person: PersonId; after?: string },
  { policy, clock, standIns }: Pick<AskingPorts, 'policy' | 'clock'> & { standIns: Pick<StandInReader, 'list'> },
): Promise<Result<Page<StandIn>, 'not_permitted'>> {
  if (!mayRead(policy, person, clock.now())) return refuse('not_permitted')
  return ok(await standIns.list({ limit: pageSize, ...defined({ after }) }))
}

export const couldStandIn = (
  absent: PersonId,
  { policy, clock }: Pick<AskingPorts, 'policy' | 'clock'>,
): readonly Person[] =>
  policy.bundle.directory.people.filter(
    ({ id, status }) =>
      id !== absent && status === 'active' && askAboutStandIn(policy, { absent, by: id }, clock.now()).permit,
  )
