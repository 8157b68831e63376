// Rules: test/policies/bad-folder.test.ts
import * as z from 'zod'
import { chatIds, kinds as chatKinds, shortForm } from '../../channels/kinds.ts'
import { GovernedRegistry } from '../../domain/agents/governed-registry.ts'
import { BreakGlassPolicy } from '../../domain/break-glass/break-glass.ts'
import { SourcedGroup } from '../../domain/people/group-source.ts'
import { IssuerFile } from '../../domain/people/identity-issuer.ts'
import { Agent, Identity, oneYear, onlyChat, Person, ResourceRule, Tool } from '../../domain/people/organisation.ts'
import { Bundle, type Chat, chatsOf, Deployment } from '../../domain/policy/bundle.ts'
import { Calendar, Freeze, instantOf, named } from '../../domain/policy/calendar.ts'
import { CatalogueEntry } from '../../domain/policy/catalogue.ts'
import { GrantTerms, Ladder, Stage, Tier } from '../../domain/policy/ladder.ts'
import { PolicyCase } from '../../domain/policy/policy-case.ts'
import { AgentId, Alias, defined, PersonId, secondsIn } from '../../domain/values.ts'
import { known } from '../../domain/what-is-wrong.ts'
import { GroupSource, sourceKinds } from '../../group-sources/kinds.ts'
import { Account, Sealed } from '../../targets/aws/rules/account.ts'
import { aliasedKinds, kindOf } from '../../targets/kinds.ts'

/** The forms of a policy folder's files. Each gives the form in the bundle, in which times are whole seconds. */

/** An ISO 8601 duration in days, hours, minutes and seconds. */
const Duration = z.string().transform((text, context) => {
  const total = secondsIn(text)
  if (total !== undefined) return total
  context.addIssue({ code: 'custom', message: 'an ISO 8601 duration above zero, such as `PT30M`' })
  return z.NEVER
})

const startOfDay = z.iso.date().transform((day) => Date.parse(`${day}T00:00:00Z`) / 1000)

const dayOrTime = z.union([z.iso.date(), z.iso.datetime({ offset: true })])

/** A day, from its first second (UTC), or a time to the second. */
const Instant = z.string().transform((text, context) => {
  if (dayOrTime.safeParse(text).success) return Math.floor(Date.parse(text) / 1000)
  context.addIssue({
    code: 'custom',
    message: 'a day such as `2026-12-31`, or a time such as `2026-12-31T18:00:00Z`',
  })
  return z.NEVER
})

const IdentityFile = z.strictObject({
  ...Identity.shape,
  validFrom: Instant.optional(),
  validUntil: Instant.optional(),
})

const StageFile = z.strictObject({
  ...Stage.omit({ typeTheName: true }).shape,
  deadline: Duration,
  onSilence: z.union([
    z.literal('expire'),
    z.strictObject({ escalateTo: Alias, deadline: Duration, channel: Alias.optional() }),
  ]),
  maxAge: Duration.optional(),
  // Names of any form: they are checked in the ladder made from this.
  notify: z.strictObject({ direct: z.array(z.string()), quiet: z.array(z.string()).optional() }).optional(),
  remind: z.strictObject({ after: Duration, times: z.int() }).optional(),
})
/** In the bundle each stage has its tier's `typeTheName`, as requests keep the terms of their stages. */
const TierFile = z
  .strictObject({
    ...Tier.shape,
    stages: z.array(StageFile).max(8),
    typeTheName: Stage.shape.typeTheName,
    grant: z.strictObject({ ...GrantTerms.shape, claimWithin: Duration, lifetime: Duration }),
  })
  .transform(({ typeTheName, ...tier }, context) => {
    if (typeTheName && tier.stages.length === 0)
      context.addIssue({
        code: 'custom',
        path: ['typeTheName'],
        message: `no person approves tier ${tier.tier}, so no name is typed`,
        params: { fix: 'remove it, or give the tier a stage' },
      })
    return typeTheName ? { ...tier, stages: tier.stages.map((stage) => ({ ...stage, typeTheName })) } : tier
  })
