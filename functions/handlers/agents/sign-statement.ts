import * as z from 'zod'
import { KmsKeySet } from '../../adapters/kms/kms-key-set.ts'
import { KmsSigner } from '../../adapters/kms/kms-signer.ts'
import { statements } from '../../domain/credentials/statements.ts'
import { defined, type JsonObject } from '../../domain/values.ts'
import type { KeySet, Signer } from '../../operations/credentials/ports.ts'
import { bind } from '../environments.ts'

const Ask = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('denial'), claims: statements.denial.claims }),
  z.strictObject({ kind: z.literal('approval'), claims: statements.approval.claims }),
  z.strictObject({ kind: z.literal('deferral'), claims: statements.deferral.claims }),
  z.strictObject({ kind: z.literal('read'), claims: statements.read.claims }),
  z.strictObject({ kind: z.literal('signal'), claims: statements.signal.claims }),
  z.strictObject({ kind: z.literal('keys') }),
])

/**
 * Signs what agents carry from one call to the next and what tells a tool that Hotwork asks, and gives the public keys, for
 * functions that may not touch the key themselves. It signs these kinds only, each of a type of its own, so its callers can
 * make no access token.
 */
export const createHandler =
  ({ issuer, signer, keys }: { issuer: string; signer: Signer; keys: KeySet }) =>
  async (event: unknown): Promise<{ token: string } | { keys: readonly JsonObject[] }> => {
    const ask = Ask.parse(event)
    if (ask.kind === 'keys') return keys.jwks()
    return { token: await signer.sign(statements[ask.kind].typ, { iss: issuer, aud: issuer, ...defined(ask.claims) }) }
  }

export const handler = bind(
  'sign-statement',
  (told) => ({
    issuer: told.ISSUER,
    signer: new KmsSigner(told.SIGNING_KEY),
    keys: new KmsKeySet(told.PUBLISHED_KEYS),
  }),
  createHandler,
)
