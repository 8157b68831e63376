import * as z from 'zod'
import { KmsSigner } from '../../adapters/kms/kms-signer.ts'
import { statements } from '../../domain/credentials/statements.ts'
import { defined } from '../../domain/values.ts'
import type { Signer } from '../../operations/credentials/ports.ts'
import { bind } from '../environments.ts'

const Ask = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('read'), claims: statements.read.claims }),
  z.strictObject({ kind: z.literal('signal'), claims: statements.signal.claims }),
])

/**
 * Signs what a tool is told, for functions that may not touch the key themselves. It signs these kinds only, each of a type
 * of its own, so its callers can make no access token.
 */
export const createHandler =
  ({ issuer, signer }: { issuer: string; signer: Signer }) =>
  async (event: unknown): Promise<{ token: string }> => {
    const ask = Ask.parse(event)
    return { token: await signer.sign(statements[ask.kind].typ, { iss: issuer, ...defined(ask.claims) }) }
  }

export const handler = bind(
  'sign-statement',
  (told) => ({ issuer: told.ISSUER, signer: new KmsSigner(told.SIGNING_KEY) }),
  createHandler,
)
