// Rules: test/targets/aws/probe-hosts.test.ts
import * as z from 'zod'
import type { Looked, ReachedSecret } from '../../domain/agents/agent-file.ts'
import { ifReached, isDenial, type Simulated, together, worst } from '../../domain/agents/ambient.ts'
import type { Ambient } from '../../domain/people/host.ts'
import { type Account, accountIdOf } from '../../domain/policy/bundle.ts'
import { defined } from '../../domain/values.ts'
import type { HostProber, HostSimulator, Probed, RoleBoundaries, RoleList } from '../../operations/agents/ports.ts'
import { probeRole } from '../../operations/agents/probe-role.ts'
import { HostUnseen } from '../../operations/faults.ts'
import {
  accountsOf,
  type FindingPorts,
  type FoundKind,
  finders,
  findOutside,
  findTrusting,
  type Reach,
  RoleLists,
  unlessTransient,
} from './find-roles.ts'

/**
 * The limits of one look: roles, roles whose secrets and boundaries are read, and names of each kind in each account.
 */
const most = { roles: 200, readers: 20, names: 200, kept: 200, reasons: 20, characters: 500 } as const

export type ProbingPorts = Pick<FindingPorts, 'reads' | 'home'> & {
  simulator: HostSimulator
  list: RoleList & RoleBoundaries
  /** Whether the run's time is up: then IAM is asked no more, and the look fails. */
  isLate: () => boolean
}

/** The probers of one run. They cache the roles of each account, and the answers about each role. */
export function makeProbers(given: ProbingPorts): { readonly [kind in FoundKind]: HostProber } {
  const { list, reads, home, isLate } = given
  const simulator: HostSimulator = {
    simulate: async (...asked) => {
      if (isLate()) throw new HostUnseen('too_slow')
      return given.simulator.simulate(...asked)
    },
  }
  const caches = { lists: new RoleLists(list), answers: new Map(), names: new Map(), said: new Map() }
  const ports = { simulator, reads, list, home, ...caches }
  const of = (kind: FoundKind): HostProber => ({ probe: (where, bundle) => probe(kind, where, { ...ports, bundle }) })
  return {
    awsRole: of('awsRole'),
    githubRepository: of('githubRepository'),
    githubEnvironment: of('githubEnvironment'),
    kubernetesServiceAccount: of('kubernetesServiceAccount'),
    scheduler: of('scheduler'),
  }
}

type Answers = Looked['actions']
/** `risen`: the reason why a denial of the role proves nothing. */
type Told = { answers: Answers; risen?: string }
/** `more`: true if an account has more names than are asked about. */
type Names = { names: readonly Named[]; more: boolean }
type Named = { kind: ReachedSecret['kind']; name: string; arn: string }
type Probing = FindingPorts & {
  simulator: HostSimulator
  list: RoleBoundaries
  /** By role. Undefined for a role that is deleted or closed to Hotwork. */
  answers: Map<string, Promise<Told | undefined>>
  /** By role and action, since a role is asked the same in each look of a run. */
  said: Map<string, ReturnType<typeof simulated>>
  /** By account. Undefined if they cannot be listed. */
  names: Map<string, Promise<Names | undefined>>
}

/** The kinds of hosts with tokens, for which any account may have a role. */
const hasTokens: ReadonlySet<FoundKind> = new Set(['githubRepository', 'githubEnvironment', 'kubernetesServiceAccount'])

