import * as z from 'zod'
import { canonicalForm } from '../digest.ts'
import { Agent, Autonomy, answersFor, Identity, oneYear } from '../people/organisation.ts'
import type { Bundle } from '../policy/bundle.ts'
import {
  type AgentId,
  type Json,
  type JsonObject,
  NumericDate,
  ok,
  PersonId,
  type Result,
  refuse,
  Timestamp,
} from '../values.ts'
import { whatIsWrong } from '../what-is-wrong.ts'
import { type GovernedRegistry, retiredIn } from './governed-registry.ts'
import { spelled } from './spelling.ts'

/** The part of an ask that makes it a change of the registry. */
export const AgentChange = z.strictObject({
  /** The agent's entry that people decide to change. Absent for a registration. */
  before: Agent.optional(),
  /** The receiving owner of a transfer, who accepts it before it is decided. */
  accepts: PersonId.optional(),
})
export type AgentChange = z.infer<typeof AgentChange>

/** The arguments are spelled as in agents.json. */
const day = z.iso.date().transform((text) => Date.parse(`${text}T00:00:00Z`) / 1000)
const days = z
  .string()
  .regex(/^P[1-9]\d{0,3}D$/, 'a number of days, such as `P180D`')
  .transform((text) => Number(text.slice(1, -1)) * 86_400)
  .pipe(z.number().max(oneYear, 'at most a year: `P365D`'))
const instant = z.union([day, Timestamp]).pipe(NumericDate)
const identities = z
  .array(z.strictObject({ ...Identity.shape, validFrom: instant.optional(), validUntil: instant.optional() }))
  .pipe(Agent.shape.identities)

const { id, description, owner, backupOwner, autonomy, runsOn, notify } = Agent.shape
const rebind = z.boolean()
const registered = z.strictObject({
  ...{ id, identities, owner, autonomy, runsOn, recertifyBy: day },
  ...{ description, backupOwner, notify, rebind: rebind.optional(), recertifyEvery: days.optional() },
})
const changed = z
  .strictObject({
    ...{ id, identities: identities.optional(), autonomy: Autonomy.optional(), runsOn: runsOn.optional() },
    ...{ description: description.nullable(), backupOwner: backupOwner.nullable(), notify: notify.nullable() },
    ...{ rebind: rebind.nullish(), recertifyEvery: days.nullish() },
  })
  .refine((change) => change.identities === undefined || change.autonomy === undefined, {
    path: ['autonomy'],
    // Together they would give an unknown workload rights that its agent never had.
    message: 'change `identities` and `autonomy` one after the other',
  })
const transferred = z.strictObject({ id, owner, backupOwner })
const retired = z.strictObject({ id })

const forms = {
  'hotwork:RegisterAgent': registered,
  'hotwork:ChangeAgent': changed,
  'hotwork:TransferAgent': transferred,
  'hotwork:RetireAgent': retired,
} as const
export type ChangeName = keyof typeof forms
export const changeNames = Object.keys(forms) as readonly ChangeName[]
export const isChangeName = (name: string): name is ChangeName => Object.hasOwn(forms, name)

/** A change as asked: an action of the catalogue, and its arguments. */
export type AskedChange = { action: string; arguments: JsonObject }

type ReadChange = { [A in ChangeName]: { action: A; said: z.infer<(typeof forms)[A]> } }[ChangeName]

function readChange({ action, arguments: args }: AskedChange): Result<ReadChange, 'invalid_arguments'> {
  const parsed = isChangeName(action) ? forms[action].safeParse(args) : undefined
  if (!parsed?.success) return refuse('invalid_arguments', parsed && whatIsWrong(parsed.error, 'arguments'))
  return ok({ action, said: parsed.data } as ReadChange)
}

/**
 * The agent after a change.
 *
 * @param before its entry now, without recertifications; undefined if there is none
 */
export function afterAgent(
  change: AskedChange,
  before: Agent | undefined,
): Result<Agent, 'invalid_arguments' | 'invalid_registry'> {
  const read = readChange(change)
  return read.ok ? applied(read.value, before) : read
}

function applied(
  { action, said }: ReadChange,
  before: Agent | undefined,
): Result<Agent, 'invalid_arguments' | 'invalid_registry'> {
  const named = said.id
  if (action === 'hotwork:RegisterAgent')
    return before ? refuse('invalid_registry', `\`${named}\` is there already: choose another name`) : made(said)
  if (!before) return refuse('invalid_registry', `\`${named}\` is not registered: register it first`)
  if (before.status === 'retired') return refuse('invalid_registry', `\`${named}\` is retired: register another agent`)
  if (action === 'hotwork:RetireAgent') return ok({ ...before, status: 'retired' })
  if (action === 'hotwork:TransferAgent') return transfer(before, said)
  const after = made({ ...before, ...said })
  return after.ok && membersChanged(before, after.value).length === 0
    ? refuse('invalid_registry', `\`${named}\` is so already: name a member with another value`)
    : after
}

/** A transfer replaces the backup owner too, which the former owner chose. */
function transfer(before: Agent, to: z.infer<typeof transferred>): Result<Agent, 'invalid_registry'> {
  if (to.owner === before.owner)
    return refuse('invalid_registry', `\`${to.owner}\` is the owner of \`${to.id}\` already: name another person`)
  const { backupOwner: _, ...rest } = before
  return ok({ ...rest, ...to })
}

