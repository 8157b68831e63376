import * as z from 'zod'
import { AgentRecord, Ambient, Unseen } from '../people/host.ts'
import { AgentId, Digest, NumericDate, PersonId } from '../values.ts'

const alias = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/)

/** What is recertified: an agent, a person, a group, or the names of the sealed role of an account. */
export const Subject = z.union([
  AgentId,
  PersonId,
  z.templateLiteral(['group:', alias]),
  z.templateLiteral(['sealed:', alias]),
])
export type Subject = z.infer<typeof Subject>

/** That a person looked at a subject and let it go on. */
export const Certified = z.strictObject({
  /** The next date. */
  due: NumericDate,
  at: NumericDate,
  by: PersonId,
  /** Of what Hotwork showed of the subject then. */
  evidence: Digest,
  /** A commitment: the text lies beside the entry. */
  reason: Digest,
})
export type Certified = z.infer<typeof Certified>

/** What the host of an agent could do without Hotwork, as IAM said. `resource` is the pattern of a rule of resources.json. */
export const Looked = z.strictObject({
  at: NumericDate,
  role: z.string().min(1).max(2048),
  actions: z.record(
    z.string(),
    z.array(
      z.strictObject({
        resource: z.string(),
        answer: Ambient,
        /** The policies that allow it, as IAM names them. */
        by: z.array(z.string()).optional(),
      }),
    ),
  ),
  /** Of the last look, where IAM did not answer: the answers are older, of this time. */
  failed: z.strictObject({ why: Unseen, answersOf: NumericDate }).optional(),
})
export type Looked = z.infer<typeof Looked>

export const Counts = z.strictObject({ ...AgentRecord.shape, approved: z.int().nonnegative() })
export type Counts = z.infer<typeof Counts>

/** What the record has of an agent, summed up once a day. */
export const Activity = z.strictObject({
  at: NumericDate,
  days30: Counts,
  days90: Counts,
  lastSeen: NumericDate.optional(),
  lastUse: z.record(z.string(), NumericDate),
  /** False where there was more on record than time to read it. */
  complete: z.boolean().optional(),
})
export type Activity = z.infer<typeof Activity>

/** What is stored of an agent beside the bundle: one row each, by another writer each. */
export type AgentFile = { certified?: Certified; looked?: Looked; activity?: Activity }

/** Of an action on many resources: allowed where it is on one of them, and denied only where it is on all. */
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

/** How many actions have which answer. */
export function ambientCounts(looked: Looked | undefined, actions: readonly string[]): { [answer in Ambient]: number } {
  const counts = { allowed: 0, denied: 0, unknown: 0 }
  for (const answer of Object.values(ambientByAction(looked, actions))) counts[answer] += 1
  return counts
}
