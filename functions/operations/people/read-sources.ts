// Rules: test/operations/people/groups.test.ts
import { accountsOf } from '../../domain/people/organisation.ts'
import { type Bundle, firstChat, workspacesIn } from '../../domain/policy/bundle.ts'
import { defined } from '../../domain/values.ts'
import { groupIn, type SourceConfig } from '../../group-sources/kinds.ts'
import { faultName } from '../faults.ts'
import type { Log } from '../ports.ts'
import type { GroupReader, PersonLinks, Schedules, UserGroups } from './ports.ts'

/** Reads people by their account in the directory or a linked one. Other accounts of the workspace are ignored. */
export const readChatGroup =
  (
    deployment: Bundle['deployment'],
    { doors, links }: { doors: ReadonlyMap<string, Partial<UserGroups>>; links: Pick<PersonLinks, 'find'> },
  ): GroupReader<SourceConfig<'chatGroup'>> =>
  async (group, { people }) => {
    const { chat, id } = groupIn(group, firstChat(deployment))
    const [members, workspace] = [await doors.get(chat)?.members?.(id), workspacesIn(deployment).get(chat)]
    if (!members || !workspace) throw new TypeError(`unknown chat \`${chat}\`: the deployment file does not list it`)
    const known = new Map(people.map((person) => [accountsOf(person).get(chat), person.id] as const))
    const found = await Promise.all(members.map(async (user) => known.get(user) ?? links.find(workspace.teamId, user)))
    return { members: found.flatMap((person) => (person === undefined ? [] : [{ person }])) }
  }

/** Reads people by the pager account in the directory. */
export const readSchedule =
  (schedules: Schedules, log: Log): GroupReader<SourceConfig<'pager'>> =>
  async (source, { people, ...between }) => {
    const [shifts, users] = await Promise.all([
      schedules.onCall(source, between),
      // Without the rota the group can decide, but not be recertified.
      schedules.users(source).catch((fault: unknown) => {
        log.warn('rota_not_read', { schedule: source.schedule, fault: faultName(fault) })
        return undefined
      }),
    ])
    const known = new Map(people.map(({ id, pagerUser }) => [pagerUser, id] as const))
    return {
      members: shifts.flatMap(({ user, from, until }) => {
        const person = known.get(user)
        return person === undefined ? [] : [{ person, ...defined({ from, until }) }]
      }),
      unknown: [...new Set(shifts.map(({ user }) => user).filter((user) => !known.has(user)))],
      rota: users?.flatMap((user) => known.get(user) ?? []),
    }
  }
