import * as z from 'zod'

/** What IAM says of one action on one resource of a rule. `unknown` also where Hotwork could not ask. */
export const Ambient = z.enum(['allowed', 'denied', 'unknown'])
export type Ambient = z.infer<typeof Ambient>

const Count = z.int().nonnegative()

/** What an agent did in some time, counted. */
export const AgentRecord = z.strictObject({
  asked: Count,
  /** Approved by policy alone. */
  tierZero: Count,
  refused: Count,
  denied: Count,
  /** Calls that no person and no policy approved. */
  extraCalls: Count,
  /** Asked from 19 to 7 o'clock UTC. */
  night: Count,
})
export type AgentRecord = z.infer<typeof AgentRecord>

/** What is known of an agent beside its file: could its host do this without Hotwork, and its record of thirty days. */
export const HostFacts = z.strictObject({ ambient: Ambient, record: AgentRecord })
export type HostFacts = z.infer<typeof HostFacts>

export const noRecord: AgentRecord = { asked: 0, tierZero: 0, refused: 0, denied: 0, extraCalls: 0, night: 0 }

/** Of an agent that was never looked at. */
export const unseenHost: HostFacts = { ambient: 'unknown', record: noRecord }

/** Why IAM did not say what a host may do. */
export const Unseen = z.enum(['no_such_role', 'not_permitted', 'throttled', 'too_slow', 'fault'])
export type Unseen = z.infer<typeof Unseen>
