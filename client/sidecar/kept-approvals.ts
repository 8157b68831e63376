// Rules: test/client/sidecar/approvals.test.ts
import { createHash } from 'node:crypto'
import * as z from 'zod'
import { CallMembers } from '../gated/askings.ts'
import { Members } from '../gated/gated-call.ts'
import type { Journal, Kind } from '../journal/journal.ts'

export const duration = /^[1-9]\d{0,8}[smh]$/

/** The submission of an adapter of the Agent Approval Protocol. */
export const Submission = z.strictObject({
  tool: z.string().min(1).max(256),
  server: z.string().min(1).max(256).optional(),
  arguments: Members,
  timeout: z.string().regex(duration, 'it is a whole number of seconds, minutes or hours, such as 30m'),
  agent_reasoning: z.string().max(10_000).optional(),
  context: Members.optional(),
})
export type Submission = z.infer<typeof Submission>

const Decision = z.strictObject({
  status: z.enum(['approved', 'denied', 'expired', 'cancelled']),
  note: z.string().optional(),
  decided_at: z.number(),
  expires_at: z.number().optional(),
})
export type Decision = z.infer<typeof Decision>

const Outcome = z.strictObject({
  status: z.enum(['succeeded', 'failed']),
  note: z.string().optional(),
  reported_at: z.number(),
})

/** Times are milliseconds. */
const Approval = z.looseObject({
  version: z.literal(1),
  id: z.string(),
  agent: z.string(),
  submission: Submission,
  created_at: z.number(),
  deadline_at: z.number(),
  /** The call to ask for; absent if it needs no permit. */
  call: CallMembers.pick({ action: true, purpose: true, parentTask: true, taskSource: true, mcp: true }).optional(),
  /** Hotwork's id of the request, once it is known. */
  request: z.string().optional(),
  decision: Decision.optional(),
  consumption: z.strictObject({ key: z.string(), consumed_at: z.number(), outcome: Outcome.optional() }).optional(),
})
export type Approval = z.infer<typeof Approval>

/** A week for the decision, and a week more for which the protocol keeps the request and its key. Milliseconds. */
const kept = 15 * 86_400_000

/** The approvals that adapters asked for, which survive a restart. They contain arguments. */
export const approvals: Kind<Approval> = {
  ...{ prefix: 'aap-', shape: Approval, stays: Number.POSITIVE_INFINITY },
  isOver: ({ created_at }, now) => now - created_at > kept,
}

/** The same for the same agent and `Idempotency-Key`: a UUID (RFC 9562, version 8). */
export function idOf(issuer: string, agent: string, key: string): string {
  const hex = createHash('sha256')
    .update(JSON.stringify([issuer, agent, key]))
    .digest('hex')
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** Another agent's approval counts as missing. */
export function findApproval(journal: Journal, id: string, agent: string): Approval | undefined {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return undefined
  const found = journal.find(approvals, id)
  return found?.agent === agent ? found : undefined
}
