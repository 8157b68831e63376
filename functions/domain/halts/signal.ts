import * as z from 'zod'
import { SecureUrl } from '../people/identity-issuer.ts'
import { type Identity, isValidAt } from '../people/organisation.ts'
import type { Bundle } from '../policy/bundle.ts'
import { Alias, type NumericDate, TransmitterId } from '../values.ts'
import { type HaltTarget, haltKey } from './halt.ts'

/** The events that a transmitter may send about a subject (CAEP 1.0, RISC 1.0). */
export const SignalKind = z.enum(['session-revoked', 'account-disabled', 'credential-compromise'])
export type SignalKind = z.infer<typeof SignalKind>

const events = 'https://schemas.openid.net/secevent'
export const sessionRevoked = `${events}/caep/event-type/session-revoked` as const
export const verification = `${events}/ssf/event-type/verification` as const
const kinds = new Map<string, SignalKind>([
  [sessionRevoked, 'session-revoked'],
  [`${events}/risc/event-type/account-disabled`, 'account-disabled'],
  [`${events}/risc/event-type/credential-compromise`, 'credential-compromise'],
])

export const Transmitter = z.strictObject({
  /** The `iss` of its tokens. */
  issuer: z.string().min(1).max(512),
  jwksUri: SecureUrl,
  /** The audience of its tokens; `{issuer}` stands for Hotwork's own issuer. */
  audience: z.string().min(1).max(512),
  algorithms: z.array(z.enum(['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'])).min(1),
  /** The issuers of the people and agents that its events may name. */
  subjectsOf: z.array(Alias).min(1).max(20),
  events: z.array(SignalKind).min(1),
  /** The most halts in an hour. Further ones wait, and an alarm reports them. */
  haltsPerHour: z.int().min(1).max(10_000).default(60),
})
export type Transmitter = z.infer<typeof Transmitter>

export const transmitterId = (alias: string): TransmitterId => TransmitterId.parse(`transmitter:${alias}`)

const Text = z.string().min(1).max(2048)

/** The claims of a Security Event Token (RFC 8417) whose signature, issuer, audience and times are right. */
export const EventClaims = z.object({
  jti: z.string().min(1).max(256),
  iat: z.number(),
  sub_id: z.looseObject({ format: Text }).optional(),
  events: z
    .record(z.string().min(1).max(512), z.looseObject({}))
    .refine((all) => Object.keys(all).length >= 1 && Object.keys(all).length <= 10, 'one to ten events'),
})
export type EventClaims = z.infer<typeof EventClaims>

/** A subject. Without `issuer` it may be at any issuer that the transmitter may name. */
export type Name = { issuer?: string; subject: string }

export type Signal = { kind: SignalKind; names: readonly Name[] }
/** An event that Hotwork ignores: of an unknown kind, or a person's own logout. */
export type Unused = { type: string; because: 'not_taken' | 'own_logout' | 'verification' }

/** @returns undefined if an event of a known kind names its subject in a form outside RFC 9493 */
export function signalsIn(claims: EventClaims): readonly (Signal | Unused)[] | undefined {
  const read: (Signal | Unused)[] = []
  for (const [type, { subject, initiating_entity: by }] of Object.entries(claims.events)) {
    const kind = kinds.get(type)
    if (kind === undefined) read.push({ type, because: type === verification ? 'verification' : 'not_taken' })
    else if (kind === 'session-revoked' && by === 'user') read.push({ type, because: 'own_logout' })
    else {
      // Transmitters older than SSF 1.0 have the subject in the event.
      const names = namesIn(claims.sub_id ?? subject)
      if (!names) return undefined
      read.push({ kind, names })
    }
  }
  return read
}

const reads = <S extends z.ZodType>(schema: S, read: (id: z.output<S>) => Name) => {
  return (id: unknown): readonly Name[] | undefined => {
    const found = schema.safeParse(id)
    return found.success ? [read(found.data)] : undefined
  }
}

/** RFC 9493 section 3.2: the formats that can be the `sub` of an identity. */
const formats = new Map([
  ['iss_sub', reads(z.object({ iss: Text, sub: Text }), ({ iss, sub }) => ({ issuer: iss, subject: sub }))],
  ['opaque', reads(z.object({ id: Text }), ({ id }) => ({ subject: id }))],
  ['email', reads(z.object({ email: Text }), ({ email }) => ({ subject: email }))],
  ['account', reads(z.object({ uri: Text }), ({ uri }) => ({ subject: uri.replace(/^acct:/, '') }))],
  ['uri', reads(z.object({ uri: Text }), ({ uri }) => ({ subject: uri }))],
])

/** The subjects in an id; empty for an unknown format. @returns undefined if the id violates its format */
function namesIn(id: unknown): readonly Name[] | undefined {
  const { format, user, application, identifiers } = Object(id) as { [member: string]: unknown }
  if (typeof format !== 'string') return undefined
  // An event about a session or device counts for its user.
  if (format === 'complex') return (user ?? application) === undefined ? [] : namesIn(user ?? application)
  if (format !== 'aliases') return (formats.get(format) ?? (() => []))(id)
  if (!Array.isArray(identifiers)) return undefined
  const all = identifiers.map(namesIn)
  return all.some((names) => names === undefined) ? undefined : all.flatMap((names) => names ?? [])
}

type Facts = Pick<Bundle, 'directory' | 'agents'> & { deployment: Pick<Bundle['deployment'], 'issuers'> }

/**
 * The targets of a signal: for a person, their decisions and their agents. The end of a person's session does not halt
 * their agents, which have their own credentials.
 */
export function targetsOfSignal(
  { kind, names }: Signal,
  transmitter: Transmitter,
  { directory, agents, deployment: { issuers } }: Facts,
  now: NumericDate,
): readonly HaltTarget[] {
  const issuerNamed = (alias: string): string | undefined => {
    const issuer = Object.hasOwn(issuers, alias) ? issuers[alias] : undefined
    return issuer && ('issuer' in issuer ? issuer.issuer : `spiffe://${issuer.trustDomain}`)
  }
  const isNamed = (identity: Identity): boolean =>
    transmitter.subjectsOf.includes(identity.issuer) &&
    isValidAt(identity, now) &&
    names.some(
      ({ issuer = issuerNamed(identity.issuer), subject }) =>
        issuer === issuerNamed(identity.issuer) && subject === identity.subject,
    )
  const people = directory.people.filter(({ identities }) => identities.some(isNamed))
  const all: readonly HaltTarget[] = [
    ...people.map(({ id }) => ({ kind: 'person', value: id }) as const),
    ...(kind === 'session-revoked' ? [] : people.map(({ id }) => ({ kind: 'owner', value: id }) as const)),
    ...agents
      .filter(({ identities }) => identities.some(isNamed))
      .map(({ id }) => ({ kind: 'agent', value: id }) as const),
  ]
  return [...new Map(all.map((target) => [haltKey(target), target])).values()]
}

/** The reason in fixed words, so that a transmitter's own text stays out of the ledger. */
export const reasonOf = ({ kind }: Signal): string => `signal \`${kind}\``
