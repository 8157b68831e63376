// Rules: test/domain/agents/activity.test.ts
import * as z from 'zod'

/** The answer of IAM about one action on one resource of a rule. `unknown` also if Hotwork could not ask. */
export const Ambient = z.enum(['allowed', 'denied', 'unknown'])
export type Ambient = z.infer<typeof Ambient>

const Count = z.int().nonnegative()

/** An agent's acts over some time, counted. */
export const AgentRecord = z.strictObject({
  asked: Count,
  /** Requests approved by policy alone. */
  tierZero: Count,
  refused: Count,
  denied: Count,
  /** Calls without an approval. */
  extraCalls: Count,
  /** Requests made from 19 to 7 o'clock in the calendar's time zone. */
  night: Count,
})
export type AgentRecord = z.infer<typeof AgentRecord>

/** Facts about an agent beside its file: the ambient privilege of its host, and its record of thirty days. */
export const HostFacts = z.strictObject({
  ambient: Ambient,
  record: AgentRecord,
  /** Present if changes of the host are seen within minutes. */
  live: z.literal(true).optional(),
})
export type HostFacts = z.infer<typeof HostFacts>

export const noRecord: AgentRecord = { asked: 0, tierZero: 0, refused: 0, denied: 0, extraCalls: 0, night: 0 }

/** The facts of an agent before the first look. */
export const unseenHost: HostFacts = { ambient: 'unknown', record: noRecord }

/** The reason why IAM did not answer about a host. */
export const Unseen = z.enum(['no_such_role', 'not_permitted', 'throttled', 'too_slow', 'fault'])
export type Unseen = z.infer<typeof Unseen>
