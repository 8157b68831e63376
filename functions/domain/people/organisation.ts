import * as z from 'zod'
import { shortForm } from '../../channels/kinds.ts'
import { sourceAccounts } from '../../group-sources/kinds.ts'
import { AgentId, Alias, NumericDate, PersonId, Seconds, ToolId } from '../values.ts'
import { SourcedGroup } from './group-source.ts'
import { RunsOn } from './host-kinds.ts'
import { SecureUrl } from './identity-issuer.ts'

/**
 * A workload identity; each member must match exactly. Two identities of one party may overlap in time, so that one
 * follows the other without a gap.
 */
export const Identity = z
  .strictObject({
    issuer: Alias,
    /** Optional only if the claims pin more than the subject (GitHub has two forms of it). */
    subject: z.string().min(1).max(2048).optional(),
    claims: z.record(z.string().regex(/^[\x21-\x7e]{1,128}$/), z.string().min(1).max(2048)).optional(),
    validFrom: NumericDate.optional(),
    validUntil: NumericDate.optional(),
  })
  .refine(
    ({ subject, claims = {} }) => subject !== undefined || Object.keys(claims).length > 0,
    'it pins nothing: every identity at the issuer would match',
  )
export type Identity = z.infer<typeof Identity>

/** `issuer` is the alias; `claims` are those that an identity may pin. */
export type ProvenIdentity = {
  issuer: string
  subject: string
  claims: { readonly [name: string]: string }
}

/** An agent's autonomy, recorded at registration and read by policies. */
export const Autonomy = z.enum(['assistive', 'supervised', 'autonomous', 'orchestrator'])
export type Autonomy = z.infer<typeof Autonomy>

/** The time for which a recertification holds by default. Seconds. */
export const oneYear = 365 * 86_400

