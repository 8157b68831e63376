// Rules: test/policies/bad-folder.test.ts
import { hostOf, inSubject, type RunsOn } from '../people/host-kinds.ts'
import type { Wrong } from '../people/identity-problems.ts'
import type { Agent, Identity } from '../people/organisation.ts'
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

/** A host that an identity contradicts. Its rights are looked at, and those of the true host would stay unseen. */
const wrongHost = ({ identities, runsOn }: Agent): Wrong[] =>
  identities.flatMap((identity, at): Wrong[] => {
    const other = otherHost(identity, runsOn)
    return other === undefined
      ? []
      : [[['runsOn'], `identity ${at + 1} is \`${other}\`, which is another host`, 'name the host of that identity']]
  })

const repositoryOf = /^repo:([^:/@]+)(?:@\d+)?\/([^:/@]+)(?:@\d+)?:(.*)$/

/** The claim that names another host of the same kind. */
function otherHost({ subject = '', claims = {} }: Identity, runsOn: RunsOn): string | undefined {
  const [kind, where] = hostOf(runsOn)
  const sub = claims['sub'] ?? subject
  const differs = (named: string | undefined, wanted: string | undefined) =>
    named !== undefined && named.toLowerCase() !== wanted?.toLowerCase() ? named : undefined
  switch (kind) {
    case 'awsRole':
      return /^arn:[^:]*:iam::\d{12}:role\//.test(sub) && sub !== where ? sub : undefined
    case 'githubRepository':
    case 'githubEnvironment': {
      const [repository, environment] = where.split('#')
      const [, organisation, name, rest] = repositoryOf.exec(sub) ?? []
      const other =
        differs(name && `${organisation}/${name}`, repository) ?? (environment && differs(rest, inSubject(environment)))
      if (other !== undefined) return sub
      return differs(claims['repository'], repository) ?? (environment && differs(claims['environment'], environment))
    }
    case 'kubernetesServiceAccount': {
      const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(sub) ?? []
      const [, ...named] = where.split('/')
      return name !== undefined && `${namespace}/${name}` !== named.join('/') ? sub : undefined
    }
    default:
      return undefined
  }
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
