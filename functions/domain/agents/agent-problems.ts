// Rules: test/policies/bad-folder.test.ts
import type { Wrong } from '../people/identity-problems.ts'
import type { Agent } from '../people/organisation.ts'
import type { Bundle } from '../policy/bundle.ts'
import type { NumericDate } from '../values.ts'
import { known } from '../what-is-wrong.ts'

const day = 86_400
/** The longest time until a first recertification, unless agents.json has `recertifyAtMost`. Seconds. */
export const usualAtMost = 180 * day

/** The last day for a first recertification, counted from a build or a registration at run time. */
export const latestFirstDate = (
  now: NumericDate,
  { recertifyAtMost = usualAtMost }: Pick<Bundle, 'recertifyAtMost'>,
): NumericDate => Math.floor(now / day) * day + recertifyAtMost

export function wrongOwners({ owner, backupOwner }: Agent, people: readonly { id: string }[]): Wrong[] {
  const unknown = (member: 'owner' | 'backupOwner', title: string, name: string | undefined): Wrong[] =>
    name === undefined || people.some(({ id }) => id === name)
      ? []
      : [[[member], `${title} \`${name}\` is not in directory.json`, known(people.map(({ id }) => id))]]
  const twice: Wrong = [['backupOwner'], `\`${owner}\` is the owner already`, 'name another person, or leave it out']
  return [
    ...unknown('owner', 'owner', owner),
    ...(backupOwner === owner ? [twice] : unknown('backupOwner', 'backup owner', backupOwner)),
  ]
}
