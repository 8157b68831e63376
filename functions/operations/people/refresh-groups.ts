// Rules: test/operations/people/groups.test.ts
import { type GroupReading, groupsToRead } from '../../domain/people/group-source.ts'
import type { Directory } from '../../domain/people/organisation.ts'
import { type GroupSource, type ReadSourceId, type SourceConfig, sourceOf } from '../../group-sources/kinds.ts'
import { faultName } from '../faults.ts'
import type { Clock, Log } from '../ports.ts'
import type { GroupReader, GroupReaders, GroupReadings } from './ports.ts'

type Ports = { readers: GroupReaders; readings: GroupReadings; clock: Clock; log: Log }

/**
 * Asks each source for the members of its group, and stores each answer separately: a failed source empties no other
 * group.
 *
 * @throws the first fault, after all were asked: the earlier answers hold for a while
 */
export async function refreshGroups(directory: Directory, ports: Ports): Promise<void> {
  const groups = groupsToRead(directory).flatMap((group) => {
    const source = directory.sources?.[group]?.source
    const read = source && readerOf(source, ports.readers)
    return read ? [{ group, source, read }] : []
  })
  const done = await Promise.allSettled(groups.map((each) => refresh(each, directory, ports)))
  const faults = done.flatMap((each, at) =>
    each.status === 'rejected' ? [[groups[at]?.group, each.reason] as const] : [],
  )
  for (const [group, fault] of faults) ports.log.warn('group_not_read', { group, fault: faultName(fault) })
  if (faults[0]) throw faults[0][1]
}

type Asked = Parameters<GroupReader<never>>[1]
type Read = (asked: Asked) => ReturnType<GroupReader<never>>

function readerOf(source: GroupSource, readers: GroupReaders): Read | undefined {
  const of = <K extends ReadSourceId>(kind: K): Read[] => {
    const [reader, config]: [GroupReaders[K], SourceConfig<K> | undefined] = [readers[kind], source[kind]]
    return reader && config !== undefined ? [(asked) => reader(config, asked)] : []
  }
  return (Object.keys(readers) as ReadSourceId[]).flatMap(of)[0]
}

type Group = { group: string; source: GroupSource; read: Read }

async function refresh({ group, source, read }: Group, { people }: Directory, ports: Ports): Promise<void> {
  const { readings, clock, log } = ports
  const { kind, key } = sourceOf(source)
  // Read before the source, so that its answer is at least this new.
  const at = clock.now()
  const holdsUntil = at + kind.holdsFor
  // Reads as far ahead as the answer holds: a shift in that time then begins even if the source fails.
  const { members, unknown = [], rota } = await read({ people, since: at, until: holdsUntil })
  if (unknown.length > 0) log.warn('group_with_unknown_users', { group, users: unknown.join(' ') })
  const reading: GroupReading = {
    source: key,
    members: [...members],
    ...(rota && { rota: [...rota] }),
    ...(unknown.length > 0 && { unknown: unknown.slice(0, 20) }),
    readAt: at,
    holdsUntil,
  }
  await readings.save(group, reading)
}