export const LadderFile = z.strictObject({ ...Ladder.shape, tiers: z.array(TierFile).min(1).max(16) }).pipe(Ladder)
/** `slack` is the short form of an account in the chat of that alias, and the form in the bundle. */
const PersonFile = z
  .strictObject({
    ...Person.omit({ chatUser: true, pagerUser: true }).shape,
    identities: z.array(IdentityFile).min(1),
    recertifyBy: startOfDay.optional(),
    leavesOn: startOfDay.optional(),
    slack: Person.shape.chatUser,
    pagerDuty: Person.shape.pagerUser,
  })
  .transform(({ slack, pagerDuty, accounts = {}, ...person }, context) => {
    const { [onlyChat]: inSlack, ...others } = accounts
    if (slack !== undefined && inSlack !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['accounts', onlyChat],
        message: '`slack` names an account of the chat `slack` too',
        params: { fix: 'keep one of them: `slack` is the short form of `accounts.slack`' },
      })
    const elsewhere = Object.keys(others).length > 0 ? others : undefined
    return { ...person, ...defined({ chatUser: slack ?? inSlack, pagerUser: pagerDuty, accounts: elsewhere }) }
  })

const sources = Object.entries(sourceKinds)
const SourceFile = z
  .strictObject(Object.fromEntries(sources.map(([, { name, config }]) => [name, config.optional()])))
  .refine(
    (source) => Object.keys(source).length === 1,
    `should have one of \`${sources.map(([, { name }]) => name).join('`, `')}\`, and no other member`,
  )
  .transform((source) =>
    GroupSource.parse(defined(Object.fromEntries(sources.map(([kind, { name }]) => [kind, source[name]])))),
  )
const SourcedGroupFile = z.strictObject({
  ...SourcedGroup.shape,
  source: SourceFile,
  people: z.array(PersonId).default([]),
  channel: Alias.optional(),
})
const PlainGroupFile = SourcedGroupFile.pick({ channel: true }).extend({ people: z.array(PersonId) })
type GroupFile = z.infer<typeof SourcedGroupFile> | z.infer<typeof PlainGroupFile> | PersonId[]

const formOfGroup = (written: unknown) => {
  if (Array.isArray(written)) return z.array(PersonId)
  return Object.hasOwn(Object(written), 'source') || !Object.hasOwn(Object(written), 'people')
    ? SourcedGroupFile
    : PlainGroupFile
}
/** A group: its people, or their source. A zod union's errors would not name the intended alternative. */
const GroupFile = z.unknown().transform((written, context): GroupFile => {
  const parsed = formOfGroup(written).safeParse(written)
  if (parsed.success) return parsed.data
  for (const issue of parsed.error.issues) context.issues.push({ ...issue, input: written } as never)
  return z.NEVER
})

export const DirectoryFile = z
  .strictObject({
    people: z.array(PersonFile).min(1),
    groups: z.record(Alias, GroupFile),
    recertifyGroups: z.record(Alias, startOfDay).optional(),
  })
  .transform(({ people, groups, recertifyGroups }) => {
    const sourced = Object.entries(groups).flatMap(([name, group]) => {
      if (!('source' in group)) return []
      const { people: _, channel: _1, ...rest } = group
      return [[name, rest] as const]
    })
    const channels = Object.entries(groups).flatMap(([name, group]) =>
      'channel' in group && group.channel !== undefined ? [[name, group.channel] as const] : [],
    )
    const members = Object.entries(groups).map(
      ([name, group]) => [name, Array.isArray(group) ? group : group.people] as const,
    )
    const some = <T>(all: readonly (readonly [string, T])[]) => (all.length === 0 ? undefined : Object.fromEntries(all))
    const rest = { channels: some(channels), sources: some(sourced), recertifyGroups }
    return { people, groups: Object.fromEntries(members), ...defined(rest) }
  })
const AgentFile = z.strictObject({
  ...Agent.shape,
  identities: z.array(IdentityFile).min(1),
  recertifyBy: startOfDay,
  recertifyEvery: Duration.default(oneYear),
})
export const AgentsFile = z.strictObject({
  tell: Bundle.shape.agentsTell,
  recertifyAtMost: Duration.optional(),
  agents: z.array(AgentFile),
})
const { version, retired, former } = GovernedRegistry.shape
/** The answer of `GET /v1/registry`, as `hotwork policy pull` writes it. */
export const RegistryFile = z.strictObject({
  version,
  agents: z.array(AgentFile),
  retired: z.array(retired.element.extend({ at: Instant })),
  changed: z.record(AgentId, Instant),
  former: z.array(former.element.extend({ identity: IdentityFile, until: Instant })),
})
export const ToolsFile = z.strictObject({
  tools: z.array(z.strictObject({ ...Tool.shape, identities: z.array(IdentityFile) })),
})
export const ResourcesFile = z.strictObject({
  show: Bundle.shape.show,
  resources: z.array(ResourceRule).min(1),
})
const { action: ActionTerms, profiles: Profiles } = BreakGlassPolicy.shape
const TermsFile = {
  window: Duration,
  budget: Duration,
  coolDown: Duration,
  login: z.strictObject({ ...ActionTerms.shape.login.shape, maxAge: Duration.optional() }).default({}),
}
export const BreakGlassFile = z
  .strictObject({
    ...BreakGlassPolicy.shape,
    budgetOfPerson: Duration,
    action: z.strictObject({ ...ActionTerms.shape, ...TermsFile }),
    profiles: z
      .array(z.strictObject({ ...Profiles.element.shape, ...TermsFile, recertifyBy: startOfDay.optional() }))
      .default([]),
  })
  .pipe(BreakGlassPolicy)