/** The address for decision events by signed webhook. */
const NotifyUrl = SecureUrl.max(2048)
  .regex(/^https?:\/\/[^/?#@]+(?:[/?]|$)/, 'no user name or password in it: the signature says who sends')
  .regex(
    /^(?:http:|https:\/\/(?!\[|\d+(?:\.\d+){0,3}(?:[:/?]|$)))/,
    'name a host: an IP address may belong to a private network',
  )

export const Agent = z.strictObject({
  id: AgentId,
  description: z.string().max(256).optional(),
  identities: z.array(Identity).min(1),
  /** The owner, who may never approve the agent's requests. */
  owner: PersonId,
  /** Answers for the agent if the owner is inactive; may never approve its requests either. */
  backupOwner: PersonId.optional(),
  autonomy: Autonomy,
  runsOn: RunsOn,
  status: z.enum(['active', 'suspended', 'retired']).default('active'),
  /** True if its grants may change their key: for agents whose keys live as long as one process. */
  rebind: z.boolean().default(false),
  /** The date after which the agent is suspended, until a person recertifies it. */
  recertifyBy: NumericDate,
  /** The time for which a recertification holds. Seconds. */
  recertifyEvery: Seconds.default(oneYear),
  notify: NotifyUrl.optional(),
})
export type Agent = z.infer<typeof Agent>

/** The default alias of a deployment's only chat. */
export const onlyChat = shortForm.id

export const Person = z.strictObject({
  id: PersonId,
  name: z.string().min(1).max(128),
  identities: z.array(Identity).min(1),
  /** The account in the chat of the default alias. A person without any account decides through the API only. */
  chatUser: z.string().regex(shortForm.accountId).optional(),
  /** Accounts in other chats, by the chat's alias. */
  accounts: z.record(Alias, z.string().min(1).max(128)).optional(),
  ...sourceAccounts,
  /** The person who is told when this person uses break-glass. */
  lead: PersonId.optional(),
  status: z.enum(['active', 'inactive']).default('active'),
  /** The date after which the person is inactive, until another person recertifies them. */
  recertifyBy: NumericDate.optional(),
  /** The day from which the person is inactive. Until then they are leaving: they get no agent to answer for. */
  leavesOn: NumericDate.optional(),
})
export type Person = z.infer<typeof Person>

type InChats = Pick<Person, 'chatUser' | 'accounts'>

/** The accounts that the directory names, by the chat's alias. */
export const accountsOf = ({ chatUser, accounts = {} }: InChats): ReadonlyMap<string, string> =>
  new Map([...(chatUser === undefined ? [] : [[onlyChat, chatUser] as const]), ...Object.entries(accounts)])

/** Whether the directory names an account in any chat. */
export const hasAccount = (person: InChats): boolean => accountsOf(person).size > 0

export const Directory = z.strictObject({
  people: z.array(Person).min(1),
  groups: z.record(Alias, z.array(PersonId)),
  /** The channel for what a group owns, by group. */
  channels: z.record(Alias, Alias).optional(),
  /** The groups to which a source adds people. */
  sources: z.record(Alias, SourcedGroup).optional(),
  /** The date after which a group has no members, until a person recertifies it. */
  recertifyGroups: z.record(Alias, NumericDate).optional(),
})
export type Directory = z.infer<typeof Directory>

/** A tool. The deployment file has its audience and addresses, under its alias. */
export const Tool = z.strictObject({
  id: ToolId,
  description: z.string().max(256).optional(),
  identities: z.array(Identity),
  notify: NotifyUrl.optional(),
})
export type Tool = z.infer<typeof Tool>

/** A rule of resources.json. `*` in `id` stands for any characters; the first matching rule counts. */
export const ResourceRule = z.strictObject({
  type: z.string().min(1),
  id: z.string().min(1),
  environment: Alias,
  classification: Alias,
  /** The group whose people decide the `owner` stages. */
  group: Alias,
})
export type ResourceRule = z.infer<typeof ResourceRule>

/** Facts of a resource, from a rule and never from a request. */
export type ResourceFacts = Pick<ResourceRule, 'environment' | 'classification' | 'group'>

/** The facts of a resource. Undefined if no rule matches it: then no action on it is possible. */
export function factsOf(
  rules: readonly ResourceRule[],
  resource: { type: string; id: string },
): ResourceFacts | undefined {
  const rule = ruleOf(rules, resource)
  return rule && { environment: rule.environment, classification: rule.classification, group: rule.group }
}

export const ruleOf = (rules: readonly ResourceRule[], resource: { type: string; id: string }) =>
  rules.find(({ type, id }) => type === resource.type && fitsPattern(id, resource.id))

/**
 * Whether an id matches a pattern, in which `*` stands for any characters. Linear in time, since the asker chooses the
 * id.
 */
export function fitsPattern(pattern: string, id: string): boolean {
  const [head = '', ...rest] = pattern.split('*')
  const tail = rest.pop()
  if (tail === undefined) return pattern === id
  if (!id.startsWith(head)) return false
  let from = head.length
  for (const part of rest) {
    const found = id.indexOf(part, from)
    if (found < 0) return false
    from = found + part.length
  }
  return id.length >= from + tail.length && id.endsWith(tail)
}

export function agentStatus(
  agent: Agent,
  directory: Directory,
  now: NumericDate,
): 'active' | 'agent_suspended' | 'agent_retired' | 'owner_inactive' {
  if (agent.status === 'retired') return 'agent_retired'
  if (agent.status === 'suspended' || now >= agent.recertifyBy) return 'agent_suspended'
  return isActive(ownerOf(agent, directory), directory) ? 'active' : 'owner_inactive'
}

const isActive = (person: PersonId, { people }: Directory): boolean =>
  people.find(({ id }) => id === person)?.status === 'active'

/** The people who answer for an agent. They neither decide its requests nor recertify it. */
export const answersFor = ({
  owner,
  backupOwner,
}: {
  owner: PersonId
  backupOwner?: PersonId | undefined
}): readonly PersonId[] => (backupOwner === undefined ? [owner] : [owner, backupOwner])

/** The person who answers for an agent: the owner, or the backup owner if the owner is inactive. */
export const ownerOf = ({ owner, backupOwner }: Agent, directory: Directory): PersonId =>
  backupOwner !== undefined && !isActive(owner, directory) && isActive(backupOwner, directory) ? backupOwner : owner

/** @param bySource the groups from sources that count for the act (`groupsBySource`) */
export const groupsOf = (
  { groups }: Directory,
  person: PersonId,
  bySource: readonly string[] = [],
): readonly string[] =>
  Object.keys(groups).filter((group) => groups[group]?.includes(person) || bySource.includes(group))

const forever = Number.POSITIVE_INFINITY

export const withIdentity = <T extends { identities: readonly Identity[] }>(
  all: readonly T[],
  proven: ProvenIdentity,
  now: NumericDate,
): T | undefined => all.find(({ identities }) => identities.some((identity) => isOf(identity, proven, now)))

/**
 * Whether an identity that was proven earlier is still registered. Claims other than the subject are not proven again.
 */
export const isStillKnown = (
  { identities }: { identities: readonly Identity[] },
  proven: Omit<ProvenIdentity, 'claims'>,
  now: NumericDate,
): boolean => identities.some((each) => isOf({ ...each, claims: {} }, { ...proven, claims: {} }, now))

export const isValidAt = ({ validFrom = 0, validUntil = forever }: Identity, now: NumericDate): boolean =>
  now >= validFrom && now < validUntil

function isOf(identity: Identity, proven: ProvenIdentity, now: NumericDate) {
  const { issuer, subject, claims = {} } = identity
  return (
    issuer === proven.issuer &&
    (subject === undefined || subject === proven.subject) &&
    Object.entries(claims).every(
      ([name, value]) => Object.hasOwn(proven.claims, name) && proven.claims[name] === value,
    ) &&
    isValidAt(identity, now)
  )
}

/** Whether one token could match both identities, and so prove neither. */
export function canCoincide(a: Identity, b: Identity): boolean {
  const differ = (one: string | undefined, other: string | undefined) =>
    one !== undefined && other !== undefined && one !== other
  return (
    a.issuer === b.issuer &&
    !differ(a.subject, b.subject) &&
    !Object.keys(a.claims ?? {}).some((name) => differ(a.claims?.[name], b.claims?.[name])) &&
    Math.max(a.validFrom ?? 0, b.validFrom ?? 0) < Math.min(a.validUntil ?? forever, b.validUntil ?? forever)
  )
}

export const SuspendedBecause = z.enum(['recertification', 'suspended', 'retired', 'owner_inactive'])
export type SuspendedBecause = z.infer<typeof SuspendedBecause>
