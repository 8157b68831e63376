import * as z from 'zod'

/**
 * The values that everything else is made of. Each is parsed once, at the edge, and trusted after.
 * On the wire: prefixed ids, `sha-256:` digests (base64url, no padding), times as RFC 3339; in here times are NumericDate.
 */

/** 26 characters of Crockford's base 32, lower case: 130 random bits, so an id cannot be guessed from another. */
const random26 = '[0-9a-hjkmnp-tv-z]{26}'
const prefixed = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_${random26}$`))

/** A request's id, `req_...`; where a person used break-glass, `bgl_...`: one aggregate, and so one kind of id. */
export const RequestId = z
  .string()
  .regex(new RegExp(`^(req|bgl)_${random26}$`))
  .brand<'RequestId'>()
export type RequestId = z.infer<typeof RequestId>
export const GrantId = prefixed('grt').brand<'GrantId'>()
export type GrantId = z.infer<typeof GrantId>
/** A credential's id: the `jti` of an access token, the `hotwork:credential` session tag of AWS credentials. */
export const CredentialId = prefixed('crd').brand<'CredentialId'>()
export type CredentialId = z.infer<typeof CredentialId>
export const UseId = prefixed('use').brand<'UseId'>()
export type UseId = z.infer<typeof UseId>
/** A halt of an agent, an owner, a person, a role or everything. */
export const HaltId = prefixed('hlt').brand<'HaltId'>()
export type HaltId = z.infer<typeof HaltId>
/** That one person decides in another's stead, for a time. */
export const StandInId = prefixed('sin').brand<'StandInId'>()
export type StandInId = z.infer<typeof StandInId>
/** A standing permit: what one approver allows one agent to do a few more times without being asked again. */
export const StandingPermitId = prefixed('stp').brand<'StandingPermitId'>()
export type StandingPermitId = z.infer<typeof StandingPermitId>
export const EvaluationId = prefixed('evl').brand<'EvaluationId'>()
export type EvaluationId = z.infer<typeof EvaluationId>

const name = '[a-z0-9][a-z0-9-]{0,62}'
export const AgentId = z
  .string()
  .regex(new RegExp(`^agent:${name}$`))
  .brand<'AgentId'>()
export type AgentId = z.infer<typeof AgentId>
export const PersonId = z
  .string()
  .regex(new RegExp(`^person:${name}$`))
  .brand<'PersonId'>()
export type PersonId = z.infer<typeof PersonId>
export const ToolId = z
  .string()
  .regex(new RegExp(`^tool:${name}$`))
  .brand<'ToolId'>()
export type ToolId = z.infer<typeof ToolId>

/** Who asked: an agent, or a person who used break-glass. */
export const AskerId = z.union([AgentId, PersonId])
export type AskerId = z.infer<typeof AskerId>
export const isAgent = (id: AskerId): id is AgentId => id.startsWith('agent:')
/** Everything that has a chain of entries: a request or an opening, a halt, a stand-in, a standing permit, an actor. */
export const Aggregate = z.union([RequestId, HaltId, StandInId, StandingPermitId, AgentId, PersonId, ToolId])
export type Aggregate = z.infer<typeof Aggregate>

/** Who acted, as an entry names them. */
export const actorNamed = (id: AskerId) =>
  isAgent(id) ? ({ type: 'agent', id } as const) : ({ type: 'person', id } as const)

/** `sha-256:` and the base64url SHA-256 of a domain prefix, a newline and an RFC 8785 form. */
export const Digest = z
  .string()
  .regex(/^sha-256:[A-Za-z0-9_-]{43}$/)
  .brand<'Digest'>()
export type Digest = z.infer<typeof Digest>
/** The RFC 7638 thumbprint of the agent's DPoP key. */
export const Thumbprint = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/)
  .brand<'Thumbprint'>()
export type Thumbprint = z.infer<typeof Thumbprint>

/** Whole seconds since 1970-01-01T00:00:00Z (RFC 7519 section 2). */
export const NumericDate = z.int().nonnegative()
export type NumericDate = z.infer<typeof NumericDate>
/** A length of time in whole seconds. */
export const Seconds = z.int().positive()
export type Seconds = z.infer<typeof Seconds>

export type Json = string | number | boolean | null | readonly Json[] | { readonly [member: string]: Json }
export type JsonObject = { readonly [member: string]: Json }
export const JsonObject = z.record(z.string(), z.json()) as unknown as z.ZodType<JsonObject>

/** What is acted on: a type of the catalogue and an id, an ARN for AWS resources. */
export const Resource = z.strictObject({ type: z.string().min(1).max(128), id: z.string().min(1).max(2048) })
export type Resource = z.infer<typeof Resource>

/** How an agent gets to act: AWS credentials, one call that Hotwork makes for it, or an access token for a gated tool. */
export const CredentialKind = z.enum(['sts', 'mediated', 'token'])
export type CredentialKind = z.infer<typeof CredentialKind>

/** An expected no is a value, with a code of a closed union; a broken world is thrown. */
export type Result<T, Code extends string> = { ok: true; value: T } | { ok: false; code: Code; detail?: string }
export const ok = <T>(value: T): { ok: true; value: T } => ({ ok: true, value })
export const refuse = <Code extends string>(code: Code, detail?: string): { ok: false; code: Code; detail?: string } =>
  detail === undefined ? { ok: false, code } : { ok: false, code, detail }

type Optional<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T]
type Defined<T> = Omit<T, Optional<T>> & { [K in Optional<T>]?: Exclude<T[K], undefined> }

/** The same members without those that are undefined: an optional member of ours is absent, and never undefined. */
export const defined = <T extends object>(members: T): Defined<T> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<T>

/** Two machines whose clocks are further apart cannot compare deadlines. Seconds. */
const tolerance = 30

/** Whether a machine may decide anything on what another said at that time. A time that is none agrees with nothing. */
export const clocksAgree = (now: NumericDate, theirs: NumericDate): boolean => Math.abs(now - theirs) <= tolerance

/** Seconds as people say them: `1 h 30 min`; none are nothing. */
export function duration(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor((seconds % 86_400) / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [seconds % 60, 's'],
  ]
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
}
