// Rules: test/domain/agents/activity.test.ts
import * as z from 'zod'
import { AgentRecord, Ambient, Unseen } from '../people/host.ts'
import { AgentId, Digest, defined, NumericDate, PersonId } from '../values.ts'

const alias = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/)

/** The subject of a recertification: an agent, a person, a group, the names of an account's sealed role, or a break-glass profile. */
export const Subject = z.union([
  AgentId,
  PersonId,
  z.templateLiteral(['group:', alias]),
  z.templateLiteral(['sealed:', alias]),
  z.templateLiteral(['profile:', alias]),
])
export type Subject = z.infer<typeof Subject>

/** A person's recertification of a subject. */
export const Certified = z.strictObject({
  /** The next date. */
  due: NumericDate,
  at: NumericDate,
  by: PersonId,
  /** The digest of the evidence that Hotwork showed. */
  evidence: Digest,
  /** A commitment: the text lies beside the entry. */
  reason: Digest,
})
export type Certified = z.infer<typeof Certified>

/**
 * A role that an agent's host reaches, and how: the host itself, a trust policy, an association, or one assumption.
 * `outside`: perhaps by way of a role outside of the deployment.
 */
export const ReachedRole = z.strictObject({
  arn: z.string().min(1).max(2048),
  via: z.enum(['host', 'trust', 'association', 'assume', 'outside']),
  /** The worst answer for an action of the catalogue. */
  answer: Ambient.optional(),
  /** The ARN of its permissions boundary; null for none, absent if unread. */
  boundary: z.string().max(2048).nullable().optional(),
})
export type ReachedRole = z.infer<typeof ReachedRole>

/** A secret or parameter that a role of the host may read, by name. Hotwork reads no values. */
export const ReachedSecret = z.strictObject({
  kind: z.enum(['secret', 'parameter']),
  name: z.string().min(1).max(2048),
  role: z.string().min(1).max(2048),
})
export type ReachedSecret = z.infer<typeof ReachedSecret>

/** The answers of IAM about an agent's host. `resource` is the pattern of a rule of resources.json. */
export const Looked = z.strictObject({
  at: NumericDate,
  /** The host's name, as in `runsOn`. */
  role: z.string().min(1).max(2048),
  roles: z.array(ReachedRole).optional(),
  secrets: z.array(ReachedSecret).optional(),
  /** The number of skipped roles. */
  unseen: z.int().positive().optional(),
  /** The places whose changes only the next daily look sees. */
  silent: z.array(z.string().max(64)).optional(),
  /** The reasons why part of the answer is unknown. */
  partial: z.array(z.string().max(512)).optional(),
  actions: z.record(
    z.string(),
    z.array(
      z.strictObject({
        resource: z.string(),
        answer: Ambient,
        /** The policies that allow it, as IAM names them. */
        by: z.array(z.string()).optional(),
        /** Set if a policy of each role denies it, or the guardrail leaves it out. */
        explicit: z.literal(true).optional(),
      }),
    ),
  ),
  /** Set if the last look failed: the answers are older, from `answersOf`. */
  failed: z.strictObject({ why: Unseen, answersOf: NumericDate }).optional(),
})
export type Looked = z.infer<typeof Looked>

export const Counts = z.strictObject({ ...AgentRecord.shape, approved: z.int().nonnegative() })
export type Counts = z.infer<typeof Counts>

/** An agent's record, summed up once a day. */
export const Activity = z.strictObject({
  at: NumericDate,
  days30: Counts,
  days90: Counts,
  lastSeen: NumericDate.optional(),
  lastUse: z.record(z.string(), NumericDate),
  /** False if the record was longer than the time to read it. */
  complete: z.boolean().optional(),
})
export type Activity = z.infer<typeof Activity>

/** The stored state of an agent beside the bundle: one row for each member, each with its own writer. */
export type AgentFile = { certified?: Certified; looked?: Looked; activity?: Activity }

/** An action is allowed if it is allowed on one of its resources, and denied if it is denied on all. */
export const ambientByAction = (
  looked: Looked | undefined,
  actions: readonly string[],
): { [action: string]: Ambient } =>
  Object.fromEntries(
    actions.map((action) => {
      const answers = (looked?.actions[action] ?? []).map(({ answer }) => answer)
      const worst = answers.find((each) => each === 'allowed') ?? answers.find((each) => each === 'unknown')
      return [action, worst ?? answers[0] ?? 'unknown']
    }),
  )

/** The number of actions for each answer. */
export function ambientCounts(looked: Looked | undefined, actions: readonly string[]): { [answer in Ambient]: number } {
  const counts = { allowed: 0, denied: 0, unknown: 0 }
  for (const answer of Object.values(ambientByAction(looked, actions))) counts[answer] += 1
  return counts
}

/**
 * A look for people who may not inspect the agent: it leaves out the roles of its host, and every text with their
 * names.
 */
export function withoutReached({ roles: _, secrets: __, partial, actions, ...looked }: Looked): Looked {
  const unnamed = partial && ['the reasons are for people who may inspect it']
  return {
    ...looked,
    ...defined({ partial: unnamed }),
    actions: Object.fromEntries(
      Object.entries(actions).map(([action, each]) => [
        action,
        each.map(({ by, ...answer }) => ({
          ...answer,
          ...defined({ by: by?.filter((policy) => !/ of /.test(policy)) }),
        })),
      ]),
    ),
  }
}
