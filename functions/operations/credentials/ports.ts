import type { Deny } from '../../domain/credentials/denies.ts'
import type { Said, StatementClaims, StatementKind } from '../../domain/credentials/statements.ts'
import type {
  AgentId,
  AskerId,
  CredentialId,
  HaltId,
  JsonObject,
  NumericDate,
  RequestId,
  Result,
  StandingPermitId,
  Thumbprint,
} from '../../domain/values.ts'
import type { Fifo } from '../ports.ts'

export interface Statements {
  /** A compact JWS; undefined if it cannot be signed now, which every caller tolerates. */
  sign<Kind extends StatementKind>(kind: Kind, said: Said<Kind>): Promise<string | undefined>
  /** @throws KeyUnavailable if the public keys are unavailable */
  verify<Kind extends StatementKind>(kind: Kind, token: string): Promise<Result<Verified<Kind>, 'invalid'>>
}

export type Verified<Kind extends StatementKind> = { claims: StatementClaims<Kind>; expired: boolean }

export interface Signer {
  /** A compact JWS with `typ` and `kid` in its header. */
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

/** A token for any audience, with all of its signed claims. */
export type KnownToken = AccessToken & { claims: JsonObject }

/** The cause of writing a place's denies: a changed request, a halt, or expired denies. */
export type DenyCause = RequestId | HaltId | 'time'

export interface DenyReader {
  ofRole(role: string): Promise<readonly Deny[]>
  /** Roles that still have expired denies; together at most `limit` denies. */
  overdue(now: NumericDate, limit: number): Promise<readonly string[]>
}

interface DenyWriter {
  /** A repeat changes nothing. If one value has two ends, the later counts. */
  add(role: string, denies: readonly Deny[]): Promise<void>
  forget(role: string, denies: readonly Deny[]): Promise<void>
}

export type DenyStore = DenyReader & DenyWriter

/**
 * `deny`: the credentials of a place must end. `end`: all that was delegated from a request, or that a halt covers,
 * must end.
 */
export type EndMessage = Fifo &
  ({ deny: DenyCause; role: string; since: NumericDate } | { end: RequestId | HaltId | StandingPermitId | AgentId })
