import type { GroupReader, PersonLinks, UserGroups } from './ports.ts'

/** People by the account that the directory has for them, or that they linked. Many in a workspace are no approvers. */
export const readChatGroup =
  (
    teamId: string,
    { userGroups, links }: { userGroups: UserGroups; links: Pick<PersonLinks, 'find'> },
  ): GroupReader<string> =>
  async (group, { people }) => {
    const known = new Map(people.map(({ id, chatUser }) => [chatUser, id] as const))
    const found = await Promise.all(
      (await userGroups.members(group)).map(async (user) => known.get(user) ?? links.find(teamId, user)),
    )
    return { members: found.flatMap((person) => (person === undefined ? [] : [{ person }])) }
  }
