import * as z from 'zod'
import { type Denial, denials } from '../adapters/aws-client.ts'
import { PowertoolsLog } from '../adapters/powertools/log.ts'
import { StoreUnavailable } from '../operations/faults.ts'
import type { Policy } from '../operations/policy/ports.ts'

const Name = z.string().min(1)
const Names = Name.transform((names) => names.split(' '))
const Url = z.url()

/**
 * Environment variables of Lambdas. The descriptor of each names its own. Every connection to the tables also reads
 * `SHARDS`. AWS clients find their endpoints and credentials themselves.
 */
const variables = {
  ACCOUNT: Name,
  ADVANCE_FUNCTION: Name,
  APPLY_FUNCTION: Name,
  BREAK_GLASS_TOPIC: Name,
  CALLS_FUNCTION: Name,
  CARDS_QUEUE: Name,
  CARDS_TABLE: Name,
  /** The name of each chat's secret, by alias. */
  CHAT_SECRETS: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.record(Name, Name)),
  CLICKS_FUNCTION: Name,
  /** Set for clusters that take RS256 alone: the published keys, and the one that signs. */
  CLUSTER_KEYS: Names.optional(),
  CLUSTER_SIGNING_KEY: Name.optional(),
  DELIVERIES_QUEUE: Name,
  DENIES_QUEUE: Name,
  EVENT_BUS: Name,
  FOLLOW_FUNCTION: Name,
  FOLLOWER_ROLE: Name,
  FOLLOW_RUNS_FUNCTION: Name,
  INCIDENT_SECRET: Name,
  /** The issuer of tokens, and the base of all addresses built here, never from `Host`. */
  ISSUER: Url,
  LEDGER_TABLE: Name,
  LOG_BUCKET: Name,
  LOG_INDEX_TABLE: Name,
  LOOK_AT_HOSTS_FUNCTION: Name,
  NOTARY_FUNCTION: Name,
  NOTARY_KEYS: Names,
  /** Set for groups from PagerDuty. */
  PAGERDUTY_SECRET: Name.optional(),
  PUBLISHED_KEYS: Names,
  READ_CALLS_FUNCTION: Name,
  READER_ROLE: Name,
  REGION: Name,
  REMINDERS_FUNCTION: Name,
  REQUESTS_TABLE: Name,
  RUNNER_ROLE: Name,
  RUNS_MACHINE: Name,
  SEALED_QUEUE: Name,
  SIGN_FUNCTION: Name,
  SIGNING_KEY: Name,
  STATE_KEY: Name,
  STATE_MACHINE: Name,
  TARGET_ROLE: Name,
  TARGET_ROLES: Names,
  TEXTS_TABLE: Name,
  TIMER_GROUP: Name,
  TIMER_QUEUE: Name,
  TIMER_ROLE: Name,
  WAITS_TABLE: Name,
  /** Set for agents and tools with webhooks. */
  WEBHOOK_SECRET: Name.optional(),
}
type Variables = typeof variables
export type Variable = keyof Variables
export type Told<V extends Variable> = z.infer<z.ZodObject<Pick<Variables, V>>>

export type Stores = 'REQUESTS_TABLE' | 'LEDGER_TABLE'
/** The variables of readers of a resource's present state: role, key, and signer of statements to tools. */
export type Reads = 'READER_ROLE' | 'STATE_KEY' | 'SIGN_FUNCTION'
/** The variables of finders of entries in the log. */
export type Anchor = 'LOG_BUCKET' | 'LOG_INDEX_TABLE'

/**
 * Makes the ports of an entry's `createHandler`. test/infra/lambdas.test.ts holds its variables to the descriptor's.
 */
export type Wiring<Create extends (ports: never) => unknown, V extends Variable> = (
  told: Told<V>,
) => Parameters<Create>[0]

/**
 * Before each call: reads the registry of agents, and the recertifications of people and groups whose date has passed.
 * Without a registry the call goes on, since it may stop something, and the policy throws when asked.
 */
function lookingFirst<Args extends unknown[], Answer>(ports: unknown, run: (...args: Args) => Answer) {
  const { policy } = Object(ports) as { policy?: Policy }
  if (!policy?.look) return run
  return (async (...args: Args) => {
    await policy.look?.([]).catch((fault: unknown) => {
      if (!(fault instanceof StoreUnavailable)) throw fault
    })
    return run(...args)
  }) as unknown as typeof run
}

/**
 * The program of a Lambda, which infra/bundle-functions.ts makes of its entry and its descriptor. It starts or fails
 * with the names of missing variables.
 */
export function lambda<V extends Variable, Ports, Args extends unknown[], Answer>(
  named: readonly V[],
  wire: (told: Told<V>) => Ports,
  createHandler: (ports: Ports) => (...args: Args) => Answer,
): (...args: Args) => Answer {
  const log = new PowertoolsLog()
  denials.subscribe((denial) => log.error('right_missing', denial as Denial))
  const environment = z.object(Object.fromEntries(named.map((name) => [name, variables[name]])))
  const ports = wire(environment.parse(process.env) as Told<V>)
  return lookingFirst(ports, createHandler(ports))
}

export type Tables = { REQUESTS_TABLE: string; LEDGER_TABLE: string; TEXTS_TABLE?: string }

export const tablesOf = ({ REQUESTS_TABLE, LEDGER_TABLE, TEXTS_TABLE }: Tables) => ({
  requests: REQUESTS_TABLE,
  ledger: LEDGER_TABLE,
  texts: TEXTS_TABLE,
})
