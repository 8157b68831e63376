import * as z from 'zod'
import { type Denial, denials } from '../adapters/aws-client.ts'
import { PowertoolsLog } from '../adapters/powertools/log.ts'
import type { Policy } from '../operations/policy/ports.ts'

/**
 * What each Lambda is told by its environment: the contract with the deployment, beside `SHARDS`, which every connection to
 * the tables reads. test/infra holds the template to it.
 * AWS clients find their endpoints and credentials by themselves.
 */

const Name = z.string().min(1)
const Names = Name.transform((names) => names.split(' '))
const Url = z.url()

const stores = { REQUESTS_TABLE: Name, LEDGER_TABLE: Name }
/** Of those who write or show personal texts. */
const texts = { TEXTS_TABLE: Name }
/** Issuer of tokens and base of every address that is built here: never taken from `Host`. */
const api = { ISSUER: Url }
/** What finds entries in the log. */
const anchor = { LOG_BUCKET: Name, LOG_INDEX_TABLE: Name }
/** What reads the present state: as which role, keyed by what, and who signs what a tool is asked with. */
const reads = { READER_ROLE: Name, STATE_KEY: Name, SIGN_FUNCTION: Name }
/** The name of the secret of each chat, by alias. */
const chats = {
  CHAT_SECRETS: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.record(Name, Name)),
}

/** The Lambdas that every kind of target has alike, by their verb. */
const acting = z.object({ ...api, ...stores, ...reads, PUBLISHED_KEYS: Names, TARGET_ROLE: Name })
export const ofVerbs = { issue: acting, call: acting, end: z.object(stores) } as const

