// Rules: test/operations/agents/look-after-agents.test.ts
import * as z from 'zod'
import { sourceAccountNames } from '../../group-sources/kinds.ts'
import { digestOf } from '../digest.ts'
import { event } from '../event.ts'
import { type Agent, agentStatus, groupsOf, hasAccount, type Person, SuspendedBecause } from '../people/organisation.ts'
import type { Bundle } from '../policy/bundle.ts'
import { Alias, Digest, defined, type Json, JsonObject, NumericDate, PersonId, RequestId } from '../values.ts'
import type { Subject } from './agent-file.ts'
import { subjectOf } from './dates.ts'

/**
 * The cause of a change (a deployment, or a request with the registry's new version), and the person who answers for
 * the subject.
 */
const change = {
  commit: z.string().max(100).optional(),
  request: RequestId.optional(),
  version: z.int().positive().optional(),
  owner: PersonId.optional(),
}

/** An entry on the chain of the agent, person, group or sealed role's account. */
export const RegistryEvent = z.discriminatedUnion('type', [
  event('Recertified', { due: NumericDate, evidence: Digest, reason: z.string() }),
  /** A recertification answered no. `version`: of the registry that retires the agent. */
  event('Retired', { evidence: Digest, reason: z.string(), version: z.int().positive() }),
  event('Suspended', { why: SuspendedBecause, due: NumericDate.optional() }),
  event('Registered', { registration: JsonObject, ...change }),
  /** The changed members; null for a member that was absent or is absent now. */
  event('RegistrationChanged', { from: JsonObject, to: JsonObject, ...change }),
  event('Unregistered', { registration: JsonObject, ...change }),
  /** On an issuer's chain: the digest of a listed unknown subject, or the day's number of all other calls. */
  event('UnknownCaller', {
    issuer: Alias,
    day: z.string().regex(/^\d{4}-\d\d-\d\d$/),
    subject: Digest.optional(),
    calls: z.int().positive().optional(),
  }),
])
export type RegistryEvent = z.infer<typeof RegistryEvent>

/** The members of an agent or person in the files that may be recorded: no name and no address. */
export type Registration = JsonObject

export const registrationOfAgent = ({ id: _, description: __, identities, ...agent }: Agent): Registration => ({
  ...(agent as unknown as JsonObject),
  identities: identities as unknown as Json,
})

/**
 * The record has the number of a person's identities, which are personal. `known`, their digest, lies beside the record
 * (see `onRecord`) and shows a change.
 */
function registrationOfPerson(person: Person, { directory, deployment }: Bundle): Registration {
  const { status, lead = null, recertifyBy = null, leavesOn, identities, chatUser = null } = person
  const elsewhere = person.accounts === undefined ? [] : [person.accounts]
  const accounts = sourceAccountNames.map((account) => person[account] ?? null)
  const known = digestOf('hotwork.identities.v1', [identities, chatUser, ...accounts, ...elsewhere] as unknown as Json)
  const sealed = Object.entries(deployment.accounts).flatMap(([alias, account]) =>
    account.sealed && Object.hasOwn(account.sealed.people, person.id) ? [alias] : [],
  )
  const groups = [...groupsOf(directory, person.id)].toSorted()
  return {
    status,
    lead,
    recertifyBy,
    ...defined({ leavesOn }),
    groups,
    sealed,
    identities: identities.length,
    chat: hasAccount(person),
    known,
  }
}

/** The registration without the digest of a person's identities. */
export const onRecord = ({ known: _, ...registration }: Registration): Registration => registration

/**
 * Every agent and person in the files, and every group with a source, with its members in the file and the acts for
 * which the source counts.
 */
export const registrationsIn = (bundle: Bundle): ReadonlyMap<Subject, Registration> =>
  new Map<Subject, Registration>([
    ...bundle.agents.map((agent) => [agent.id, registrationOfAgent(agent)] as const),
    ...bundle.directory.people.map((person) => [person.id, registrationOfPerson(person, bundle)] as const),
    ...Object.entries(bundle.directory.sources ?? {}).map(
      ([group, sourced]) => [subjectOf('group', group), sourced as unknown as Registration] as const,
    ),
  ])

export const ownerIn = (registration: Registration | undefined): PersonId | undefined =>
  PersonId.safeParse(registration?.['owner']).data

/** The members that differ, on both sides. */
export function differenceOf(from: Registration, to: Registration): { from: JsonObject; to: JsonObject } | undefined {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])]
  const changed = names.filter((name) => JSON.stringify(from[name] ?? null) !== JSON.stringify(to[name] ?? null))
  if (changed.length === 0) return undefined
  const side = (all: Registration) => onRecord(Object.fromEntries(changed.map((name) => [name, all[name] ?? null])))
  const others = changed.includes('known') ? { otherIdentities: true } : {}
  return { from: side(from), to: { ...side(to), ...others } }
}

/**
 * The reason why a subject is suspended, if it is. @param due the date in the files or of its recertification,
 * whichever is later
 */
export function suspendedBecause(
  subject: Subject,
  recertifyBy: NumericDate | undefined,
  bundle: Bundle,
  now: NumericDate,
): SuspendedBecause | undefined {
  const agent = bundle.agents.find(({ id }) => id === subject)
  const isOver = recertifyBy !== undefined && now >= recertifyBy
  if (!agent) return isOver ? 'recertification' : undefined
  switch (agentStatus(agent, bundle.directory, now)) {
    case 'active':
      return undefined
    case 'agent_retired':
      return 'retired'
    case 'owner_inactive':
      return 'owner_inactive'
    case 'agent_suspended':
      return agent.status === 'suspended' ? 'suspended' : 'recertification'
  }
}

const day = 86_400
const reminded = [30, 7, 1] as const

/** The reminder to send now: its number of days, and the keys of all reminders that it replaces. */
export function nextReminder(
  recertifyBy: NumericDate,
  now: NumericDate,
  told: readonly string[],
): { days: number; keys: readonly string[] } | undefined {
  const reached = reminded.filter((days) => now >= recertifyBy - days * day)
  const last = reached.at(-1)
  if (last === undefined || now >= recertifyBy) return undefined
  const keyOf = (days: number) => `${recertifyBy} ${days}`
  if (told.includes(keyOf(last))) return undefined
  return { days: last, keys: reached.map(keyOf).filter((key) => !told.includes(key)) }
}
