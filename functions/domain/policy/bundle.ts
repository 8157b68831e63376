// Rules: test/policies/bundle.test.ts
import * as z from 'zod'
import type { Workspace } from '../../channels/kind.ts'
import { type ChatId, chatIds, type kinds as chatKinds, shortForm, workspaceOf } from '../../channels/kinds.ts'
import { sourceSettings } from '../../group-sources/kinds.ts'
import { aliasedKinds, kinds, type Settings } from '../../targets/kinds.ts'
import { BreakGlassPolicy } from '../break-glass/break-glass.ts'
import { digestOf } from '../digest.ts'
import { Transmitter } from '../halts/signal.ts'
import { Issuer } from '../people/identity-issuer.ts'
import { Agent, Directory, ResourceRule, Tool } from '../people/organisation.ts'
import { ShowLevel } from '../previews/preview-source.ts'
import { AgentId, Alias, Digest, type Json, NumericDate, type PersonId, Seconds, type ToolId } from '../values.ts'
import { Calendar } from './calendar.ts'
import { CatalogueEntry } from './catalogue.ts'
import { IncidentService } from './incident-service.ts'
import { Ladder } from './ladder.ts'
import { resourcesOverlap } from './patterns.ts'

export type Account = z.infer<typeof kinds.aws.settings>

/** One chat of the deployment, with the settings of its kind. */
export type Chat = { [K in ChatId]: { kind: K } & z.infer<(typeof chatKinds)[K]['settings']> }[ChatId]

const ChannelId = z.string().min(1).max(128)
const Hostname = z
  .string()
  .max(253)
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])?$/,
    'write a host alone, in lower case: `tickets.example.com`',
  )

/** The meaning of a policy folder's aliases in one deployment. */
export const Deployment = z.strictObject({
  /** The commit of the deployed sources, which entries about changed agents and people name. */
  commit: z
    .string()
    .regex(/^[\w./-]{1,100}$/)
    .optional(),
  issuers: z.record(Alias, Issuer),
  /** By the alias after `tool:`. */
  tools: z.record(Alias, kinds.tool.settings),
  /** The transmitters whose security events halt people and agents (Shared Signals). */
  transmitters: z
    .record(Alias, Transmitter)
    .refine((all) => Object.keys(all).length <= 10, 'at most ten transmitters')
    .optional(),
  /** A text is a channel in the only chat. */
  channels: z.record(Alias, z.union([ChannelId, z.strictObject({ chat: Alias, id: ChannelId })])),
  accounts: z.record(Alias, kinds.aws.settings),
  /** Aliases of other kinds, each with the settings of its kind. */
  targets: z.record(Alias, z.looseObject({ kind: z.enum(aliasedKinds) })).optional(),
  /**
   * The OpenID provider of the pages, which are a public client without a secret. The command line is a client of its
   * own (RFC 8252 section 8.4).
   */
  login: z
    .strictObject({
      issuer: Alias,
      clientId: z.string().min(1).max(256),
      commandLine: z
        .strictObject({
          clientId: z.string().min(1).max(256),
          /** A scope that gives the access token the people's audience. */
          scope: z.string().min(1).max(512).default('openid'),
          /** RFC 8707; `{issuer}` stands for Hotwork's own issuer. */
          resource: z.string().min(1).max(512).optional(),
        })
        .optional(),
    })
    .optional(),
  /** Seconds after a call in which CloudTrail may still report it. Twenty minutes by default. */
  callsRecordedWithin: Seconds.max(86_400).optional(),
  /**
   * The incident service. It is asked before an opening and, if a tier or policy requires it, about an agent's parent
   * task. Without it the pattern alone decides.
   */
  incidents: IncidentService.optional(),
  /** The exact hosts of addresses that a model may name. */
  evidenceHosts: z.array(Hostname).max(50).optional(),
  /** True if a policy of AWS denies the execution of change sets to all but Hotwork, which Hotwork cannot see. */
  changesGuardrail: z.boolean().optional(),
  ...sourceSettings,
  /** The bucket of the log, in Hotwork's own account or a different one. */
  anchor: z
    .strictObject({
      /**
       * Days for which nothing in it can be deleted, by anyone. It can be lengthened, and not shortened for existing
       * files.
       */
      retentionDays: z.int().min(1).max(36_500).default(400),
      elsewhere: z
        .strictObject({
          accountId: z.string().regex(/^\d{12}$/),
          bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
        })
        .optional(),
    })
    .optional(),
  /** The short form of one chat, under its kind's default alias; a bundle has this or `chats`. */
  chat: shortForm.settings.optional(),
  /** By alias, in the order of lookup for a person. */
  chats: z.record(Alias, z.looseObject({ kind: z.enum(chatIds) })).optional(),
})
export type Deployment = z.infer<typeof Deployment>