/** A day, from its beginning, or a local time. */
const LocalTime = z
  .string()
  .regex(
    /^\d{4}-\d\d-\d\d(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?)?$/,
    'a day such as `2026-12-23`, or a time such as `2026-12-23T17:00`, by the clock of `zone`',
  )
  .refine((text) => z.iso.date().safeParse(text.slice(0, 10)).success, 'this day does not exist')
/** A freeze. A time that occurs twice or never is read so that the freeze is longer. */
const FreezeFile = z
  .strictObject({ ...Freeze.shape, from: LocalTime, until: LocalTime })
  .transform(({ from, until, ...rest }, context) => {
    const [begins, ends] = [instantOf(rest.zone, from, 'earlier'), instantOf(rest.zone, until, 'later')]
    if (begins < ends) return { ...rest, from: begins, until: ends }
    context.addIssue({ code: 'custom', path: ['until'], message: `\`${until}\` is not after \`${from}\`` })
    return z.NEVER
  })
export const CalendarFile = z
  .strictObject({
    zone: Calendar.shape.zone,
    dates: Calendar.shape.dates,
    windows: Calendar.shape.windows.default({}),
    freezes: named(z.array(FreezeFile).min(1)).default({}),
  })
  .transform(({ zone, dates, ...rest }) => ({ ...defined({ zone, dates }), ...rest }))
/** `tool` is optional if `target` names the kind. */
export const EntryFile = z.strictObject({ ...CatalogueEntry.shape, tool: CatalogueEntry.shape.tool.optional() })
export type EntryFile = z.infer<typeof EntryFile>

export const CasesFile = z.strictObject({ cases: z.array(PolicyCase) })
const AccountFile = Account.extend({ sealed: Sealed.extend({ recertifyBy: startOfDay.optional() }).optional() })

type Targets = NonNullable<Deployment['targets']>
const TargetsFile = z.record(Alias, z.looseObject({ kind: z.string() }))
type Accounts = Deployment['accounts']

/** `accounts` is the short form of targets of AWS, and the form in the bundle. */
function targetsIn(
  said: z.infer<typeof TargetsFile>,
  accounts: Accounts,
  context: z.RefinementCtx,
): { accounts: Accounts; targets?: Targets } {
  const [ofAws, others]: [Accounts, Targets] = [{ ...accounts }, {}]
  for (const [alias, { kind: named, ...settings }] of Object.entries(said)) {
    const path = ['targets', alias]
    const kind = kindNamed(named, { kinds: aliasedKinds, of: 'target' }, path, context)
    if (kind === undefined) continue
    const parse = <T extends z.ZodType>(schema: T) => parseAt(schema, settings, path, context)
    const account = kind === 'aws' ? parse(AccountFile) : undefined
    const other = kind === 'aws' ? undefined : parse(kindOf({ tool: kind }).settings)
    if (account) ofAws[alias] = account
    if (other) others[alias] = { ...other, kind }
    if (Object.hasOwn(accounts, alias))
      context.addIssue({
        code: 'custom',
        path,
        message: `\`${alias}\` is in \`accounts\` too`,
        params: { fix: 'keep one of them: an account in `accounts` is a target of kind `aws`' },
      })
  }
  return { accounts: ofAws, ...(Object.keys(others).length > 0 && { targets: others }) }
}

type Chats = { [alias: string]: Chat }
type Channels = Deployment['channels']
const ChatsFile = z
  .record(Alias, z.looseObject({ kind: z.string() }))
  .refine((chats) => Object.keys(chats).length > 0, {
    error: 'the chat is missing',
    params: { fix: 'name one, or write `slack`' },
  })

