// Rules: test/policies/bad-folder.test.ts
import type { Wrong } from '../people/identity-problems.ts'
import type { Agent } from '../people/organisation.ts'
import type { NumericDate } from '../values.ts'
import { known } from '../what-is-wrong.ts'

/** The longest time until a person first recertifies an agent. Days. */
export const mostDays = 180
const day = 86_400

/** The last day for a first recertification: of a build, or of a registration at run time. */
export const latestFirstDate = (now: NumericDate): NumericDate => Math.floor(now / day) * day + mostDays * day

/** The problems of the people who answer for an agent. */
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
