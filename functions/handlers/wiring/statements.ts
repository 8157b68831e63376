import { StatementVerifier } from '../../adapters/jose/statement-verifier.ts'
import { LambdaStatementSigner } from '../../adapters/lambda/statement-signer.ts'
import type { Statements } from '../../operations/credentials/ports.ts'
import type { Clock, Log } from '../../operations/ports.ts'

/** Statements, signed by the one function that may, and verified here. */
export function statementsOf(
  { ISSUER, SIGN_FUNCTION }: { ISSUER: string; SIGN_FUNCTION: string },
  { clock, log }: { clock: Clock; log: Log },
): Statements {
  const signer = new LambdaStatementSigner(SIGN_FUNCTION, log)
  const verifier = new StatementVerifier(ISSUER, signer, clock)
  return {
    sign: (kind, claims) => signer.sign(kind, claims),
    verify: (kind, token) => verifier.verify(kind, token),
  }
}
