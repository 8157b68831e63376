import type { Deny } from '../../domain/credentials/denies.ts'
import type { InForce, SessionOnRecord } from '../../domain/credentials/reconcile.ts'
import type { Said, StatementClaims, StatementKind } from '../../domain/credentials/statements.ts'
import type {
  AskerId,
  CredentialId,
  HaltId,
  JsonObject,
  NumericDate,
  RequestId,
  Result,
  Thumbprint,
} from '../../domain/values.ts'

export interface Statements {
  /** A compact JWS; undefined where it cannot be signed now, since nothing depends on it alone. */
  sign<Kind extends StatementKind>(kind: Kind, said: Said<Kind>): Promise<string | undefined>
  /** @throws KeyUnavailable when the public keys cannot be had */
  verify<Kind extends StatementKind>(kind: Kind, token: string): Promise<Result<Verified<Kind>, 'invalid'>>
}

export type Verified<Kind extends StatementKind> = { claims: StatementClaims<Kind>; expired: boolean }

/** What IAM has on a role. @throws where it does not say */
export interface RoleReader {
  inForce(role: string): Promise<InForce>
}

/** The sessions of roles as AWS has them on record, some minutes late. */
export interface SessionRecord {
  sessions(role: string, from: NumericDate): Promise<Recorded<SessionOnRecord>>
  /** Uses of a sealed role, each as AWS's own event. @throws where AWS does not say */
  sealedUses(role: string, from: NumericDate): Promise<Recorded<SealedEvent>>
}
/** `more`: there is more on record than was read. */
export type Recorded<T> = { found: readonly T[]; more: boolean }
export type SealedEvent = { eventId: string; at: NumericDate; event: JsonObject }

export interface Signer {
  /** A compact JWS, ES256, with `typ` and `kid` in its header. */
  sign(typ: string, claims: JsonObject): Promise<string>
}

export interface KeySet {
  /** The public keys as a JWK Set (RFC 7517). */
  jwks(): Promise<{ keys: readonly JsonObject[] }>
}

export type AccessToken = {
  jti: CredentialId
  request: RequestId
  agent: AskerId
  audience: string
  jkt: Thumbprint
  expiresAt: NumericDate
}

/** For any audience, with all of its claims as they were signed. */
export type KnownToken = AccessToken & { claims: JsonObject }

export interface AwsCredentialBroker {
  /** @throws BrokerRefused when STS says no, BrokerUnavailable when it does not answer */
  assume(ask: AssumeAsk): Promise<AwsCredentials>
}
export type AssumeAsk = {
  role: string
  externalId: string
  sessionName: string
  sourceIdentity: string
  tags: { readonly [key: string]: string }
  policy: string
  durationSeconds: number
  /** How long the credentials should last, where STS can cut a session to the second. It is no promise. */
  scopedSeconds?: number
}
export type AwsCredentials = { accessKeyId: string; secretAccessKey: string; sessionToken: string }
/** A request that has changed, a halt, or only that some denies of the role are over. */
export type DenyCause = RequestId | HaltId | 'time'

export interface DenyReader {
  ofRole(role: string): Promise<readonly Deny[]>
  /** Roles with a deny that was over before `now` and is not forgotten: at most `limit` denies' worth. */
  overdue(now: NumericDate, limit: number): Promise<readonly string[]>
}

interface DenyWriter {
  /** Adding twice is once. Of two ends for one value the later holds. */
  add(role: string, denies: readonly Deny[]): Promise<void>
  forget(role: string, denies: readonly Deny[]): Promise<void>
}

export type DenyStore = DenyReader & DenyWriter

export interface RolePolicies {
  /** Puts the role's whole inline deny, or removes it. `full`: IAM has no room, and nothing was written. */
  putDeny(role: string, denies: readonly Deny[]): Promise<'put' | 'full'>
}
