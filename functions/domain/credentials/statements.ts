import * as z from 'zod'
import {
  AgentId,
  AskerId,
  CredentialId,
  Digest,
  EvaluationId,
  GrantId,
  NumericDate,
  RequestId,
  StreamId,
} from '../values.ts'

/** How long a tool takes it that it is Hotwork that asks. */
export const readSeconds = 300

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
  /** Which request a token is waited for. Its end is the request's own. */
  deferral: {
    typ: 'hotwork-deferral+jwt',
    claims: z.strictObject({ sub: AgentId, txn: RequestId, iat: NumericDate }),
  },
  /** That it is Hotwork that asks a tool what is there. It is the tool's to verify, and never comes back. */
  read: {
    typ: 'hotwork-read+jwt',
    claims: z
      .strictObject({ aud: z.string().min(1).max(2048), iat: NumericDate, exp: NumericDate })
      .refine(({ iat, exp }) => exp > iat && exp - iat <= readSeconds, `at most ${readSeconds} seconds`),
  },
  /** A Security Event Token (RFC 8417) to a tool: that a token is dead, or that its stream works. */
  signal: {
    typ: 'secevent+jwt',
    claims: z.strictObject({
      aud: z.string().min(1).max(2048),
      iat: NumericDate,
      jti: z.string().regex(/^set_[0-9a-z]{26}$/),
      txn: RequestId.optional(),
      sub_id: z.union([
        z.strictObject({ format: z.literal('opaque'), id: StreamId }),
        z.strictObject({
          format: z.literal('complex'),
          session: z.strictObject({ format: z.literal('opaque'), id: CredentialId }),
          user: z.strictObject({ format: z.literal('iss_sub'), iss: z.string(), sub: AskerId }),
        }),
      ]),
      events: z.record(z.url(), z.record(z.string(), z.json())),
    }),
  },
} as const

export type StatementKind = keyof typeof statements
export type StatementClaims<Kind extends StatementKind> = z.infer<(typeof statements)[Kind]['claims']>
