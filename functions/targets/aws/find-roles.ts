// Rules: test/targets/aws/probe-hosts.test.ts
import * as z from 'zod'
import type { ReachedRole } from '../../domain/agents/agent-file.ts'
import { inSubject, type ProbedKind } from '../../domain/people/host-kinds.ts'
import { type Account, accountIdOf, type Bundle } from '../../domain/policy/bundle.ts'
import type { JsonObject } from '../../domain/values.ts'
import type { ListedRole, RoleList } from '../../operations/agents/ports.ts'
import { HostUnseen } from '../../operations/faults.ts'
import { type Caller, namesItself, principalsOf, readTrust, type TokenCaller, trusts } from './iam/trust-policy.ts'
import type { HostRead, HostReads } from './ports.ts'

/**
 * A role that a host reaches. `isCertain`: false if a part of its trust policy is unsupported. `isNamed`: its trust
 * policy names the assuming role itself.
 */
export type Reach = Pick<ReachedRole, 'arn' | 'via'> & { isCertain: boolean; isNamed?: boolean }
/** `missed`: the reasons why there may be more roles. */
export type FoundRoles = { roles: readonly Reach[]; missed: readonly string[] }

/** The accounts of a deployment, each once. */
export const accountsOf = ({ deployment }: Pick<Bundle, 'deployment'>): readonly Account[] => [
  ...new Map(Object.values(deployment.accounts).map((account) => [account.accountId, account])).values(),
]

/** `home`: Hotwork's own account, which the deployment file may leave out. */
export type FindingPorts = { reads: HostReads; lists: RoleLists; bundle: Bundle; home?: string | undefined }

/** The roles of each account, listed once in a run. */
export class RoleLists {
  readonly #list: RoleList
  readonly #lists = new Map<string, Promise<readonly ListedRole[]>>()

  constructor(list: RoleList) {
    this.#list = list
  }

  of(account: Account): Promise<readonly ListedRole[]> {
    const list = this.#lists.get(account.accountId) ?? this.#list.roles(account)
    this.#lists.set(account.accountId, list)
    return list
  }
}

/** The roles in all accounts whose trust policy may admit this caller. An account without a list is missed. */
export async function findTrusting(caller: Caller, via: Reach['via'], ports: FindingPorts): Promise<FoundRoles> {
  const { lists, bundle } = ports
  const [roles, missed]: [Reach[], string[]] = [[], []]
  for (const account of accountsOf(bundle)) {
    const listed = await lists.of(account).catch(unlessTransient)
    if (listed instanceof HostUnseen) missed.push(`the roles of account ${account.accountId} were not listed`)
    else
      for (const { arn, trust } of listed) {
        const read = readTrust(trust)
        const answer = trusts(read, caller)
        if (answer === 'no') continue
        const isNamed = namesItself(read, caller)
        roles.push({ arn, via, isCertain: answer === 'yes', ...(isNamed ? { isNamed } : {}) })
      }
  }
  return { roles, missed }
}

/**
 * The roles that trust everyone, or an account outside of the deployment: a workload may have a role there, which
 * Hotwork cannot see. Its target stacks trust its own account, and do not count. Reads the same lists as `findTrusting`, which says the accounts without one.
 */
export async function findOutside({ lists, bundle, home }: FindingPorts): Promise<readonly Reach[]> {
  const accounts = accountsOf(bundle)
  const known = new Set(accounts.map(({ accountId }) => accountId))
  const isOutside = (name: string, role: string): boolean => {
    const account = /^\d{12}$/.test(name) ? name : accountIdOf(name)
    const isOwn = account === home && role.includes(':role/hotwork/')
    return name === '*' || (account !== '' && !known.has(account) && !isOwn)
  }
  const listed = await Promise.all(accounts.map((account) => lists.of(account).catch(unlessTransient)))
  return listed
    .flatMap((roles) => (roles instanceof HostUnseen ? [] : roles))
    .filter(({ arn, trust }) =>
      principalsOf(readTrust(trust)).some(({ kind, name }) => kind === 'AWS' && isOutside(name, arn)),
    )
    .map(({ arn }) => ({ arn, via: 'outside', isCertain: false }))
}

/** A missing right is permanent, so the look goes on. After a transient fault the earlier answers hold. */
export function unlessTransient(fault: unknown): HostUnseen {
  if (fault instanceof HostUnseen && (fault.why === 'not_permitted' || fault.why === 'no_such_role')) return fault
  throw fault
}

