import * as z from 'zod'
import type { Agent } from '../people/organisation.ts'
import type { Bundle } from '../policy/bundle.ts'
import { defined, NumericDate, PersonId } from '../values.ts'

/** An owner who left, or leaves soon: people should give the agent to another person. */
export const LeavingOwner = z.strictObject({
  owner: PersonId,
  /** The day on which they leave; absent if they are inactive or not in the directory. */
  on: NumericDate.optional(),
  /** The next person who answers for the agent: the backup owner, if they stay. */
  answers: PersonId.optional(),
  /** The place of its entry: a transfer changes the owner in the registry, a deployment in the folder. */
  entry: z.enum(['registry', 'folder']),
})
export type LeavingOwner = z.infer<typeof LeavingOwner>

/** The time before the last day from which people are told. Seconds. */
const soon = 30 * 86_400

type Directory = Pick<Bundle['directory'], 'people'>

/**
 * @param bundle with recertifications applied, so an overdue person counts as having left
 * @param folder the agents of the folder alone
 */
export function leavingOwner(
  agent: Agent,
  { directory }: { directory: Directory },
  folder: Pick<Bundle, 'agents'>,
  now: NumericDate,
): LeavingOwner | undefined {
  const { id, owner, backupOwner, status } = agent
  const left = leaves(owner, directory, now)
  if (left === undefined || status === 'retired') return undefined
  const stays = backupOwner !== undefined && leaves(backupOwner, directory, now) === undefined
  return {
    owner,
    ...defined({ on: left === 'left' ? undefined : left, answers: stays ? backupOwner : undefined }),
    entry: folder.agents.some((each) => each.id === id) ? 'folder' : 'registry',
  }
}

function leaves(person: PersonId, { people }: Directory, now: NumericDate): NumericDate | 'left' | undefined {
  const { status, leavesOn = Number.POSITIVE_INFINITY } = people.find(({ id }) => id === person) ?? {}
  if (status !== 'active' || leavesOn <= now) return 'left'
  return leavesOn <= now + soon ? leavesOn : undefined
}
