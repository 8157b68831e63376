import { KeyedStatements } from '../../../functions/adapters/jose/keyed-statements.ts'
import {
  type CarriedKind,
  type StatementClaims,
  type StatementKind,
  statements,
} from '../../../functions/domain/credentials/statements.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import type { Signer } from '../../../functions/operations/credentials/ports.ts'
import { KeyUnavailable } from '../../../functions/operations/faults.ts'
import type { Clock } from '../../../functions/operations/ports.ts'
import { MemoryLog } from '../memory-log.ts'

/** Statements by a secret in memory, and those for tools by a key in memory. */
export class MemoryStatements extends KeyedStatements {
  readonly #issuer: string
  readonly #signer: Signer
  /** Whether KMS answers. */
  answers = true

  constructor(issuer: string, signer: Signer, clock: Clock) {
    const read = async () => {
      if (!this.answers) throw new KeyUnavailable('KMS does not answer')
      return 'a'.repeat(43)
    }
    super({ issuer, secret: { read }, clock, log: new MemoryLog() })
    this.#issuer = issuer
    this.#signer = signer
  }

  override async sign<Kind extends StatementKind>(kind: Kind, claims: StatementClaims<Kind>) {
    if (kind !== 'read' && kind !== 'signal')
      return super.sign(kind as CarriedKind, claims as StatementClaims<CarriedKind>)
    if (!this.answers) return undefined
    return this.#signer.sign(statements[kind].typ, { iss: this.#issuer, aud: this.#issuer, ...(claims as JsonObject) })
  }
}
