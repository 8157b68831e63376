import { StatementVerifier } from '../../../functions/adapters/jose/statement-verifier.ts'
import {
  type StatementClaims,
  type StatementKind,
  statements,
} from '../../../functions/domain/credentials/statements.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import type { KeySet, Signer, Statements } from '../../../functions/operations/credentials/ports.ts'
import type { Clock } from '../../../functions/operations/ports.ts'

/** Statements signed by a key in memory, as the function that signs them would, and verified as they are. */
export class MemoryStatements extends StatementVerifier implements Statements {
  readonly #issuer: string
  readonly #signer: Signer
  /** Whether the signer answers. */
  answers = true

  constructor(issuer: string, signer: Signer & KeySet, clock: Clock) {
    super(issuer, signer, clock)
    this.#issuer = issuer
    this.#signer = signer
  }

  async sign<Kind extends StatementKind>(kind: Kind, claims: StatementClaims<Kind>): Promise<string | undefined> {
    if (!this.answers) return undefined
    return this.#signer.sign(statements[kind].typ, { iss: this.#issuer, aud: this.#issuer, ...(claims as JsonObject) })
  }
}
