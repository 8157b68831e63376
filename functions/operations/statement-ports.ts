import type { StatementClaims, StatementKind } from '../domain/credentials/statements.ts'
import type { Result } from '../domain/values.ts'

/** Signs and verifies what agents carry from one call to the next. */
export interface Statements {
  /** A compact JWS; none where it cannot be signed now, since nothing hangs on it alone. */
  sign<Kind extends StatementKind>(kind: Kind, claims: StatementClaims<Kind>): Promise<string | undefined>
  /** @throws KeyUnavailable when the public keys cannot be had */
  verify<Kind extends StatementKind>(kind: Kind, token: string): Promise<Result<Verified<Kind>, 'invalid'>>
}

/** What a statement of ours says, also where its time is over. */
export type Verified<Kind extends StatementKind> = { claims: StatementClaims<Kind>; expired: boolean }
