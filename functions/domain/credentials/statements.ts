import * as z from 'zod'
import { kinds } from '../../targets/kinds.ts'
import { SecurityEvent, setClaims } from '../events/security-events.ts'
import { addressesOf, type Bundle } from '../policy/bundle.ts'
import { namesIn } from '../record/ask-terms.ts'
import {
  AgentId,
  Alias,
  CredentialId,
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
/** The longest life of a token that a cluster takes from an agent, and of Hotwork's own. Seconds. */
export const clusterSeconds = { agent: 900, own: 300 }
/** The largest difference between the clocks of two Lambdas. Seconds. */
const clocksDiffer = 30

/** The facts that the signing function adds. */
type Signing = { issuer: string; bundle: Bundle; now: NumericDate }

/**
 * `says`: the members that a caller sets. `makes`: the claims, with times and audience by the signer. `claims`: the
 * claims that Hotwork reads in a returned statement, beside `iss` and `aud`. `alg`: ES256 by default.
 */
const kind = <Typ extends string, Said extends z.ZodType, Claims extends z.ZodType>(each: {
  typ: Typ
  says: Said
  makes: (said: z.infer<Said>, signing: Signing) => JsonObject
  claims: Claims
  alg?: (said: z.infer<Said>, signing: Signing) => Alg
}) => each

export type Alg = 'ES256' | 'RS256'

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

/** A group that is a fact of an act, a set of reads, or a name by which the token is revoked. */
const Group = z
  .string()
  .max(1024)
  .regex(/^(?:permit$|all$|(?:act|field:[^=]+|fields|guard)=|read:|(?:request|credential|agent|owner)\.)/)
const ClusterAct = z.strictObject({
  target: Alias,
  credential: CredentialId,
  /** First `permit` or a set of reads. */
  groups: z
    .array(Group)
    .max(64)
    .refine((groups) => (groups[0] === 'permit') !== groups.some((group) => group.startsWith('read:')), 'one purpose'),
  exp: NumericDate,
})
const ClusterCall = z.strictObject({
  ...{ target: Alias, credential: CredentialId },
  act: z.string().startsWith('act=').max(1024),
})
const ClusterAlone = z.strictObject({ target: Alias })

/** A token for a cluster. No other statement has its two claims, by which clusters tell them apart. */
const clusterKind = <Said extends z.ZodType<{ target: string }>>(
  says: Said,
  holds: (said: z.infer<Said>) => { user: string; id?: string; groups: readonly string[]; until?: NumericDate },
) =>
  kind({
    typ: 'hotwork-cluster+jwt',
    says,
    makes: (said, { bundle, now }) => {
      const { user, id, groups, until } = holds(said)
      const exp = until === undefined ? now + clusterSeconds.own : Math.min(until, now + clusterSeconds.agent)
      return {
        ...{ aud: clusterOf(said.target, bundle).audience, sub: id ?? user, ...(id !== undefined && { jti: id }) },
        ...{ hw_user: user, hw_groups: groupsAt(groups, now), nbf: now, iat: now, exp },
      }
    },
    claims: z.never(),
    alg: ({ target }, { bundle }) => clusterOf(target, bundle).alg,
  })

/** Its time is in ten digits, which compare as texts. */
const groupsAt = (groups: readonly string[], now: NumericDate): readonly string[] => [
  ...groups,
  `at=${String(now).padStart(10, '0')}`,
]

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
  /** An agent's token for one act, or for the reads of a namespace. */
  cluster_act: clusterKind(ClusterAct, ({ credential, groups, exp }) => ({
    ...{ user: credential, id: credential, groups, until: exp },
  })),
  /** Hotwork's own, each for one purpose: a mediated call, readings and dry runs, and the revocations. */
  cluster_call: clusterKind(ClusterCall, ({ credential, act }) => ({
    ...{ user: 'hotwork-call', id: credential, groups: ['call', act] },
  })),
  cluster_read: clusterKind(ClusterAlone, () => ({ user: 'hotwork-reader', groups: ['reader'] })),
  cluster_end: clusterKind(ClusterAlone, () => ({ user: 'hotwork-revoker', groups: ['revoker'] })),
} as const

export type StatementKind = keyof typeof statements
export const StatementKind = z.enum(Object.keys(statements) as StatementKind[])
export type Said<Kind extends StatementKind> = z.infer<(typeof statements)[Kind]['says']>
export type StatementClaims<Kind extends StatementKind> = z.infer<(typeof statements)[Kind]['claims']>

/** The type, claims and algorithm of a statement. @throws ZodError, TypeError if a caller sets a member that its kind lacks */
export function makeStatement(
  of: StatementKind,
  said: unknown,
  signing: Signing,
): { typ: string; claims: JsonObject; alg: Alg } {
  const { typ, says, makes, alg } = statements[of] as {
    typ: string
    says: z.ZodType
    makes: (said: unknown, signing: Signing) => JsonObject
    alg?: (said: unknown, signing: Signing) => Alg
  }
  const parsed = says.parse(said)
  return { typ, claims: { iss: signing.issuer, ...makes(parsed, signing) }, alg: alg?.(parsed, signing) ?? 'ES256' }
}

function clusterOf(target: Alias, { deployment }: Bundle): { audience: string; alg: Alg } {
  const { kind: of, ...settings } = deployment.targets?.[target] ?? {}
  if (of !== 'kubernetes') throw new TypeError('a statement for a cluster that is not deployed')
  return kinds.kubernetes.settings.parse(settings)
}

function audienceOf(tool: ToolId, bundle: Bundle): string {
  const audience = addressesOf(bundle, tool)?.audience
  if (audience === undefined) throw new TypeError('a statement for a tool that is not deployed')
  return audience
}
