// Rules: test/policies/bad-folder.test.ts

import { hostOf } from '../people/host-kinds.ts'
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

/** The problems of one agent by itself, in the folder and at run time. */
export const wrongAgent = (agent: Agent, people: readonly { id: string }[]): Wrong[] => [
  ...wrongOwners(agent, people),
  ...wrongHost(agent),
]

const isRole = /^arn:[^:]*:iam::\d{12}:role\//
const repositoryOf = /^repo:([^:/@]+)(?:@\d+)?\/([^:/@]+)/

/** A host that an identity contradicts. Its rights are looked at, and those of the true host would stay unseen. */
function wrongHost({ identities, runsOn }: Agent): Wrong[] {
  const [kind, where] = hostOf(runsOn)
  return identities.flatMap(({ subject = '' }, at): Wrong[] => {
    const [, organisation, name] = repositoryOf.exec(subject) ?? []
    const isOther =
      (kind === 'awsRole' && isRole.test(subject) && subject !== where) ||
      (kind.startsWith('github') &&
        name !== undefined &&
        `${organisation}/${name}`.toLowerCase() !== where.split('#')[0]?.toLowerCase())
    return isOther
      ? [[['runsOn'], `identity ${at + 1} is \`${subject}\`, which is another host`, 'name the host of that identity']]
      : []
  })
}

function wrongOwners({ owner, backupOwner }: Agent, people: readonly { id: string }[]): Wrong[] {
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
