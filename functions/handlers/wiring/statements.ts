import { KeyedStatements } from '../../adapters/jose/keyed-statements.ts'
import { KmsSecret } from '../../adapters/kms/kms-secret.ts'
import type { Statements } from '../../operations/credentials/ports.ts'
import type { Clock, Log } from '../../operations/ports.ts'

export const statementsOf = (
  { ISSUER, STATE_KEY }: { ISSUER: string; STATE_KEY: string },
  { clock, log }: { clock: Clock; log: Log },
): Statements => new KeyedStatements({ issuer: ISSUER, secret: new KmsSecret(STATE_KEY, 'statement'), clock, log })