export const environments = {
  metadata: z.object({ ...api, PUBLISHED_KEYS: Names, NOTARY_KEYS: Names }),
  evaluate: z.object({ ...api, ...stores, SIGN_FUNCTION: Name, PUBLISHED_KEYS: Names }),
  'submit-request': z.object({
    ...{ ...api, ...stores, ...texts, ...reads },
    PUBLISHED_KEYS: Names,
    TARGET_ROLE: Name,
    INCIDENT_SECRET: Name,
  }),
  'read-task': z.object({ ...api, REQUESTS_TABLE: Name, SIGN_FUNCTION: Name }),
  'sign-statement': z.object({ ...api, SIGNING_KEY: Name }),
  'cancel-request': z.object({ ...api, ...stores }),
  'complete-request': z.object({ ...api, ...stores, ...texts }),
  'delegate-request': z.object({ ...api, ...stores, ...texts, TARGET_ROLE: Name }),
  'issue-token': z.object({
    ...api,
    ...stores,
    ...texts,
    ...reads,
    SIGNING_KEY: Name,
    PUBLISHED_KEYS: Names,
    TARGET_ROLE: Name,
    INCIDENT_SECRET: Name,
  }),
  'introspect-token': z.object({ ...api, REQUESTS_TABLE: Name, PUBLISHED_KEYS: Names }),
  'revoke-token': z.object({ ...api, ...stores, PUBLISHED_KEYS: Names }),
  'issue-aws-credentials': ofVerbs.issue,
  'call-aws': ofVerbs.call,
  'decide-request': z.object({ ...api, ...stores, ...texts, ...reads }),
  'give-stand-in': z.object({ ...api, ...stores }),
  'end-stand-in': z.object({ ...api, ...stores }),
  'revoke-request': z.object({ ...api, ...stores, ...texts }),
  'open-break-glass': z.object({ ...api, ...stores, ...texts, INCIDENT_SECRET: Name }),
  'conclude-break-glass': z.object({ ...api, ...stores, ...texts, INCIDENT_SECRET: Name }),
  'read-break-glass': z.object({ ...api, ...stores, ...texts, CARDS_TABLE: Name, READ_CALLS_FUNCTION: Name }),
  'give-permit': z.object({ ...api, ...stores, ...texts }),
  'revoke-permit': z.object({ ...api, ...stores, ...texts }),
  'erase-texts': z.object({ ...api, ...stores, ...texts }),
  'read-requests': z.object({ ...api, ...stores, ...texts, ...anchor, READ_CALLS_FUNCTION: Name }),
  'read-agents': z.object({ ...api, ...stores, LOOK_AT_HOSTS_FUNCTION: Name }),
  recertify: z.object({ ...api, ...stores, ...texts }),
  'read-calls': z.object({ ...stores, ...texts, ACCOUNT: Name, REGION: Name, TARGET_ROLE: Name }),
  'look-at-hosts': z.object({ REQUESTS_TABLE: Name, ACCOUNT: Name, TARGET_ROLE: Name }),
  'read-log': z.object({ ...api, LOG_BUCKET: Name }),
  'sign-receipt': z.object({ ...api, ...stores, ...anchor, NOTARY_KEYS: Names }),
  'manage-stream': z.object({ ...api, ...stores, DELIVERIES_QUEUE: Name }),
  'begin-use': z.object({ ...api, ...stores, PUBLISHED_KEYS: Names }),
  'end-use': z.object({ ...api, ...stores, ...texts }),
  'show-pages': z.object({
    ...api,
    ...stores,
    ...texts,
    ...anchor,
    CARDS_TABLE: Name,
    READ_CALLS_FUNCTION: Name,
    TARGET_ROLES: Names,
  }),
  'decide-on-page': z.object({ ...api, ...stores, ...texts, ...reads }),
  'open-on-page': z.object({ ...api, ...stores, ...texts, INCIDENT_SECRET: Name }),
  'log-in': z.object({ ...api, REQUESTS_TABLE: Name }),
  'link-slack': z.object({ ...api, ...stores, ...texts, ...chats }),
  'receive-slack': z.object({
    ...{ ...api, ...stores, ...texts, ...reads, ...chats },
    CARDS_TABLE: Name,
    TARGET_ROLE: Name,
    TARGET_ROLES: Names,
    INCIDENT_SECRET: Name,
  }),
  'decide-burst': z.object({ ...stores, ...texts, ...reads, CARDS_QUEUE: Name }),
  'await-outcome': z.object({ REQUESTS_TABLE: Name, WAITS_TABLE: Name }),
  'advance-workflow': z.object({ ...stores }),
  'follow-workflow': z.object({
    REQUESTS_TABLE: Name,
    WAITS_TABLE: Name,
    STATE_MACHINE: Name,
    /** Told by Lambda itself. */
    AWS_LAMBDA_FUNCTION_NAME: Name,
  }),
  'hand-on': z.object({
    CARDS_QUEUE: Name,
    DENIES_QUEUE: Name,
    DELIVERIES_QUEUE: Name,
    CLICKS_FUNCTION: Name,
    REMINDERS_FUNCTION: Name,
    TARGET_ROLES: Names,
  }),
  deliver: z.object({
    ...api,
    REQUESTS_TABLE: Name,
    SIGN_FUNCTION: Name,
    DELIVERIES_QUEUE: Name,
    EVENT_BUS: Name,
    WEBHOOK_SECRET: Name.optional(),
  }),
  'set-reminders': z.object({
    REQUESTS_TABLE: Name,
    TIMER_GROUP: Name,
    TIMER_ROLE: Name,
    CARDS_QUEUE: Name,
    ADVANCE_FUNCTION: Name,
  }),
  'draw-card': z.object({
    ...api,
    ...stores,
    ...texts,
    ...chats,
    CARDS_TABLE: Name,
    CARDS_QUEUE: Name,
    BREAK_GLASS_TOPIC: Name,
  }),
  'write-denies': ofVerbs.end.extend({ ACCOUNT: Name }),
  'report-sealed-use': z.object({ ...stores, ...texts }),
  'reconcile-sessions': z.object({
    ...stores,
    ACCOUNT: Name,
    REGION: Name,
    TARGET_ROLES: Names,
    DENIES_QUEUE: Name,
    SEALED_QUEUE: Name,
  }),
  'notarize-entries': z.object({
    ...api,
    LEDGER_TABLE: Name,
    LOG_INDEX_TABLE: Name,
    LOG_BUCKET: Name,
    NOTARY_KEYS: Names,
  }),
  'reconcile-ledger': z.object({
    ...api,
    ...stores,
    LOG_INDEX_TABLE: Name,
    LOG_BUCKET: Name,
    NOTARY_KEYS: Names,
    NOTARY_FUNCTION: Name,
  }),
  /** The secret only where a group comes from PagerDuty. */
  'refresh-groups': z.object({ ...stores, ...chats, PAGERDUTY_SECRET: Name.optional() }),
  'sweep-overdue': z.object({
    ...stores,
    DENIES_QUEUE: Name,
    FOLLOW_FUNCTION: Name,
    CALLS_FUNCTION: Name,
    READ_CALLS_FUNCTION: Name,
  }),
  'look-after-agents': z.object({ ...stores, CARDS_QUEUE: Name, DENIES_QUEUE: Name }),
  'declare-halt': z.object({ ...api, ...stores, ...texts, TARGET_ROLES: Names }),
  'lift-halt': z.object({ ...api, ...stores, ...texts }),
  'receive-signal': z.object({ ...api, ...stores }),
} as const

