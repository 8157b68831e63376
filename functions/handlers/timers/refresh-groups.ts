// Rules: test/stack/groups.test.ts
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import type { Directory } from '../../domain/people/organisation.ts'
import { refreshGroups } from '../../operations/people/refresh-groups.ts'
import { type Stores, tablesOf, type Wiring } from '../environment.ts'
import { doorsOf, groupPorts } from '../wiring/chats.ts'
import { groupReaders } from '../wiring/group-readers.ts'
import { readBundle } from '../wiring/ports.ts'

type Ports = Parameters<typeof refreshGroups>[1] & { bundle: { directory: Directory } }

/** Runs every minute if groups have sources; a reading holds for a quarter of an hour. */
export const createHandler = (ports: Ports) => (): Promise<void> => refreshGroups(ports.bundle.directory, ports)

export const wire: Wiring<typeof createHandler, Stores | 'CHAT_SECRETS' | 'PAGERDUTY_SECRET'> = (told) => {
  const world = { bundle: readBundle(), clock: new SystemClock(), log: new PowertoolsLog() }
  const ports = groupPorts(tablesOf(told), doorsOf(told, world), world)
  return { ...ports, readers: groupReaders(told, ports.readers.chatGroup, world), bundle: world.bundle }
}
