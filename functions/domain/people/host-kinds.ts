// Rules: test/operations/agents/look-at-hosts.test.ts
import * as z from 'zod'
import type { Unseen } from './host.ts'

type HostKind = {
  /** The form of the host in agents.json. */
  where: z.ZodType<string>
  example: string
  /** Without a prober, advice to people; otherwise the asked service, and the reasons of a failed look. */
  seen: string | { asked: string; failed: { readonly [why in Unseen]: string } }
  /** For docs/identity.md: the questions, the asked service, and the blind spots. */
  looks: { asks: string; of: string; unseen: string }
}

const words = (pattern: RegExp, example: string) => ({
  where: z.string().max(512).regex(pattern, `such as \`${example}\``),
  example,
})

/** The reasons of a failed look. `missing` is about the host itself. */
const failed = (missing: string, right: string) => ({
  no_such_role: missing,
  not_permitted: `Hotwork may not ask about this host: ${right}`,
  throttled: 'AWS asked Hotwork to wait: the answers are those of the last look',
  too_slow: 'AWS did not answer in time: the answers are those of the last look',
  fault: 'AWS did not answer: the answers are those of the last look',
})

const accountRight = 'deploy the target stack of its account again, or add the account to the deployment file'
const namedRight =
  'deploy Hotwork and the target stack of its account again, since each host is named in their rights, or add the account to the deployment file'
const ofGithub = {
  asks: 'which roles trust its OpenID Connect subject, and what each may do',
  of: 'IAM, in each account of the deployment file',
  unseen: "its secrets and variables in GitHub, its environment's and its organisation's, and clouds other than AWS",
}
const github = {
  asked: 'IAM was asked about the roles that trust',
  failed: failed('no account of the deployment file can be asked', accountRight),
}

/** One row for each kind of host on which an agent may run. */
export const hostKinds = {
  awsRole: {
    ...words(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'arn:aws:iam::111122223333:role/builder'),
    seen: {
      asked: 'IAM was asked about',
      failed: failed('the role is not there: name the role on which the agent runs in agents.json', accountRight),
    },
    looks: {
      asks: 'what the role may do',
      of: 'IAM, in its account',
      unseen: 'keys in files, and other workloads with the role',
    },
  },
  githubRepository: { ...words(/^[\w.-]+\/[\w.-]+$/, 'org/repo'), seen: github, looks: ofGithub },
  githubEnvironment: { ...words(/^[\w.-]+\/[\w.-]+#[^\s#*?]+$/, 'org/repo#production'), seen: github, looks: ofGithub },
  kubernetesServiceAccount: {
    ...words(/^[\w.-]+\/[\w.-]+\/[\w.-]+$/, 'cluster/namespace/name'),
    seen: {
      asked: 'EKS and IAM were asked about',
      failed: failed(
        'no account of the deployment file has this EKS cluster. Look at `kubectl auth can-i --list --as system:serviceaccount:NAMESPACE:NAME`, at the secrets that its pods mount, and at the cloud role that it is bound to',
        namedRight,
      ),
    },
    looks: {
      asks: "which roles trust its subject at the cluster's OpenID Connect provider or are associated with it by Pod Identity, and what each may do",
      of: 'EKS and IAM, in each account of the deployment file',
      unseen: 'its rights in the cluster, secrets that its pods mount, and the role of the node',
    },
  },
  scheduler: {
    ...words(
      /^arn:aws[a-z-]*:(?:scheduler:[\w-]+:\d{12}:schedule\/[\w.-]+\/[\w.-]+|lambda:[\w-]+:\d{12}:function:[\w-]+|ecs:[\w-]+:\d{12}:(?:task-definition\/[\w-]+(?::\d+)?|service\/[\w-]+\/[\w-]+)|states:[\w-]+:\d{12}:stateMachine:[\w-]+|codebuild:[\w-]+:\d{12}:project\/[\w-]+)$/,
      'arn:aws:lambda:eu-west-1:111122223333:function:nightly',
    ),
    seen: {
      asked: 'AWS was asked about the roles of',
      failed: failed(
        'AWS knows no such schedule, function, task, state machine or project: name it in agents.json',
        namedRight,
      ),
    },
    looks: {
      asks: 'which role it runs with, and what that may do: of an EventBridge schedule also its target, of an ECS service its task definition',
      of: 'EventBridge Scheduler, Lambda, ECS, Step Functions or CodeBuild, and IAM, in its account',
      unseen:
        'secrets in its image, code and environment variables, other versions and aliases, and the people with a right to start it',
    },
  },
  other: {
    where: z.string().min(1).max(256),
    example: 'in words',
    seen: 'Hotwork knows nothing of this host. Look at the credentials that lie on it, and at who else may use it.',
    looks: { asks: 'nothing', of: 'nothing', unseen: 'all of it: each answer is `unknown`' },
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

/** An environment at the end of a subject of GitHub's tokens, which escape colons. */
export const inSubject = (environment: string): string => `environment:${environment.replaceAll(':', '%3A')}`

/** The kind and the name of a host. */
export const hostOf = (runsOn: RunsOn) => Object.entries(runsOn)[0] as [kind: Kind, where: string]

/** A host that a prober can look at. */
export function probedHost(runsOn: RunsOn): { kind: ProbedKind; where: string } | undefined {
  const [kind, where] = hostOf(runsOn)
  return isProbed(kind) ? { kind, where } : undefined
}

const isProbed = (kind: Kind): kind is ProbedKind => typeof hostKinds[kind].seen !== 'string'