/** `slack` is the short form of one chat with that alias, and the form in the bundle. */
function chatsIn(
  { slack, chats }: { slack?: Deployment['chat'] | undefined; chats?: z.infer<typeof ChatsFile> | undefined },
  context: z.RefinementCtx,
): Pick<Deployment, 'chat' | 'chats'> {
  if (slack && chats)
    context.addIssue({
      code: 'custom',
      path: ['chats'],
      message: '`chats` and `slack` are both there',
      params: { fix: 'write what `slack` has as `chats.slack`, with `"kind": "slack"`, and remove `slack`' },
    })
  if (!slack && !chats)
    context.issues.push({ code: 'invalid_type', expected: 'object', path: ['slack'], input: undefined } as never)
  const read: Chats = {}
  for (const [alias, { kind: named, ...settings }] of Object.entries(chats ?? {})) {
    const path = ['chats', alias]
    const kind = kindNamed(named, { kinds: chatIds, of: 'chat' }, path, context)
    const said = kind && parseAt(chatKinds[kind].settings, settings, path, context)
    if (said) read[alias] = { ...said, kind } as Chat
  }
  const { [onlyChat]: only, ...others } = read
  if (only?.kind !== shortForm.id || Object.keys(others).length > 0) return chats ? { chats: read } : { chat: slack }
  const { kind: _, ...short } = only
  return { chat: short }
}

/** A text names a channel of the only chat. The bundle keeps that form for one chat, and uses the other for several. */
function channelsOfChats(channels: Channels, chats: ReturnType<typeof chatsOf>, context: z.RefinementCtx): Channels {
  const [only, ...others] = chats.keys()
  if (only === undefined) return {}
  const said = Object.entries(channels).map(([alias, channel]) => {
    const { chat, id } = typeof channel === 'string' ? { chat: only, id: channel } : channel
    const no = (member: string, message: string, fix: string) => {
      const path = ['channels', alias, ...(typeof channel === 'string' ? [] : [member])]
      context.addIssue({ code: 'custom', path, message, params: { fix } })
    }
    const kind = chats.get(chat)?.kind
    if (typeof channel === 'string' && others.length > 0)
      no(
        'chat',
        'it names no chat, and the deployment has several',
        `write \`{ "chat": "${only}", "id": "${id}" }\`; ${known(chats.keys())}`,
      )
    else if (!kind) no('chat', `there is no chat \`${chat}\``, known(chats.keys()))
    else if (!chatKinds[kind].channelId.test(id))
      no('id', `\`${id}\` is not a channel of a chat of kind \`${kind}\``, 'write its id, not its name')
    return [alias, others.length === 0 ? id : { chat, id }] as const
  })
  return Object.fromEntries(said)
}

/** One of the kinds, by its name. */
function kindNamed<K extends string>(
  named: string,
  { kinds, of }: { kinds: readonly K[]; of: string },
  path: string[],
  context: z.RefinementCtx,
): K | undefined {
  const kind = kinds.find((each) => each === named)
  if (kind === undefined)
    context.addIssue({
      code: 'custom',
      path: [...path, 'kind'],
      message: `\`${named}\` is not a kind of ${of}`,
      params: { fix: known(kinds) },
    })
  return kind
}

/** Parses a part of a file whose schema depends on another part; problems are reported at its place. */
function parseAt<T extends z.ZodType>(
  schema: T,
  value: unknown,
  path: string[],
  context: z.RefinementCtx,
): z.infer<T> | undefined {
  const { data, error } = schema.safeParse(value)
  for (const issue of error?.issues ?? [])
    context.issues.push({ ...issue, input: value, path: [...path, ...issue.path] } as never)
  return data
}

export const DeploymentFile = z
  .strictObject({
    ...Deployment.omit({ chat: true, pager: true }).shape,
    chats: ChatsFile.optional(),
    issuers: z.record(Alias, IssuerFile),
    accounts: z.record(Alias, AccountFile).default({}),
    targets: TargetsFile.default({}),
    slack: Deployment.shape.chat,
    pagerDuty: Deployment.shape.pager,
  })
  .transform(({ slack, chats, pagerDuty, targets, ...deployment }, context) => {
    const inChats = chatsIn({ slack, chats }, context)
    return {
      ...deployment,
      channels: channelsOfChats(deployment.channels, chatsOf(inChats), context),
      ...targetsIn(targets, deployment.accounts, context),
      ...inChats,
      ...defined({ pager: pagerDuty }),
    }
  })
export type DeploymentFile = z.infer<typeof DeploymentFile>
