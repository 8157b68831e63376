import { StatementVerifier } from '../../../functions/adapters/jose/statement-verifier.ts'
import { makeStatement, type Said, type StatementKind } from '../../../functions/domain/credentials/statements.ts'
import type { KeySet, Signer, Statements } from '../../../functions/operations/credentials/ports.ts'
import type { Policy } from '../../../functions/operations/policy/ports.ts'
import type { Clock } from '../../../functions/operations/ports.ts'

/** Statements signed by a key in memory, in the form of the signing function, and verified by the real code. */
export class MemoryStatements extends StatementVerifier implements Statements {
  readonly #issuer: string
  readonly #signer: Signer
  readonly #world: { policy: Pick<Policy, 'bundle'>; clock: Clock }
  /** Whether the signer answers. */
  answers = true

  constructor(issuer: string, signer: Signer & KeySet, world: { policy: Pick<Policy, 'bundle'>; clock: Clock }) {
    super(issuer, signer, world.clock)
    this.#issuer = issuer
    this.#signer = signer
    this.#world = world
  }

  async sign<Kind extends StatementKind>(kind: Kind, said: Said<Kind>): Promise<string | undefined> {
    if (!this.answers) return undefined
    const { policy, clock } = this.#world
    const { typ, claims } = makeStatement(kind, said, { issuer: this.#issuer, bundle: policy.bundle, now: clock.now() })
    return this.#signer.sign(typ, claims)
  }
}
