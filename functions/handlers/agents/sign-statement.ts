import * as z from 'zod'
import { KmsKeySet } from '../../adapters/kms/kms-key-set.ts'
import { KmsSigner } from '../../adapters/kms/kms-signer.ts'
import { statements } from '../../domain/credentials/statements.ts'
import type { JsonObject } from '../../domain/values.ts'
import { environmentOf } from '../environments.ts'

const { ISSUER: issuer, SIGNING_KEY, PUBLISHED_KEYS } = environmentOf('sign-statement')
const signer = new KmsSigner(SIGNING_KEY)
const keys = new KmsKeySet(PUBLISHED_KEYS)

const Ask = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('denial'), claims: statements.denial.claims }),
  z.strictObject({ kind: z.literal('approval'), claims: statements.approval.claims }),
  z.strictObject({ kind: z.literal('keys') }),
])

/**
 * Signs what agents carry from one call to the next, and gives the public keys, for functions that may not touch the key
 * themselves. What it signs is of these kinds and for ourselves, so its callers can make no access token.
 */
export const handler = async (event: unknown): Promise<{ token: string } | { keys: readonly JsonObject[] }> => {
  const ask = Ask.parse(event)
  if (ask.kind === 'keys') return keys.jwks()
  return { token: await signer.sign(statements[ask.kind].typ, { iss: issuer, aud: issuer, ...ask.claims }) }
}
