import * as z from 'zod'
import { SecurityEvent, setClaims } from '../events/security-events.ts'
import { addressesOf, type Bundle } from '../policy/bundle.ts'
import { namesIn } from '../record/ask-terms.ts'
import {
  AgentId,
  Digest,
  EvaluationId,
  GrantId,
  type JsonObject,
  NumericDate,
  RequestId,
  rfc3339,
  StreamId,
  ToolId,
} from '../values.ts'

/** The lifetime of a proof to a tool that Hotwork asks. Seconds. */
export const readSeconds = 300
/** The time in which a submission may refer to an evaluation. Seconds. */
export const bindingWindow = 600
const thirtyDays = 30 * 86_400
/** The largest difference between the clocks of two Lambdas. Seconds. */
const clocksDiffer = 30

/** The facts that the signing function adds. */
type Signing = { issuer: string; bundle: Bundle; now: NumericDate }

/**
 * `says`: the members that a caller sets. `makes`: the claims, with times and audience by the signer. `claims`: the
 * claims that Hotwork reads in a returned statement, beside `iss` and `aud`.
 */
const kind = <Typ extends string, Said extends z.ZodType, Claims extends z.ZodType>(each: {
  typ: Typ
  says: Said
  makes: (said: z.infer<Said>, signing: Signing) => JsonObject
  claims: Claims
}) => each

const Denial = z.strictObject({
  sub: AgentId,
  jti: EvaluationId,
  exp: NumericDate,
  binding_context_members: z.array(z.enum(namesIn('bound'))),
  binding_hash: z.string().regex(/^[\w-]{43}$/),
})
const Approval = z.strictObject({ sub: AgentId, jti: GrantId, txn: RequestId, exp: NumericDate, digest: Digest })
const Deferral = z.strictObject({ sub: AgentId, txn: RequestId })
const Read = z.strictObject({ tool: ToolId })
const Signal = z.strictObject({ tool: ToolId, stream: StreamId, event: SecurityEvent })

/**
 * The kinds of statements. Each has its own `typ`, so that one is never taken for another (ARAP). Statements permit
 * nothing: the table does.
 */
export const statements = {
  denial: kind({
    typ: 'hotwork-denial+jwt',
    says: Denial,
    makes: (said, { issuer, now }) => {
      const exp = Math.min(said.exp, now + bindingWindow + clocksDiffer)
      return { aud: issuer, ...said, iat: now, exp, denial_expires_at: rfc3339(exp) }
    },
    claims: Denial.extend({ iat: NumericDate, denial_expires_at: z.string() }),
  }),
  approval: kind({
    typ: 'hotwork-approval+jwt',
    says: Approval,
    makes: (said, { issuer, now }) => ({ aud: issuer, ...said, iat: now, exp: Math.min(said.exp, now + thirtyDays) }),
    claims: Approval.extend({ iat: NumericDate }),
  }),
  /** The request whose token a client waits for. The request itself has the end. */
  deferral: kind({
    typ: 'hotwork-deferral+jwt',
    says: Deferral,
    makes: (said, { issuer, now }) => ({ aud: issuer, ...said, iat: now, exp: now + thirtyDays }),
    // Codes of older versions have no `exp`.
    claims: Deferral.extend({ iat: NumericDate, exp: NumericDate.optional() }),
  }),
  /** A proof for a tool that Hotwork asks for a resource's state. The tool verifies it, and does not return it. */
  read: kind({
    typ: 'hotwork-read+jwt',
    says: Read,
    makes: ({ tool }, { bundle, now }) => ({ aud: audienceOf(tool, bundle), iat: now, exp: now + readSeconds }),
    claims: z.never(),
  }),
  /** A Security Event Token (RFC 8417) to a tool: an access token is dead, or the stream works. */
  signal: kind({
    typ: 'secevent+jwt',
    says: Signal,
    makes: ({ tool, stream, event }, { issuer, bundle, now }) => ({
      ...setClaims(event, { stream, issuer }),
      ...{ aud: audienceOf(tool, bundle), iat: now },
    }),
    claims: z.never(),
  }),
} as const

export type StatementKind = keyof typeof statements
export const StatementKind = z.enum(['denial', 'approval', 'deferral', 'read', 'signal'])
export type Said<Kind extends StatementKind> = z.infer<(typeof statements)[Kind]['says']>
export type StatementClaims<Kind extends StatementKind> = z.infer<(typeof statements)[Kind]['claims']>

/** The type and claims of a statement. @throws ZodError, TypeError if a caller sets a member that its kind lacks */
export function makeStatement(of: StatementKind, said: unknown, signing: Signing): { typ: string; claims: JsonObject } {
  const { typ, says, makes } = statements[of]
  const make = makes as (said: unknown, signing: Signing) => JsonObject
  return { typ, claims: { iss: signing.issuer, ...make(says.parse(said), signing) } }
}

function audienceOf(tool: ToolId, bundle: Bundle): string {
  const audience = addressesOf(bundle, tool)?.audience
  if (audience === undefined) throw new TypeError('a statement for a tool that is not deployed')
  return audience
}
