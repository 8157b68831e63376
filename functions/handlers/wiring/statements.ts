// Rules: test/infra/lambdas.test.ts
import { StatementVerifier } from '../../adapters/jose/statement-verifier.ts'
import { KmsKeySet } from '../../adapters/kms/kms-key-set.ts'
import { LambdaStatementSigner } from '../../adapters/lambda/statement-signer.ts'
import type { Statements } from '../../operations/credentials/ports.ts'
import type { Clock, Log } from '../../operations/ports.ts'

/** Statements: the one function with the key signs them, and this function verifies them. */
export function statementsOf(
  { ISSUER, SIGN_FUNCTION, PUBLISHED_KEYS }: { ISSUER: string; SIGN_FUNCTION: string; PUBLISHED_KEYS: string[] },
  { clock, log }: { clock: Clock; log: Log },
): Statements {
  const signer = new LambdaStatementSigner(SIGN_FUNCTION, { clock, log })
  const verifier = new StatementVerifier(ISSUER, new KmsKeySet(PUBLISHED_KEYS), clock)
  return {
    sign: (kind, said) => signer.sign(kind, said),
    verify: (kind, token) => verifier.verify(kind, token),
  }
}
