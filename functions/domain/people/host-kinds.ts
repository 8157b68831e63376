// Rules: test/operations/agents/look-at-hosts.test.ts
import * as z from 'zod'
import type { Unseen } from './host.ts'

type HostKind = {
  /** The form of the host in agents.json. */
  where: z.ZodType<string>
  example: string
  /**
   * For a kind without a prober, advice to people; otherwise the service that is asked, and the reasons of a failed
   * look.
   */
  seen: string | { asked: string; failed: { readonly [why in Unseen]: string } }
}

const words = (pattern: RegExp, example: string) => ({
  where: z.string().max(512).regex(pattern, `such as \`${example}\``),
  example,
})

/** One row for each kind of host on which an agent may run. */
export const hostKinds = {
  awsRole: {
    ...words(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'arn:aws:iam::111122223333:role/builder'),
    seen: {
      asked: 'IAM was asked about',
      failed: {
        no_such_role: 'the role is not there: name the role on which the agent runs in agents.json',
        not_permitted:
          'Hotwork may not ask about this role: deploy the target stack of its account again, or add the account to the deployment file',
        throttled: 'IAM asked Hotwork to wait: the answers are those of the last look',
        too_slow: 'IAM did not answer in time: the answers are those of the last look',
        fault: 'IAM did not answer: the answers are those of the last look',
      },
    },
  },
  githubEnvironment: {
    ...words(/^[\w.-]+\/[\w.-]+#[^\s#]+$/, 'org/repo#production'),
    seen: 'Hotwork sees no secret of a GitHub environment. Look at the secrets and variables of the environment, the repository and the organisation, and at the cloud roles that trust its OIDC subject.',
  },
  kubernetesServiceAccount: {
    ...words(/^[\w.-]+\/[\w.-]+\/[\w.-]+$/, 'cluster/namespace/name'),
    seen: 'Hotwork asks no cluster. Look at `kubectl auth can-i --list --as system:serviceaccount:NAMESPACE:NAME`, at the secrets that its pods mount, and at the cloud role that it is bound to.',
  },
  other: {
    where: z.string().min(1).max(256),
    example: 'in words',
    seen: 'Hotwork knows nothing of this host. Look at the credentials that lie on it, and at who else may use it.',
  },
} as const satisfies { readonly [kind: string]: HostKind }

type Kinds = typeof hostKinds
type Kind = keyof Kinds
/** A kind with a prober. */
export type ProbedKind = { [K in Kind]: Kinds[K]['seen'] extends string ? never : K }[Kind]

export type RunsOn = { [K in Kind]: { [member in K]: string } }[Kind]
/** The host of an agent. Its own rights may allow an act without Hotwork. */
export const RunsOn = z.union(
  Object.entries(hostKinds).map(([kind, { where }]) => z.strictObject({ [kind]: where })),
  `one of ${listed(Object.entries(hostKinds).map(([kind, { example }]) => `\`{ "${kind}": "${example}" }\``))}`,
) as unknown as z.ZodType<RunsOn>

function listed(each: readonly string[]): string {
  return `${each.slice(0, -1).join(', ')} and ${each.at(-1)}`
}

/** The kind and the name of a host. */
export const hostOf = (runsOn: RunsOn) => Object.entries(runsOn)[0] as [kind: Kind, where: string]

/** A host that a prober can look at. */
export function probedHost(runsOn: RunsOn): { kind: ProbedKind; where: string } | undefined {
  const [kind, where] = hostOf(runsOn)
  return isProbed(kind) ? { kind, where } : undefined
}

const isProbed = (kind: Kind): kind is ProbedKind => typeof hostKinds[kind].seen !== 'string'
