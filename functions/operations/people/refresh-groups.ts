import type { Directory } from '../../domain/people/organisation.ts'
import type { PersonId } from '../../domain/values.ts'
import type { Clock } from '../ports.ts'
import type { GroupSnapshots, PersonLinks, UserGroups } from './ports.ts'

export type GroupPorts = {
  userGroups: UserGroups
  snapshots: GroupSnapshots
  links: Pick<PersonLinks, 'find'>
  clock: Clock
}

/**
 * Asks Slack who is in the user groups that the directory names, and keeps the answer whole: of all of them, or of none.
 * Only people of the directory count, by the account that it gives them or that they linked themselves. False where
 * somebody has kept a newer one.
 *
 * @throws BoardUnavailable when Slack does not say, StoreUnavailable: what was kept before grows old, and then is nothing
 */
export async function refreshSlackGroups(
  { people, slackGroups = {} }: Directory,
  teamId: string,
  { userGroups, snapshots, links, clock }: GroupPorts,
): Promise<boolean> {
  // Before Slack is asked: what it says is at least as old as the question.
  const at = clock.now()
  const known = new Map(people.flatMap(({ id, slack }) => (slack === undefined ? [] : [[slack, id] as const])))
  const personOf = async (user: string): Promise<PersonId | undefined> => known.get(user) ?? links.find(teamId, user)
  const groups = Object.entries(slackGroups).map(async ([group, id]) => {
    const members = await Promise.all((await userGroups.members(id)).map(personOf))
    return [group, members.filter((person) => person !== undefined)] as const
  })
  return snapshots.save({ groups: Object.fromEntries(await Promise.all(groups)), at })
}
