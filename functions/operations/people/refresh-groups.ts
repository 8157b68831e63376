import {
  type GroupReading,
  groupsToRead,
  holdsFor,
  type SourcedGroup,
  type SourcedMember,
  sourceKey,
} from '../../domain/people/group-source.ts'
import type { Directory } from '../../domain/people/organisation.ts'
import { defined, type NumericDate, type PersonId } from '../../domain/values.ts'
import { faultName } from '../faults.ts'
import type { Clock, Log } from '../ports.ts'
import type { GroupReadings, PersonLinks, Schedules, UserGroups } from './ports.ts'

type Ports = {
  userGroups: UserGroups
  /** Left out where schedules are not to be read. */
  schedules?: Schedules
  readings: GroupReadings
  links: Pick<PersonLinks, 'find'>
  clock: Clock
  log: Log
}
type Organisation = { directory: Directory; teamId: string }

/**
 * Asks each source who is in its group, and keeps each answer by itself: a source that is down empties no other's group.
 *
 * @throws the first fault, once all were asked: their last answers hold for a while
 */
export async function refreshGroups(organisation: Organisation, ports: Ports): Promise<void> {
  const { sources = {} } = organisation.directory
  const groups = groupsToRead(organisation.directory)
    .map((group) => [group, sources[group] as SourcedGroup] as const)
    .filter(([, { source }]) => source.pager === undefined || ports.schedules !== undefined)
  const done = await Promise.allSettled(groups.map(([group, sourced]) => refresh(group, sourced, organisation, ports)))
  const faults = done.flatMap((each, at) =>
    each.status === 'rejected' ? [[groups[at]?.[0], each.reason] as const] : [],
  )
  for (const [group, fault] of faults) ports.log.warn('group not read', { group, fault: faultName(fault) })
  if (faults[0]) throw faults[0][1]
}

async function refresh(group: string, sourced: SourcedGroup, organisation: Organisation, ports: Ports): Promise<void> {
  const { readings, clock, log } = ports
  // Before the source is asked: its answer is at least as new as this.
  const at = clock.now()
  const { members, unknown, rota } = await ask(sourced, at, organisation, ports)
  if (unknown.length > 0) log.warn('group names unknown users', { group, users: unknown.join(' ') })
  const reading: GroupReading = {
    source: sourceKey(sourced.source),
    members: [...members],
    ...(rota && { rota: [...rota] }),
    ...(unknown.length > 0 && { unknown: unknown.slice(0, 20) }),
    readAt: at,
    holdsUntil: at + holdsFor,
  }
  await readings.save(group, reading)
}

type Asked = { members: readonly SourcedMember[]; unknown: readonly string[]; rota?: readonly PersonId[] | undefined }

async function ask(
  { source: { chatGroup, pager } }: SourcedGroup,
  at: NumericDate,
  { directory: { people }, teamId }: Organisation,
  { userGroups, schedules, links, log }: Ports,
): Promise<Asked> {
  if (pager && schedules) {
    // As long ahead as the answer holds: a shift that begins meanwhile begins on time, also when the pager is down by then.
    const [shifts, users] = await Promise.all([
      schedules.onCall(pager, { since: at, until: at + holdsFor }),
      // Without it the group decides as before, and is not recertified.
      schedules.users(pager).catch((fault: unknown) => {
        log.warn('rota_not_read', { schedule: pager.schedule, fault: faultName(fault) })
        return undefined
      }),
    ])
    const known = new Map(people.map(({ id, pagerUser }) => [pagerUser, id] as const))
    const members = shifts.flatMap(({ user, from, until }) => {
      const person = known.get(user)
      return person === undefined ? [] : [{ person, ...defined({ from, until }) }]
    })
    const rota = users?.flatMap((user) => known.get(user) ?? [])
    return { members, rota, unknown: distinct(shifts.map(({ user }) => user).filter((user) => !known.has(user))) }
  }
  const known = new Map(people.flatMap(({ id, chatUser }) => (chatUser === undefined ? [] : [[chatUser, id] as const])))
  const personOf = async (user: string): Promise<PersonId | undefined> => known.get(user) ?? links.find(teamId, user)
  const found = await Promise.all((await userGroups.members(chatGroup ?? '')).map(personOf))
  // Many in a workspace are no approvers, so strangers are the rule here.
  return { members: found.flatMap((person) => (person === undefined ? [] : [{ person }])), unknown: [] }
}

const distinct = (all: readonly string[]): string[] => [...new Set(all)]
