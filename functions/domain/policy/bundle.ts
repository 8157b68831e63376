import * as z from 'zod'
import { BreakGlassPolicy } from '../break-glass/break-glass.ts'
import { Issuer, SecureUrl } from '../people/identity-issuer.ts'
import { Agent, Directory, ResourceRule, Tool } from '../people/organisation.ts'
import { type AgentId, Digest, PersonId, type ToolId } from '../values.ts'
import { resourcesOverlap } from './arguments.ts'
import { CatalogueEntry } from './catalogue.ts'
import { Alias, Ladder } from './ladder.ts'

const arnOf = (service: string, resource: string) =>
  z.string().regex(new RegExp(`^arn:aws[a-z-]*:${service}:${resource}$`))

/**
 * The role of an account for the day that Hotwork itself is down: who may assume it, by the IAM user that they are. A user,
 * since of nobody else does AWS say that they showed a second factor.
 */
const Sealed = z.strictObject({
  people: z
    .record(PersonId, arnOf('iam', ':\\d{12}:user/[\\w+=,.@/-]{1,576}'))
    .refine((people) => Object.keys(people).length >= 1 && Object.keys(people).length <= 8, 'one to eight people'),
  /** The SNS topic that hears of it at once, in this account or another, in its Region. Without it, the alarm topic of the app, where that is in this Region. */
  alarmTopic: arnOf('sns', '[a-z0-9-]+:\\d{12}:[\\w-]{1,256}').optional(),
})

/** An AWS account in which actions happen. */
export const Account = z.strictObject({
  partition: z.enum(['aws', 'aws-cn', 'aws-us-gov']).default('aws'),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/),
  accountId: z.string().regex(/^\d{12}$/),
  externalId: z.string().regex(/^[\w+=,.@:/-]{2,1224}$/),
  /** IAM condition keys that are left out of session policies here, since what judges them in this place does not know them. */
  unjudgedConditions: z.array(z.string().regex(/^[a-z0-9-]+:[A-Za-z-]+$/)).optional(),
  /** Whether credentials are cut to the second by `sts:GetScopedCredentials` where the Region has it. */
  scopedCredentials: z.boolean().optional(),
  /** Without it the account has no sealed role. */
  sealed: Sealed.optional(),
})
export type Account = z.infer<typeof Account>

/** What the aliases of a policy folder mean where it is deployed: the one file that differs from place to place. */
export const Deployment = z.strictObject({
  /** The allow-list: whose tokens say who somebody is. */
  issuers: z.record(Alias, Issuer),
  /** By the alias that follows `tool:` in a tool's id. */
  tools: z.record(Alias, z.strictObject({ audience: z.string().min(1), addresses: z.array(z.url()).min(1) })),
  channels: z.record(Alias, z.string().regex(/^[CG][A-Z0-9]{2,20}$/)),
  accounts: z.record(Alias, Account),
  /**
   * Where people log in to the pages: one of the issuers, an OpenID provider, and the name under which it knows the pages.
   * It is a public client there, so there is no secret. Without it the pages say that nobody can log in. The command line
   * is a client of its own (RFC 8252 section 8.4), and is told how to log people in by our metadata.
   */
  login: z
    .strictObject({
      issuer: Alias,
      clientId: z.string().min(1).max(256),
      commandLine: z
        .strictObject({
          clientId: z.string().min(1).max(256),
          /** What a provider has to be asked for, so that the access token is one for our people's audience. */
          scope: z.string().min(1).max(512).default('openid'),
          /** RFC 8707, for providers that take it; `{issuer}` stands for Hotwork's own issuer. */
          resource: z.string().min(1).max(512).optional(),
        })
        .optional(),
    })
    .optional(),
  /**
   * Where incidents are kept, asked before break-glass is used: `{incident}` stands for the name, 200 is known and 404
   * unknown. Without it what looks like an incident is one.
   */
  incidents: z
    .strictObject({ url: SecureUrl.regex(/^[^#]*\{incident\}/, 'say with `{incident}` where its name goes') })
    .optional(),
  /** The workspace of the chat in which cards are, and our app in it. */
  chat: z.strictObject({
    teamId: z.string().regex(/^[TE][A-Z0-9]+$/),
    /** The Enterprise Grid organisation that the workspace belongs to, if it does: accounts of no other are linked. */
    enterpriseId: z
      .string()
      .regex(/^E[A-Z0-9]+$/)
      .optional(),
    appId: z.string().regex(/^A[A-Z0-9]+$/),
    botUserId: z.string().regex(/^[UW][A-Z0-9]+$/),
    apiUrl: z.url(),
  }),
})
export type Deployment = z.infer<typeof Deployment>

/** All that a policy folder and a deployment say, checked and compiled into one value with a content hash. */
export const Bundle = z.strictObject({
  /** SHA-256 over the RFC 8785 form of the rest (prefix `hotwork.bundle.v1`): it stands in every ledger entry. */
  hash: Digest,
  /** The Cedar schema, in Cedar's own syntax. */
  schema: z.string(),
  actions: z.record(z.string(), CatalogueEntry),
  /** For each Cedar action, the policies that can bear on it, by `@id`. */
  policies: z.record(z.string(), z.record(z.string(), z.string())),
  ladder: Ladder,
  directory: Directory,
  agents: z.array(Agent),
  tools: z.array(Tool),
  resources: z.array(ResourceRule),
  /** Without it nobody can use break-glass. */
  breakGlass: BreakGlassPolicy.optional(),
  deployment: Deployment,
})
export type Bundle = z.infer<typeof Bundle>

export const agentOf = (bundle: Bundle, id: AgentId | string): Agent | undefined =>
  bundle.agents.find((agent) => agent.id === id)
export const personOf = (bundle: Bundle, id: PersonId | string) =>
  bundle.directory.people.find((person) => person.id === id)
/** The address and audience of a tool where it is deployed. */
export const addressesOf = (bundle: Bundle, id: ToolId | string) => bundle.deployment.tools[id.replace(/^tool:/, '')]

/** The account in which an action happens. */
export const accountOf = (
  { deployment }: Pick<Bundle, 'deployment'>,
  { account }: Pick<CatalogueEntry, 'account'>,
): Account | undefined => (account === undefined ? undefined : deployment.accounts[account])

/** The classification that a policy folder gives to what Hotwork itself is made of. */
export const ownClassification = 'control-plane'

/** Hotwork names what is its own so: the roles under `/hotwork/`, its stacks, its parameters. */
const named = /(^|[^a-z0-9])hotwork/i

/**
 * Whether a resource, or a pattern of them, may reach what Hotwork itself is made of: its tables, key, roles, functions,
 * policy. Whatever a deployer's policies say, that is beyond break-glass.
 */
export const reachesOurselves = (pattern: string, rules: readonly ResourceRule[]): boolean =>
  named.test(pattern) ||
  rules.some(({ classification, id }) => classification === ownClassification && resourcesOverlap(id, pattern))
