import * as z from 'zod'
import { AgentId, Digest, EvaluationId, GrantId, NumericDate, RequestId } from '../values.ts'

/** Each kind has a `typ` of its own, so that none is taken for another (ARAP). They permit nothing: the table does. */
export const statements = {
  denial: {
    typ: 'hotwork-denial+jwt',
    claims: z.strictObject({
      sub: AgentId,
      jti: EvaluationId,
      iat: NumericDate,
      exp: NumericDate,
      denial_expires_at: z.string(),
      binding_context_members: z.array(z.string()),
      binding_hash: z.string().regex(/^[\w-]{43}$/),
    }),
  },
  approval: {
    typ: 'hotwork-approval+jwt',
    claims: z.strictObject({
      sub: AgentId,
      jti: GrantId,
      txn: RequestId,
      iat: NumericDate,
      exp: NumericDate,
      digest: Digest,
    }),
  },
} as const

export type StatementKind = keyof typeof statements
export type StatementClaims<Kind extends StatementKind> = z.infer<(typeof statements)[Kind]['claims']>
