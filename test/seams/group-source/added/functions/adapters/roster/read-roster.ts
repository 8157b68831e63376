import * as z from 'zod'
import { SourcedMember } from '../../domain/people/group-source.ts'
import { PersonId, parseJson } from '../../domain/values.ts'
import type { Roster } from '../../group-sources/roster/kind.ts'
import { faultName, ScheduleUnavailable } from '../../operations/faults.ts'
import type { GroupReader } from '../../operations/people/ports.ts'
import { readText } from '../fetch-limits.ts'

/** The timeout in milliseconds. */
const patience = 8_000
const sizeLimit = 65_536

/** A roster in ids of the directory. */
const RosterFile = z.strictObject({ shifts: z.array(SourcedMember), people: z.array(PersonId) })

/** Reads a roster with its shifts, now and ahead. */
export const readRoster: GroupReader<Roster> = async ({ url }, { people, since, until }) => {
  const { shifts, people: rota } = await fetchRoster(url).catch((cause: unknown) => {
    throw new ScheduleUnavailable(`the roster does not say who is on duty: ${faultName(cause)}`)
  })
  const known = (person: PersonId) => people.some(({ id }) => id === person)
  const members = shifts.filter((shift) => (shift.from ?? since) < until && (shift.until ?? until) > since)
  return {
    members: members.filter(({ person }) => known(person)),
    unknown: rota.filter((person) => !known(person)),
    rota: rota.filter(known),
  }
}

async function fetchRoster(url: string): Promise<z.infer<typeof RosterFile>> {
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(patience) })
  const text = response.status === 200 ? await readText(response, sizeLimit) : undefined
  return RosterFile.parse(text === undefined ? undefined : parseJson(text))
}
