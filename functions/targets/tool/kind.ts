// Rules: test/infra/lambdas.test.ts
import * as z from 'zod'
import { SecureUrl } from '../../domain/people/identity-issuer.ts'
import { targetKind, token } from '../kind.ts'

const Addresses = z.strictObject({
  audience: z.string().min(1),
  addresses: z.array(z.url()).min(1),
  /** The address at which the present state is read. */
  reads: SecureUrl.optional(),
  /** More addresses that may receive its security events. */
  signals: z.array(SecureUrl).min(1).max(8).optional(),
})

/** A gated tool: it receives an access token, and holds the agent to all arguments. */
export const tool = targetKind({
  id: 'tool',
  name: 'a tool',
  credentials: { token },
  settings: Addresses,
  example: { audience: 'https://tools.invalid', addresses: ['https://tools.invalid'] },
  entry: {},
  ids: 'a name',
  places: [],
  facts: () => ({}),
  recordsCalls: false,
})