type Finder = (where: string, ports: FindingPorts) => Promise<FoundRoles>

const only = (arn: string | undefined, via: Reach['via']): FoundRoles => ({
  roles: arn === undefined || arn === '' ? [] : [{ arn, via, isCertain: true }],
  missed: [],
})

const github = 'token.actions.githubusercontent.com'

/** A repository may have customised subjects, in which other claims come first. */
const githubCaller = (repository: string, rest: string): TokenCaller => {
  const [organisation = '', name = ''] = repository.split('/')
  const forms = [`repo:${repository}:`, `repo:${organisation}@*/${name}@*:`]
  return {
    ...{ kind: 'Federated', issuer: github, others: 'repo:' },
    subjects: forms.map((form) => `${form}${rest}`),
    possible: forms.map((form) => `${form}*`),
  }
}

/** The roles of a host, by its kind. */
export const finders = {
  awsRole: async (role: string) => only(role, 'host'),
  githubRepository: (repository, ports) => findTrusting(githubCaller(repository, '*'), 'trust', ports),
  githubEnvironment: (where, ports) => {
    const [repository = '', environment = ''] = where.split('#')
    return findTrusting(githubCaller(repository, inSubject(environment)), 'trust', ports)
  },
  kubernetesServiceAccount: findOfServiceAccount,
  scheduler: findOfScheduler,
} satisfies { readonly [kind in ProbedKind]?: Finder }
export type FoundKind = keyof typeof finders

const Cluster = z.object({
  cluster: z.object({ identity: z.object({ oidc: z.object({ issuer: z.string() }) }).optional() }),
})
const Associations = z.object({
  associations: z.array(z.object({ associationId: z.string() })),
  nextToken: z.string().nullish(),
})
const Association = z.object({
  association: z.object({ roleArn: z.string(), targetRoleArn: z.string().nullish() }),
})

/** Finds roles of IRSA by the cluster's OpenID Connect provider, and of Pod Identity by associations. */
async function findOfServiceAccount(where: string, ports: FindingPorts): Promise<FoundRoles> {
  const [cluster = '', namespace = '', serviceAccount = ''] = where.split('/')
  const faults: HostUnseen[] = []
  const found: FoundRoles[] = []
  for (const account of accountsOf(ports.bundle)) {
    const answer = await ports.reads.read('eks:DescribeCluster', { name: cluster }, account).catch(unlessTransient)
    if (answer instanceof HostUnseen) faults.push(answer)
    else {
      const issuer = Cluster.parse(answer).cluster.identity?.oidc.issuer.replace('https://', '')
      const subjects = [`system:serviceaccount:${namespace}:${serviceAccount}`]
      if (issuer !== undefined)
        found.push(await findTrusting({ kind: 'Federated', issuer, subjects, possible: [] }, 'trust', ports))
      found.push(await associated({ clusterName: cluster, namespace, serviceAccount }, account, ports))
    }
  }
  if (found.length === 0) throw faults.find(({ why }) => why === 'not_permitted') ?? new HostUnseen('no_such_role')
  const refused = faults.some(({ why }) => why === 'not_permitted')
  const roles = found.flatMap((each) => each.roles)
  return {
    roles,
    missed: [
      ...found.flatMap(({ missed }) => missed),
      ...(refused ? ['EKS of another account was not asked'] : []),
      ...(roles.length === 0 ? ['the service account has no role: its pods may use that of their node'] : []),
    ],
  }
}

async function associated(of: JsonObject, account: Account, { reads }: FindingPorts): Promise<FoundRoles> {
  const { associations, nextToken } = Associations.parse(
    await reads.read('eks:ListPodIdentityAssociations', of, account),
  )
  const roles: Reach[] = []
  for (const { associationId } of associations) {
    const asked = { clusterName: of['clusterName'] ?? '', associationId }
    const { association } = Association.parse(await reads.read('eks:DescribePodIdentityAssociation', asked, account))
    for (const arn of [association.roleArn, association.targetRoleArn])
      if (arn) roles.push({ arn, via: 'association', isCertain: true })
  }
  return { roles, missed: nextToken ? ['not all associations of the service account were read'] : [] }
}