async function probe(kind: FoundKind, where: string, ports: Probing): Promise<Probed> {
  const found = await finders[kind](where, ports)
  const direct = once(found.roles)
  const seen = direct.slice(0, most.roles)
  const assumed = await findAssumed(seen, ports)
  const outside = hasTokens.has(kind) ? await findOutside(ports) : []
  const further = once([...seen, ...assumed.roles, ...outside]).slice(seen.length)
  const roles = [...seen, ...further.slice(0, most.roles - seen.length)]
  const unseen = direct.length + further.length - roles.length
  const asked = await askAbout(roles, ports)
  const missed = [
    ...found.missed,
    ...assumed.missed,
    ...asked.flatMap(({ role, answers }) => (answers ? [] : [`\`${role.arn}\` could not be asked about`])),
    ...(unseen > 0 ? [`${unseen} roles were not looked at`] : []),
  ]
  const isComplete = missed.length === 0
  const reached = asked.map(({ role, answers = {} }) => ({ role, answers: asReached(role, answers) }))
  const secrets = await readableSecrets(roles, ports)
  const boundaries = await boundariesOf(roles, ports)
  const ways = asked.flatMap(({ role, answers = {}, risen }) => {
    const isOpen = role.via === 'outside' && isAny(answers, 'allowed')
    return [
      ...(isOpen ? [`\`${role.arn}\` trusts another account, by which the host may reach it`] : []),
      ...(risen ? [risen] : []),
    ]
  })
  const reasons = [...missed, ...ways, ...secrets.missed]
    .slice(0, most.reasons)
    .map((reason) => reason.slice(0, most.characters))
  return {
    actions: together(
      ports.bundle,
      reached.map(({ role, answers }) => (role.via === 'outside' ? onlyOpen(answers) : answers)),
      isComplete,
    ),
    roles: reached.map(({ role, answers }) => ({
      ...{ arn: role.arn, via: role.via },
      answer: worst(
        Object.values(answers)
          .flat()
          .map(({ answer }) => answer),
        'unknown',
      ),
      ...defined({ boundary: boundaries.get(role.arn) }),
    })),
    secrets: secrets.found,
    ...(unseen > 0 ? { unseen } : {}),
    ...(reasons.length > 0 ? { partial: reasons } : {}),
  }
}

/** Leaves out unreadable boundaries: IAM's simulation applies them anyway. */
async function boundariesOf(roles: readonly Reach[], { list }: Probing): Promise<ReadonlyMap<string, string | null>> {
  const found = new Map<string, string | null>()
  for (const { arn } of roles.slice(0, most.readers)) {
    const boundary = await list.boundary(arn).catch(() => undefined)
    if (boundary !== undefined) found.set(arn, boundary)
  }
  return found
}

/** Removes duplicates. The first way to a role counts, and it is certain if any way is. */
function once(roles: readonly Reach[]): readonly Reach[] {
  const found = new Map<string, Reach>()
  for (const role of roles) {
    const known = found.get(role.arn)
    found.set(role.arn, known ? { ...known, isCertain: known.isCertain || role.isCertain } : role)
  }
  return [...found.values()]
}

async function askAbout(roles: readonly Reach[], ports: Probing) {
  const asked: ({ role: Reach } & Partial<Told>)[] = []
  for (const role of roles) {
    const known = ports.answers.get(role.arn) ?? answersOf(role, ports)
    ports.answers.set(role.arn, known)
    asked.push({ role, ...(await known) })
  }
  return asked
}

/** If the role on which an agent runs is missing, the look fails. */
async function answersOf({ arn, via }: Reach, ports: Probing): Promise<Told | undefined> {
  const { simulator, bundle } = ports
  const answers = await probeRole(arn, bundle, simulator).catch((fault) => {
    if (via === 'host') throw fault
    return unlessTransient(fault)
  })
  // A role that was deleted after the list was read has no rights.
  if (answers instanceof HostUnseen) return answers.why === 'no_such_role' ? { answers: {} } : undefined
  const risen = isAny(answers, 'denied') ? await howToRise(arn, ports) : undefined
  return risen === undefined ? { answers } : { answers: withoutDenials(answers), risen }
}

const isAny = (answers: Answers, one: Ambient): boolean =>
  Object.values(answers).some((each) => each.some(({ answer }) => answer === one))

type Answer = Answers[string][number]
const changed = (answers: Answers, change: (one: Answer) => readonly Answer[]): Answers =>
  Object.fromEntries(Object.entries(answers).map(([action, each]) => [action, each.flatMap(change)]))

/** Without the denials: no guardrail is asked of a role that others use. */
const onlyOpen = (answers: Answers): Answers => changed(answers, (one) => (one.answer === 'denied' ? [] : [one]))

const withoutDenials = (answers: Answers): Answers =>
  changed(answers, (one) => [one.answer === 'denied' ? { resource: one.resource, answer: 'unknown' } : one])

/**
 * The rights by which a role takes others, or takes its guardrail off. IAM refuses one question about actions on
 * different kinds of resources.
 */