export const Bundle = z.strictObject({
  /** SHA-256 over the RFC 8785 form of the rest (prefix `hotwork.bundle.v1`), which every entry has. */
  hash: Digest,
  schema: z.string(),
  /** The actions that agents ask for. */
  actions: z.record(z.string(), CatalogueEntry),
  /** The changes of the registry of agents, which people alone ask for. */
  changes: z.record(z.string(), CatalogueEntry).optional(),
  /** The models of the entries' reads, by action: data of the target that makes them. */
  models: z.record(z.string(), z.unknown()).optional(),
  /** The policies for each Cedar action, by `@id`. */
  policies: z.record(z.string(), z.record(z.string(), z.string())),
  /** The observed policies in the same form, for actions that have one. */
  observed: z.record(z.string(), z.record(z.string(), z.string())).optional(),
  ladder: Ladder,
  directory: Directory,
  agents: z.array(Agent),
  /** The channel for news of a suspension, beside the people who answer for the agent. */
  agentsTell: z.strictObject({ channel: Alias }).optional(),
  /** The longest time until a first recertification of an agent, a person, a group or a sealed role. Seconds. */
  recertifyAtMost: Seconds.optional(),
  tools: z.array(Tool),
  resources: z.array(ResourceRule),
  /** The visible part of a present value, by classification. */
  show: z.record(Alias, ShowLevel).optional(),
  breakGlass: BreakGlassPolicy.optional(),
  calendar: Calendar.optional(),
  deployment: Deployment,
  /** The version of the registry that `agents` includes. It is never compiled: it is read at run time. */
  registry: z.strictObject({ version: z.int().positive(), changed: z.record(AgentId, NumericDate) }).optional(),
})
export type Bundle = z.infer<typeof Bundle>

/** The hash of a bundle's content, in any version's form. */
export const hashOfBundle = (content: Json): Digest => digestOf('hotwork.bundle.v1', content)

export const agentOf = (bundle: Bundle, id: AgentId | string): Agent | undefined =>
  bundle.agents.find((agent) => agent.id === id)
export const personOf = (bundle: Pick<Bundle, 'directory'>, id: PersonId | string) =>
  bundle.directory.people.find((person) => person.id === id)
export const addressesOf = (bundle: Bundle, id: ToolId | string) => bundle.deployment.tools[id.replace(/^tool:/, '')]

type InChats = Pick<Deployment, 'chat' | 'chats'>

/** Every chat by its alias, in the order of the file. */
export const chatsOf = ({ chat, chats = {} }: InChats): ReadonlyMap<string, Chat> =>
  new Map(
    Object.entries(chat ? { [shortForm.id]: { kind: shortForm.id, ...chat } } : (chats as { [alias: string]: Chat })),
  )

/** The chats' workspaces, by alias. */
export const workspacesIn = (deployment: InChats): ReadonlyMap<string, Workspace> =>
  new Map([...chatsOf(deployment)].map(([alias, chat]) => [alias, workspaceOf(chat)]))

/** The chat of a channel or group that names none: the only one. */
export const firstChat = (deployment: InChats): string => chatsOf(deployment).keys().next().value ?? shortForm.id

/** A channel of a chat. */
export type Channel = { chat: string; id: string }

/** Every channel by its alias. */
export const channelsIn = (deployment: InChats & Pick<Deployment, 'channels'>): { readonly [alias: string]: Channel } =>
  Object.fromEntries(
    Object.entries(deployment.channels).map(([alias, channel]) => [
      alias,
      typeof channel === 'string' ? { chat: firstChat(deployment), id: channel } : channel,
    ]),
  )

/** The settings of an entry's alias. */
export const settingsOf = (
  { deployment }: Pick<Bundle, 'deployment'>,
  { account, target }: Pick<CatalogueEntry, 'account' | 'target'>,
): Settings | undefined =>
  target === undefined ? accountOf({ deployment }, { account }) : deployment.targets?.[target]

export const accountOf = (
  { deployment }: Pick<Bundle, 'deployment'>,
  { account }: Pick<CatalogueEntry, 'account'>,
): Account | undefined => (account === undefined ? undefined : deployment.accounts[account])

/** The account that an ARN names. */
export const accountIdOf = (arn: string): string => arn.split(':')[4] ?? ''

export const ownClassification = 'control-plane'

/** Matches the names of Hotwork's own roles, stacks and parameters. */
const named = /(^|[^a-z0-9])hotwork/i

/** Whether a pattern covers Hotwork's own tables, key, roles, functions or policy, which break-glass never opens. */
export const reachesOurselves = (pattern: string, rules: readonly ResourceRule[]): boolean =>
  named.test(pattern) ||
  rules.some(({ classification, id }) => classification === ownClassification && resourcesOverlap(id, pattern))