const Schedule = z.object({
  Target: z.object({
    Arn: z.string(),
    RoleArn: z.string().nullish(),
    EcsParameters: z.object({ TaskDefinitionArn: z.string() }).nullish(),
    Input: z.string().nullish(),
  }),
})
const Service = z.object({ services: z.array(z.object({ taskDefinition: z.string().nullish() })) })
const Task = z.object({ taskDefinition: z.object({ taskRoleArn: z.string().nullish() }) })
const Project = z.object({ projects: z.array(z.object({ serviceRole: z.string().nullish() })) })

/** A schedule has its own role, and starts a target with another. */
async function findOfScheduler(where: string, ports: FindingPorts): Promise<FoundRoles> {
  const [, , service = '', region = '', , kind = '', name = ''] = where.split(/[:/]/)
  const account = accountsOf(ports.bundle).find(({ accountId }) => accountId === accountIdOf(where))
  if (!account) throw new HostUnseen('not_permitted')
  const read = (action: HostRead, args: JsonObject) => ports.reads.read(action, args, { ...account, region })
  switch (`${service} ${kind}`) {
    case 'scheduler schedule': {
      const asked = { GroupName: name, Name: where.split('/')[2] ?? '' }
      const { Target } = Schedule.parse(await read('scheduler:GetSchedule', asked))
      const own = only(Target.RoleArn ?? undefined, 'association')
      const arn = Target.EcsParameters?.TaskDefinitionArn ?? Target.Arn
      const target = await targetOf(arn, ports)
      const missed = mayNameRole(arn, Target.Input ?? '') ? ['the input of the schedule may name another role'] : []
      return { roles: [...own.roles, ...target.roles], missed: [...target.missed, ...missed] }
    }
    case 'lambda function': {
      const { Role } = z
        .object({ Role: z.string() })
        .parse(await read('lambda:GetFunctionConfiguration', { FunctionName: where }))
      return only(Role, 'association')
    }
    case 'ecs service': {
      const asked = { cluster: name, services: [where] }
      const { services } = Service.parse(await read('ecs:DescribeServices', asked))
      const task = services[0]?.taskDefinition
      if (!task) throw new HostUnseen('no_such_role')
      return taskRole(task, read)
    }
    case 'ecs task-definition':
      return taskRole(where, read)
    case 'states stateMachine': {
      const asked = { stateMachineArn: where, includedData: 'METADATA_ONLY' }
      const { roleArn } = z.object({ roleArn: z.string() }).parse(await read('states:DescribeStateMachine', asked))
      return only(roleArn, 'association')
    }
    case 'codebuild project': {
      const { projects } = Project.parse(await read('codebuild:BatchGetProjects', { names: [name] }))
      if (!projects[0]) throw new HostUnseen('no_such_role')
      return only(projects[0].serviceRole ?? undefined, 'association')
    }
    default:
      throw new HostUnseen('fault')
  }
}

async function taskRole(
  taskDefinition: string,
  read: (action: HostRead, args: JsonObject) => Promise<unknown>,
): Promise<FoundRoles> {
  const task = Task.parse(await read('ecs:DescribeTaskDefinition', { taskDefinition }))
  const { taskRoleArn } = task.taskDefinition
  return taskRoleArn
    ? only(taskRoleArn, 'association')
    : { roles: [], missed: ['the task has no role: on EC2 it may use that of the instance'] }
}

/** The input of a task or build may name another role, also with an escape of JSON. */
const mayNameRole = (target: string, input: string): boolean =>
  /^arn:[^:]*:(?:ecs|codebuild):/.test(target) && /taskRoleArn|serviceRoleOverride|\\u/i.test(input)

/** Targets that are read. A version or an alias may have another role, and no right permits its read. */
const followed =
  /^arn:[^:]*:(?:lambda:[^:]*:\d{12}:function:[\w-]+|ecs:[^:]*:\d{12}:task-definition\/.+|states:[^:]*:\d{12}:stateMachine:[\w-]+|codebuild:[^:]*:\d{12}:project\/[\w-]+)$/

async function targetOf(target: string, ports: FindingPorts): Promise<FoundRoles> {
  const [arn] = followed.exec(target) ?? []
  if (arn === undefined)
    return {
      roles: [],
      missed: ['the target of the schedule is of a kind that is not looked at, or a version or an alias'],
    }
  const found = await findOfScheduler(arn, ports).catch(unlessTransient)
  return found instanceof HostUnseen
    ? {
        roles: [],
        missed: [`the target \`${arn}\` of the schedule was not read: deploy again, or name it as the host`],
      }
    : found
}
