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
  /** A compact JWS; undefined where it cannot be signed now, since nothing depends on it alone. */
  sign<Kind extends StatementKind>(kind: Kind, said: Said<Kind>): Promise<string | undefined>
  /** @throws KeyUnavailable when the public keys cannot be had */
  verify<Kind extends StatementKind>(kind: Kind, token: string): Promise<Result<Verified<Kind>, 'invalid'>>
}

export type Verified<Kind extends StatementKind> = { claims: StatementClaims<Kind>; expired: boolean }

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

/** A request that has changed, a halt, or the end of some denies of the place. */
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

/** `deny`: credentials at a place are to be ended. `end`: all that was delegated from it, or is covered by it, is to be ended. */
export type EndMessage = Fifo &
  ({ deny: DenyCause; role: string; since: NumericDate } | { end: RequestId | HaltId | StandingPermitId | AgentId })