export type HandlerName = keyof typeof environments

type Environment<N extends HandlerName> = z.infer<(typeof environments)[N]>

/** Before each call: what was recertified of people and groups, where a date of theirs has passed. */
function lookingFirst<Args extends unknown[], Answer>(ports: unknown, run: (...args: Args) => Answer) {
  const { policy } = Object(ports) as { policy?: Policy }
  if (!policy?.look) return run
  return (async (...args: Args) => {
    await policy.look?.([])
    return run(...args)
  }) as unknown as typeof run
}

/**
 * A Lambda of a handler, which is a function of its ports. In Lambda it is made at the start, which fails with the name of
 * a variable that is missing; elsewhere at the first call, so that a test may import the file.
 */
export function bind<N extends HandlerName, Ports, Args extends unknown[], Answer>(
  name: N,
  wire: (told: Environment<N>) => Ports,
  create: (ports: Ports) => (...args: Args) => Answer,
): (...args: Args) => Answer
/** A Lambda of a kind of target that is told no more than its verb: one of `ofVerbs`. */
export function bind<Told, Ports, Args extends unknown[], Answer>(
  environment: z.ZodType<Told>,
  wire: (told: Told) => Ports,
  create: (ports: Ports) => (...args: Args) => Answer,
): (...args: Args) => Answer
export function bind<Ports, Args extends unknown[], Answer>(
  named: HandlerName | z.ZodType,
  wire: (told: never) => Ports,
  create: (ports: Ports) => (...args: Args) => Answer,
): (...args: Args) => Answer {
  const make = () => {
    const environment: z.ZodType = typeof named === 'string' ? environments[named] : named
    const ports = wire(environment.parse(process.env) as never)
    return lookingFirst(ports, create(ports))
  }
  if (process.env['AWS_LAMBDA_FUNCTION_NAME'] !== undefined) {
    const log = new PowertoolsLog()
    denials.subscribe((denial) => log.error('right_missing', denial as Denial))
    return make()
  }
  let made: ReturnType<typeof make> | undefined
  return (...args) => {
    made ??= make()
    return made(...args)
  }
}

export type Tables = { REQUESTS_TABLE: string; LEDGER_TABLE: string; TEXTS_TABLE?: string }

export const tablesOf = ({ REQUESTS_TABLE, LEDGER_TABLE, TEXTS_TABLE }: Tables) => ({
  requests: REQUESTS_TABLE,
  ledger: LEDGER_TABLE,
  texts: TEXTS_TABLE,
})
