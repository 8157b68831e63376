// Rules: test/operations/people/groups.test.ts
import { mayRead } from '../../domain/deciding/questions.ts'
import {
  type GroupReading,
  groupsBySource,
  groupsToRead,
  type LoginGroups,
  membersNow,
  type Readings,
  type SourcedGroup,
} from '../../domain/people/group-source.ts'
import { groupsOf } from '../../domain/people/organisation.ts'
import { defined, type NumericDate, ok, type PersonId, type Result, refuse } from '../../domain/values.ts'
import { sourceOf } from '../../group-sources/kinds.ts'
import type { AskingPorts, RequestReader } from '../record/ports.ts'

type Ports = Pick<AskingPorts, 'policy' | 'requests' | 'clock'>

export type ReadingPorts = Pick<Ports, 'policy'> & { requests: Pick<RequestReader, 'dependencies'> }

/** The latest readings of groups. Makes no call unless a group has a source. */
export async function readReadings({ policy, requests }: ReadingPorts): Promise<Readings> {
  const groups = groupsToRead(policy.bundle.directory)
  if (groups.length === 0) return {}
  return (await requests.dependencies([], [], { groups })).readings ?? {}
}

/** All groups that a person is in now, at any tier. */
export async function groupsNow(
  person: PersonId,
  claimed: LoginGroups | undefined,
  ports: Ports,
): Promise<readonly string[]> {
  const { directory } = ports.policy.bundle
  const said = { readings: await readReadings(ports), claimed }
  return groupsOf(directory, person, groupsBySource(directory, person, { action: 'revoke' }, said, ports.clock.now()))
}

export type GroupView = {
  name: string
  /** People in the directory itself. */
  people: readonly PersonId[]
  sourced?: SourcedGroup
  /** People in the present list of the source. */
  members: readonly { person: PersonId; until?: NumericDate }[]
  readAt?: NumericDate
  holdsUntil?: NumericDate
  problem?: string
}

/** The people of each group now, and the problem of a source that cannot be read. */
export async function listGroups(
  { person }: { person: PersonId },
  ports: Ports,
): Promise<Result<readonly GroupView[], 'not_permitted'>> {
  if (!mayRead(ports.policy, person, ports.clock.now())) return refuse('not_permitted')
  const readings = await readReadings(ports)
  return ok(viewGroups(ports.policy.bundle.directory, readings, ports.clock.now()))
}

function viewGroups(
  directory: Ports['policy']['bundle']['directory'],
  readings: Readings,
  now: NumericDate,
): readonly GroupView[] {
  return Object.entries(directory.groups).map(([name, people]) => {
    const sourced = directory.sources?.[name]
    if (!sourced) return { name, people, members: [] }
    const reading = readings[name]
    const members = membersNow(directory, name, readings, now).map((each) =>
      defined({ person: each.person, until: each.until }),
    )
    const { readAt, holdsUntil } = reading ?? {}
    const problem = sourceOf(sourced.source).kind.by === 'login' ? undefined : problemOf(reading, now)
    return { name, people, sourced, members, ...defined({ readAt, holdsUntil, problem }) }
  })
}

/** The age of a late reading: sources are read each minute, so three minutes old means missed reads. Seconds. */
const late = 180

function problemOf(reading: GroupReading | undefined, now: NumericDate): string | undefined {
  if (!reading) return 'its source has not been read yet, so it lists no members'
  if (now >= reading.holdsUntil)
    return 'its source does not answer and its last reading has expired, so it lists no members'
  if (now >= reading.readAt + late) return 'its source does not answer: its last reading still counts'
  const { unknown = [] } = reading
  return unknown.length === 0
    ? undefined
    : `its source names ${unknown.join(', ')}, and the directory has no person with that id`
}