const rises: readonly { on: string; actions: readonly string[] }[] = [
  {
    on: 'itself',
    actions: [
      ...['iam:AttachRolePolicy', 'iam:PutRolePolicy', 'iam:UpdateAssumeRolePolicy', 'iam:DetachRolePolicy'],
      ...['iam:DeleteRolePolicy', 'iam:PutRolePermissionsBoundary', 'iam:DeleteRolePermissionsBoundary'],
    ],
  },
  {
    on: 'iam::ACCOUNT:role/example',
    actions: ['iam:PassRole', 'iam:AttachRolePolicy', 'iam:PutRolePolicy', 'iam:UpdateAssumeRolePolicy'],
  },
  { on: 'iam::ACCOUNT:policy/example', actions: ['iam:CreatePolicyVersion', 'iam:SetDefaultPolicyVersion'] },
  {
    on: 'iam::ACCOUNT:user/example',
    actions: [
      ...['iam:CreateAccessKey', 'iam:CreateLoginProfile', 'iam:UpdateLoginProfile'],
      ...['iam:AttachUserPolicy', 'iam:PutUserPolicy'],
    ],
  },
  { on: 'cloudformation:REGION:ACCOUNT:stack/example/example', actions: ['cloudformation:UpdateStack'] },
]

/** The first right by which the role gets others; undefined only if IAM denies all. */
async function howToRise(role: string, { simulator, bundle }: Probing): Promise<string | undefined> {
  const accountId = accountIdOf(role)
  const { region } = accountsOf(bundle).find((each) => each.accountId === accountId) ?? { region: 'us-east-1' }
  const partition = role.split(':')[1]
  for (const { on, actions } of rises) {
    const arn = `arn:${partition}:${on.replace('REGION', region).replace('ACCOUNT', accountId)}`
    const resource = on === 'itself' ? role : arn
    const said = await simulator.simulate(role, { actions, resources: [resource] }).catch(unlessThrottled)
    if (said instanceof HostUnseen) return `whether \`${role}\` may do \`${actions[0]}\` is not known`
    const open = actions.find((action) => !said.some((one) => one.action === action && isDenial(one)))
    if (open !== undefined) return `\`${role}\` may do \`${open}\`, and so get the rights that it lacks`
  }
  return undefined
}

/** A question that IAM does not take leaves one role unknown, and no look fails by it. */
const unlessThrottled = (fault: unknown): HostUnseen =>
  fault instanceof HostUnseen && fault.why === 'fault' ? fault : unlessTransient(fault)

/** The host's rights by a role. They are unknown unless the role is certainly reached. */
const asReached = ({ arn, via, isCertain }: Reach, answers: Answers): Answers =>
  changed(answers, ({ answer, by = [], ...one }) => [
    {
      ...one,
      answer: ifReached(answer, isCertain),
      by: by.map((policy) => (via === 'host' ? policy : `${policy} of ${arn.split('/').at(-1)}`)),
    },
  ])

/** One step: the roles that may be assumed from these. */
async function findAssumed(from: readonly Reach[], ports: Probing) {
  const [roles, missed]: [Reach[], Set<string>] = [[], new Set()]
  for (const role of from) {
    const trusting = await findTrusting({ kind: 'AWS', arn: role.arn }, 'assume', ports)
    for (const each of trusting.missed) missed.add(each)
    const others = trusting.roles.filter(({ arn }) => arn !== role.arn)
    const candidates = others.slice(0, most.roles)
    if (others.length > most.roles)
      missed.add(`${others.length - most.roles} roles that may trust \`${role.arn}\` were not looked at`)
    const answered = await mayDo(
      role.arn,
      'sts:AssumeRole',
      candidates.map(({ arn }) => arn),
      ports,
    )
    if (!answered) missed.add(`the roles that \`${role.arn}\` may assume are not known`)
    for (const candidate of candidates) {
      const said = answered?.find(({ resource }) => resource === candidate.arn)
      const reached = reachedBy(role, candidate, said)
      if (reached) roles.push(reached)
    }
  }
  return { roles, missed: [...missed] }
}

/**
 * IAM's denial keeps the role from assuming the candidate. Within one account a trust policy that names the role allows
 * it alone, so only an explicit denial counts.
 */
function reachedBy(role: Reach, candidate: Reach, said: Simulated | undefined): Reach | undefined {
  const isCertain = role.isCertain && candidate.isCertain
  if (said === undefined) return { ...candidate, isCertain: false }
  if (said.decision === 'allowed') return { ...candidate, isCertain }
  if (said.missing.length > 0) return { ...candidate, isCertain: false }
  const isAtHome = accountIdOf(role.arn) === accountIdOf(candidate.arn)
  return isAtHome && said.by.length === 0 && candidate.isNamed ? { ...candidate, isCertain } : undefined
}