/** Null removes a member. */
function made(members: object): Result<Agent, 'invalid_arguments'> {
  const given = Object.entries(members).filter(([, value]) => value !== null && value !== undefined)
  const parsed = Agent.safeParse(Object.fromEntries(given))
  return parsed.success ? ok(parsed.data) : refuse('invalid_arguments', whatIsWrong(parsed.error, 'arguments'))
}

export function entryOf(
  files: Pick<Bundle, 'agents'>,
  registry: Pick<GovernedRegistry, 'agents' | 'retired'>,
  agent: AgentId,
): { entry: Agent; inFiles: boolean } | undefined {
  const own = files.agents.find((each) => each.id === agent)
  const entry = own ?? registry.agents.find((each) => each.id === agent)
  if (!entry) return undefined
  const isRetired = registry.retired.some((each) => each.id === agent)
  return { entry: isRetired ? { ...entry, status: 'retired' } : entry, inFiles: own !== undefined }
}

/** The members whose change ends the agent's grants, which were given to another workload, owner or autonomy. */
const ending: readonly string[] = ['identities', 'owner', 'autonomy', 'status']
export const endsWhatItHeld = (before: Agent | undefined, after: Agent): boolean =>
  membersChanged(before, after).some((member) => ending.includes(member))

/** A change of the registry: the entry of its agent before and after, and the registry after it. */
export type MadeChange = { before: Agent | undefined; after: Agent; next: GovernedRegistry }

/**
 * The registry after a change. The caller checks it by `registryProblems`.
 *
 * @param files the agents of the folder alone
 */
export function afterChange(
  files: Pick<Bundle, 'agents'>,
  registry: GovernedRegistry,
  change: AskedChange,
  now: NumericDate,
): Result<MadeChange, 'invalid_arguments' | 'invalid_registry'> {
  const read = readChange(change)
  if (!read.ok) return read
  const { entry: before, inFiles } = entryOf(files, registry, read.value.said.id) ?? {}
  const found = applied(read.value, before)
  if (!found.ok) return found
  const { value: after } = found
  if (after.status === 'retired') return ok({ before, after, next: retiredIn(files, registry, [after], now) })
  if (inFiles) return refuse('invalid_registry', `\`${after.id}\` is in agents.json: change it there, or retire it`)
  const { version, agents, changed: before_, former } = registry
  const lost = (before?.identities ?? []).filter((each) => !keeps(after, each))
  const until = now + oneYear
  const next = {
    ...registry,
    version: version + 1,
    agents: [...agents.filter((each) => each.id !== after.id), after],
    changed: endsWhatItHeld(before, after) ? { ...before_, [after.id]: now } : before_,
    former: [
      ...former.filter((each) => each.until > now),
      ...lost.map((identity) => ({ agent: after.id, identity, until })),
    ],
  }
  return ok({ before, after, next })
}

/** Whether the agent has the identity for the same time. A shorter one counts as lost, a longer one as new. */
const keeps = ({ identities: all }: Agent, identity: Identity): boolean =>
  all.some((each) => {
    const [[from, until], [begins, ends]] = [timeOf(each), timeOf(identity)]
    return whoIs(each) === whoIs(identity) && from <= begins && until >= ends
  })

const timeOf = ({ validFrom = 0, validUntil = Number.POSITIVE_INFINITY }: Identity) => [validFrom, validUntil] as const

export const whoIs = ({ issuer, subject, claims = {} }: Identity): string =>
  canonicalForm([issuer, subject ?? null, claims])

/** The people who gain or keep a right by the change, and so may not decide it. */
export const gainersOf = (before: Agent | undefined, after: Agent): readonly PersonId[] => [
  ...new Set([...(before ? answersFor(before) : []), ...answersFor(after)]),
]

/** A member of an agent that a change sets, in the spelling of agents.json. Without `from` it is new, without `to` gone. */
export type ChangeRow = { member: string; from?: Json; to?: Json }

/** The members that differ, in the order of the entry. */
export function changeView(before: Agent | undefined, after: Agent | undefined): readonly ChangeRow[] {
  const [from, to] = [membersOf(before), membersOf(after)]
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((member): ChangeRow[] => {
    const [was, is] = [from[member], to[member]]
    if (was !== undefined && is !== undefined && canonicalForm(was) === canonicalForm(is)) return []
    return [{ member, ...(was === undefined ? {} : { from: was }), ...(is === undefined ? {} : { to: is }) }]
  })
}

/** Adds the status, which agents.json omits for an active agent, and leaves out the id. */
function membersOf(agent: Agent | undefined): JsonObject {
  if (!agent) return {}
  const { id: _, ...members } = spelled(agent)
  return { ...members, status: agent.status }
}

export const membersChanged = (before: Agent | undefined, after: Agent | undefined): readonly string[] =>
  changeView(before, after).map(({ member }) => member)

/** Whether the agent gains autonomy, or another workload may act as it. */
export function widens(before: Agent | undefined, after: Agent): boolean {
  if (!before) return false
  const ranks = Autonomy.options
  return (
    ranks.indexOf(after.autonomy) > ranks.indexOf(before.autonomy) ||
    after.identities.some((each) => !keeps(before, each))
  )
}

export const isSameEntry = (one: Agent | undefined, other: Agent | undefined): boolean =>
  membersChanged(one, other).length === 0
