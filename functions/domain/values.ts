// Rules: test/adapters/system/ids.test.ts
import * as z from 'zod'

/** Values, parsed once at the edge. Times are RFC 3339 on the wire and NumericDate in the code. */

/** 26 characters of Crockford's base 32, lower case: 130 random bits, so that ids cannot be guessed. */
export const random26 = '[0-9a-hjkmnp-tv-z]{26}'

/** Crockford's base 32 in lower case: no `i`, `l`, `o` or `u`. */
export const idAlphabet = '0123456789abcdefghjkmnpqrstvwxyz'

const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** An id from 130 bits of a digest: equal digests give equal ids. */
export const idOfDigest = (prefix: string, digest: Digest): string =>
  `${prefix}_${Array.from(digest.slice('sha-256:'.length).slice(0, 26), (letter) => idAlphabet[base64url.indexOf(letter) & 31]).join('')}`

const prefixed = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_${random26}$`))

/** `req_...`, or `bgl_...` for an opening. */
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
/** `use_req_...`: its request, and eight letters. */
export const UseId = z
  .string()
  .regex(new RegExp(`^use_(?:(?:req|bgl)_)?${random26}(?:_[${idAlphabet}]{8})?$`))
  .brand<'UseId'>()
export type UseId = z.infer<typeof UseId>
export const requestOfUse = (use: UseId): RequestId | undefined => RequestId.safeParse(use.slice(4, -9)).data
export const HaltId = prefixed('hlt').brand<'HaltId'>()
export type HaltId = z.infer<typeof HaltId>
export const StandInId = prefixed('sin').brand<'StandInId'>()
export type StandInId = z.infer<typeof StandInId>
export const StandingPermitId = prefixed('stp').brand<'StandingPermitId'>()
export type StandingPermitId = z.infer<typeof StandingPermitId>
export const StreamId = prefixed('str').brand<'StreamId'>()
export type StreamId = z.infer<typeof StreamId>
export const QuestionId = prefixed('qst').brand<'QuestionId'>()
export type QuestionId = z.infer<typeof QuestionId>
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

/** Another system whose security events Hotwork accepts, by its alias in the deployment file. */
export const TransmitterId = z
  .string()
  .regex(/^transmitter:[a-z][a-z0-9-]{0,62}$/)
  .brand<'TransmitterId'>()
export type TransmitterId = z.infer<typeof TransmitterId>

/** An agent, or a person who uses break-glass. */
export const AskerId = z.union([AgentId, PersonId])
export type AskerId = z.infer<typeof AskerId>
export const isAgent = (id: AskerId): id is AgentId => id.startsWith('agent:')
/**
 * A subject whose chain only has recertifications: `group:`, `sealed:` for the sealed role's names of an account, or
 * `profile:` of break-glass.
 */
const Recertified = z
  .string()
  .regex(/^(?:group|sealed|profile):[a-z][a-z0-9-]{0,62}$/)
  .brand<'Recertified'>()
/** An issuer's chain, of unknown callers with its tokens. */
export const IssuerChain = z.templateLiteral(['issuer:', z.string().regex(/^[a-z][a-z0-9-]{0,62}$/)])
export type IssuerChain = z.infer<typeof IssuerChain>
export const issuerChain = (alias: Alias): IssuerChain => `issuer:${alias}`
const Actors = z.union([AgentId, PersonId, ToolId])
export const Aggregate = z.union([RequestId, HaltId, StandInId, StandingPermitId, Actors, Recertified, IssuerChain])
export type Aggregate = z.infer<typeof Aggregate>

export function actorNamed(id: AskerId | ToolId) {
  if (id.startsWith('tool:')) return { type: 'tool', id: id as ToolId } as const
  return isAgent(id as AskerId)
    ? ({ type: 'agent', id: id as AgentId } as const)
    : ({ type: 'person', id: id as PersonId } as const)
}

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

/** Whole seconds since 1970 (RFC 7519 section 2). */
export const NumericDate = z.int().nonnegative()
export type NumericDate = z.infer<typeof NumericDate>
/** RFC 3339 to whole seconds, rounded down. */
export const Timestamp = z.iso
  .datetime({ offset: true })
  .transform((text) => Math.floor(Date.parse(text) / 1000))
  .pipe(NumericDate)
export const Seconds = z.int().positive()
export type Seconds = z.infer<typeof Seconds>

export type Json = string | number | boolean | null | readonly Json[] | { readonly [member: string]: Json }
export type JsonObject = { readonly [member: string]: Json }
const AnyJsonObject = z.record(z.string(), z.json())
/** The object itself, checked. Zod's copy would lose a member called `__proto__`. */
export const JsonObject = z.any().check((given) => {
  const issues = AnyJsonObject.safeParse(given.value).error?.issues ?? []
  given.issues.push(...issues.map((issue) => ({ ...issue, input: given.value }) as z.core.$ZodRawIssue))
}) as z.ZodType<JsonObject>

/** A resource: a type of the catalogue, and an id, which is an ARN for AWS. */
export const Resource = z.strictObject({ type: z.string().min(1).max(128), id: z.string().min(1).max(2048) })
export type Resource = z.infer<typeof Resource>

/** Undefined unless it is JSON. It drops the parser's error, which quotes the text, a possible secret. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A value or a refusal with a code of a closed union. Faults are thrown. */
export type Result<T, Code extends string> = { ok: true; value: T } | { ok: false; code: Code; detail?: string }
export const ok = <T>(value: T): { ok: true; value: T } => ({ ok: true, value })
export const refuse = <Code extends string>(code: Code, detail?: string): { ok: false; code: Code; detail?: string } =>
  detail === undefined ? { ok: false, code } : { ok: false, code, detail }

type Optional<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T]
type Defined<T> = Omit<T, Optional<T>> & { [K in Optional<T>]?: Exclude<T[K], undefined> }

/** The members that are not undefined. */
export function defined<T extends object>(members: T): Defined<T> {
  for (const name in members)
    if (members[name] === undefined)
      return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<T>
  return { ...members }
}

/** The largest accepted difference between two clocks. Seconds. */
const tolerance = 30

/** Whether two machines' clocks agree well enough to decide. False for NaN. */
export const clocksAgree = (now: NumericDate, theirs: NumericDate): boolean => Math.abs(now - theirs) <= tolerance

/** RFC 3339 in UTC, in whole seconds. */
export const rfc3339 = (at: NumericDate): string => new Date(at * 1000).toISOString().replace('.000Z', 'Z')

/** `2027-01-15`, in UTC. */
export const dayOf = (at: NumericDate): string => rfc3339(at).slice(0, 'YYYY-MM-DD'.length)

const iso8601 = /^P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/

/** The seconds of an ISO 8601 duration in days, hours, minutes and seconds. Undefined unless it is above zero. */
export function secondsIn(text: string): number | undefined {
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = (iso8601.exec(text) ?? [])
    .slice(1)
    .map((part) => Number(part ?? 0))
  const total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
  return Number.isSafeInteger(total) && total > 0 ? total : undefined
}

/** Seconds for people: `1 h 30 min`; empty for zero. */
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

/** `revise` refuses a request and tells its agent to change it and ask again. */
export const Verdict = z.enum(['approve', 'deny', 'revise'])
export type Verdict = z.infer<typeof Verdict>
export const isRefusal = (verdict: Verdict): boolean => verdict !== 'approve'

export const Alias = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'lower case letters, digits and hyphens, a letter first')
export type Alias = z.infer<typeof Alias>