/** IAM's answers about one action of a role; undefined if the role is deleted or closed. */
function mayDo(role: string, action: string, resources: readonly string[], { simulator, said }: Probing) {
  const known = said.get(`${role} ${action}`) ?? simulated(role, action, resources, simulator)
  said.set(`${role} ${action}`, known)
  return known
}

async function simulated(role: string, action: string, resources: readonly string[], simulator: HostSimulator) {
  if (resources.length === 0) return []
  const said = await simulator.simulate(role, { actions: [action], resources }).catch(unlessTransient)
  return said instanceof HostUnseen ? undefined : said
}

const kinds = [
  { kind: 'secret', action: 'secretsmanager:GetSecretValue' },
  { kind: 'parameter', action: 'ssm:GetParameter' },
] as const

/** The names of secrets and parameters that the roles may read. Values are never read. */
async function readableSecrets(roles: readonly Reach[], ports: Probing) {
  const found: ReachedSecret[] = []
  const missed = new Set<string>()
  if (roles.length > most.readers) missed.add(`${roles.length - most.readers} roles were not asked about secrets`)
  for (const { arn: role } of roles.slice(0, most.readers)) {
    const account = accountsOf(ports.bundle).find(({ accountId }) => accountId === accountIdOf(role))
    const listed = account && (await namesIn(account, ports))
    if (!listed) missed.add(`the names of secrets of account ${accountIdOf(role)} were not listed`)
    if (listed?.more) missed.add(`more secrets of account ${accountIdOf(role)} were not looked at`)
    for (const { kind, action } of kinds) {
      const alike = (listed?.names ?? []).filter((each) => each.kind === kind)
      const arns = alike.map(({ arn }) => arn)
      const said = await mayDo(role, action, arns, ports)
      if (!said) missed.add(`the secrets that \`${role}\` may read are not known`)
      for (const { name, arn } of alike)
        if (said?.some(({ resource, decision }) => resource === arn && decision === 'allowed'))
          found.push({ kind, name, role })
    }
  }
  if (found.length > most.kept) missed.add(`${found.length - most.kept} more secrets can be read`)
  return { found: found.slice(0, most.kept), missed: [...missed] }
}

function namesIn(account: Account, ports: Probing): Promise<Names | undefined> {
  const known = ports.names.get(account.accountId) ?? listNames(account, ports)
  ports.names.set(account.accountId, known)
  return known
}

const Secrets = z.object({
  SecretList: z.array(z.object({ Name: z.string(), ARN: z.string() })).default([]),
  NextToken: z.string().nullish(),
})
const Parameters = z.object({
  Parameters: z.array(z.object({ Name: z.string() })).default([]),
  NextToken: z.string().nullish(),
})

async function listNames(account: Account, { reads }: Probing): Promise<Names | undefined> {
  const { partition, region, accountId } = account
  try {
    const names: Named[] = []
    let next: string | null | undefined
    do {
      const page = Secrets.parse(await reads.read('secretsmanager:ListSecrets', pageOf(100, next), account))
      names.push(...page.SecretList.map(({ Name, ARN }) => ({ kind: 'secret', name: Name, arn: ARN }) as const))
      next = page.NextToken
    } while (next && names.length < most.names)
    const secrets = names.length
    const more = Boolean(next)
    next = undefined
    do {
      const page = Parameters.parse(await reads.read('ssm:DescribeParameters', pageOf(50, next), account))
      const arnOf = (name: string) =>
        `arn:${partition}:ssm:${region}:${accountId}:parameter${name.startsWith('/') ? '' : '/'}${name}`
      names.push(...page.Parameters.map(({ Name }) => ({ kind: 'parameter', name: Name, arn: arnOf(Name) }) as const))
      next = page.NextToken
    } while (next && names.length - secrets < most.names)
    return { names, more: more || Boolean(next) }
  } catch (fault) {
    unlessTransient(fault)
    return undefined
  }
}

const pageOf = (MaxResults: number, NextToken: string | null | undefined) => ({
  MaxResults,
  ...(NextToken ? { NextToken } : {}),
})
