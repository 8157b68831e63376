import * as z from 'zod'
import { SecureUrl } from '../people/identity-issuer.ts'
import { type Identity, isValidAt } from '../people/organisation.ts'
import type { Bundle } from '../policy/bundle.ts'
import { Alias, type NumericDate, TransmitterId } from '../values.ts'
import { type HaltTarget, haltKey } from './halt.ts'

/** What a transmitter may say of a subject (CAEP 1.0, RISC 1.0). */
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
  /** `{issuer}` stands for Hotwork's own issuer. */
  audience: z.string().min(1).max(512),
  algorithms: z.array(z.enum(['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'])).min(1),
  /** Of whose people and agents it may speak. */
  subjectsOf: z.array(Alias).min(1).max(20),
  events: z.array(SignalKind).min(1),
  /** What is above it waits, and an alarm says so. */
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

/** One who is meant: without `issuer`, at any issuer whose subjects the transmitter may speak of. */
export type Name = { issuer?: string; subject: string }

export type Signal = { kind: SignalKind; names: readonly Name[] }
/** Of a kind that Hotwork does not take, or a person's own logout. */
export type Unused = { type: string; because: 'not_taken' | 'own_logout' | 'verification' }

/** @returns undefined where an event that Hotwork takes does not say in the form of RFC 9493 of which subject it is */
export function signalsIn(claims: EventClaims): readonly (Signal | Unused)[] | undefined {
  const read: (Signal | Unused)[] = []
  for (const [type, { subject, initiating_entity: by }] of Object.entries(claims.events)) {
    const kind = kinds.get(type)
    if (kind === undefined) read.push({ type, because: type === verification ? 'verification' : 'not_taken' })
    else if (kind === 'session-revoked' && by === 'user') read.push({ type, because: 'own_logout' })
    else {
      // Transmitters that are older than SSF 1.0 write it in the event.
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

/** RFC 9493 section 3.2: those that can be the `sub` of an identity. */
const formats = new Map([
  ['iss_sub', reads(z.object({ iss: Text, sub: Text }), ({ iss, sub }) => ({ issuer: iss, subject: sub }))],
  ['opaque', reads(z.object({ id: Text }), ({ id }) => ({ subject: id }))],
  ['email', reads(z.object({ email: Text }), ({ email }) => ({ subject: email }))],
  ['account', reads(z.object({ uri: Text }), ({ uri }) => ({ subject: uri.replace(/^acct:/, '') }))],
  ['uri', reads(z.object({ uri: Text }), ({ uri }) => ({ subject: uri }))],
])

/** A format that is not known here names no one. @returns undefined where it is not in its format */
function namesIn(id: unknown): readonly Name[] | undefined {
  const { format, user, application, identifiers } = Object(id) as { [member: string]: unknown }
  if (typeof format !== 'string') return undefined
  // Sessions and devices of others are not known here: what is said of one is said of its user.
  if (format === 'complex') return (user ?? application) === undefined ? [] : namesIn(user ?? application)
  if (format !== 'aliases') return (formats.get(format) ?? (() => []))(id)
  if (!Array.isArray(identifiers)) return undefined
  const all = identifiers.map(namesIn)
  return all.some((names) => names === undefined) ? undefined : all.flatMap((names) => names ?? [])
}

type Facts = Pick<Bundle, 'directory' | 'agents'> & { deployment: Pick<Bundle['deployment'], 'issuers'> }

/**
 * What a signal halts. Of a person: what they decide, and what their agents do. That a session of theirs is over says nothing
 * against their agents, which have credentials of their own.
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

/** Closed words: nothing that a transmitter writes stands in the ledger. */
export const reasonOf = ({ kind }: Signal): string => `signal \`${kind}\``
