// Rules: test/operations/credentials/sign-statement.test.ts
import type { Context } from 'aws-lambda'
import { KmsSigner } from '../../adapters/kms/kms-signer.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import { makeStatement, StatementKind } from '../../domain/credentials/statements.ts'
import type { Signer } from '../../operations/credentials/ports.ts'
import type { Policy } from '../../operations/policy/ports.ts'
import type { Clock } from '../../operations/ports.ts'
import type { Wiring } from '../environment.ts'
import { factsOnly } from '../wiring/ports.ts'

/** `rsa`: for clusters that take RS256 alone. */
type Ports = { issuer: string; policy: Pick<Policy, 'bundle'>; signer: Signer; rsa?: Signer | undefined; clock: Clock }

/**
 * Signs the statements that agents carry between calls, and the one that proves Hotwork to a tool, for functions
 * without access to the key. The kind is the alias under which this function is called, and IAM permits each caller its
 * kinds (`signs` in their descriptors). The payload names the subject; times and audience are set here, so a caller
 * cannot make an access token.
 */
export const createHandler =
  ({ issuer, policy, signer, rsa, clock }: Ports) =>
  async (said: unknown, { invokedFunctionArn }: Pick<Context, 'invokedFunctionArn'>): Promise<{ token: string }> => {
    const kind = StatementKind.parse(invokedFunctionArn.split(':')[7])
    const { typ, claims, alg } = makeStatement(kind, said, { issuer, bundle: policy.bundle, now: clock.now() })
    const key = alg === 'RS256' ? rsa : signer
    if (!key) throw new TypeError('the deployment has no key for RS256')
    return { token: await key.sign(typ, claims) }
  }

export const wire: Wiring<typeof createHandler, 'ISSUER' | 'SIGNING_KEY' | 'CLUSTER_SIGNING_KEY'> = (told) => ({
  issuer: told.ISSUER,
  policy: factsOnly(),
  signer: new KmsSigner(told.SIGNING_KEY),
  rsa: told.CLUSTER_SIGNING_KEY === undefined ? undefined : new KmsSigner(told.CLUSTER_SIGNING_KEY),
  clock: new SystemClock(),
})
