import * as z from 'zod'
import { digestOf } from '../digest.ts'
import { type Halt, HaltTarget } from '../halts/halt.ts'
import { isOfHalt } from '../record/commands.ts'
import { openingOf, rulesOf } from '../record/origin.ts'
import { type ApprovalRequest, grantOf } from '../record/request.ts'
import { AgentId, defined, GrantId, HaltId, idOfDigest, isAgent, NumericDate, RequestId, random26 } from '../values.ts'

/** The same change has the same id, so that a receiver can drop a repeat. */
export const EventId = z
  .string()
  .regex(new RegExp(`^evt_${random26}$`))
  .brand<'EventId'>()
export type EventId = z.infer<typeof EventId>

const common = { id: EventId, at: NumericDate }

/**
 * A request's event: ids, status and times only. Arguments, resources, texts and rights are left out, and people, whose
 * ids are personal data. New members must be optional: a queue holds events of older code.
 */
export const RequestEvent = z.strictObject({
  ...common,
  type: z.enum([
    'Request Submitted',
    'Request Approved',
    'Request Denied',
    'Request Expired',
    'Request Withdrawn',
    'Request Narrowed',
    'Grant Ended',
    'Opening Started',
    'Opening Ended',
    'Opening Reviewed',
  ]),
  request: RequestId,
  /** The request that it was delegated from, or the plan of a step. */
  parent: RequestId.optional(),
  /** Absent for an opening, which a person asks for. */
  agent: AgentId.optional(),
  action: z.string(),
  tier: z.int().nonnegative(),
  round: z.int().positive(),
  status: z.enum(['pending', 'approved', 'denied', 'expired', 'withdrawn', 'completed', 'revoked']),
  submittedAt: NumericDate,
  /** Present while it is pending. */
  decideBy: NumericDate.optional(),
  grant: GrantId.optional(),
  claimBy: NumericDate.optional(),
  notAfter: NumericDate.optional(),
  /** The reason for an end of a grant or opening. `state_changed`: the resource changed, and people decide again. */
  ended: z
    .strictObject({
      how: z.enum(['completed', 'expired', 'revoked', 'halted', 'state_changed']),
      by: z.enum(['agent', 'person', 'system']),
    })
    .optional(),
  /** The outcome of the work, or of an opening's review; `revise` of a request that a person sent back. */
  outcome: z.enum(['succeeded', 'failed', 'justified', 'not_justified', 'revise']).optional(),
  drill: z.literal(true).optional(),
})
export type RequestEvent = z.infer<typeof RequestEvent>

export const HaltDecisionEvent = z.strictObject({
  ...common,
  type: z.enum(['Halt Declared', 'Halt Lifted']),
  halt: HaltId,
  /** The target; without its value if that is a person. */
  target: z.strictObject({
    kind: z.enum(HaltTarget.options.map(({ shape }) => shape.kind.value)),
    value: z.string().optional(),
  }),
  until: NumericDate.optional(),
})
export type HaltDecisionEvent = z.infer<typeof HaltDecisionEvent>

export const DecisionEvent = z.union([RequestEvent, HaltDecisionEvent])
export type DecisionEvent = z.infer<typeof DecisionEvent>

const idOf = (type: DecisionEvent['type'], ...of: readonly (string | number)[]): EventId =>
  EventId.parse(idOfDigest('evt', digestOf('hotwork.event.v1', [type, ...of])))

/** The events between two stored states of a request. Each occurs at most once a round. */
export function eventsOfRequest(before: ApprovalRequest | undefined, after: ApprovalRequest): readonly RequestEvent[] {
  const ofType = (type: RequestEvent['type'], at: NumericDate, facts: Partial<RequestEvent> = {}): RequestEvent => ({
    ...{ id: idOf(type, after.ask.id, facts.round ?? after.round), type, at },
    ...factsOf(after),
    ...facts,
  })
  return rulesOf(after.ask).asks === 'rights' ? ofOpening(before, after, ofType) : ofAsk(before, after, ofType)
}

type EventBuilder = (type: RequestEvent['type'], at: NumericDate, facts?: Partial<RequestEvent>) => RequestEvent

function ofAsk(
  before: ApprovalRequest | undefined,
  after: ApprovalRequest,
  build: EventBuilder,
): readonly RequestEvent[] {
  const events: RequestEvent[] = []
  if (!before) events.push(build('Request Submitted', after.submittedAt))
  const narrowed = after.narrowings?.at(-1)
  if (narrowed && after.narrowings?.length !== before?.narrowings?.length)
    events.push(build('Request Narrowed', narrowed.at))
  const ended = endOf(before, after)
  if (ended) events.push(build('Grant Ended', ended.at, ended.facts))
  if (before?.status === after.status && before.round === after.round) return events
  if (after.status === 'approved') events.push(build('Request Approved', after.grant.approvedAt))
  if (after.status === 'denied')
    events.push(build('Request Denied', after.deniedAt, defined({ outcome: after.outcome })))
  if (after.status === 'withdrawn') events.push(build('Request Withdrawn', after.withdrawnAt))
  if (after.status === 'expired' && !after.grant) events.push(build('Request Expired', after.expiredAt))
  return events
}

function ofOpening(
  before: ApprovalRequest | undefined,
  after: ApprovalRequest,
  build: EventBuilder,
): readonly RequestEvent[] {
  const events: RequestEvent[] = []
  if (!before) events.push(build('Opening Started', after.submittedAt))
  const ended = endOf(before, after)
  if (ended) events.push(build('Opening Ended', ended.at, ended.facts))
  const review = after.review?.done
  if (review && !before?.review?.done) events.push(build('Opening Reviewed', review.at, { outcome: review.outcome }))
  return events
}

function endOf(before: ApprovalRequest | undefined, after: ApprovalRequest) {
  const was = before && grantOf(before)
  if (before?.status !== 'approved' || !was) return undefined
  if (after.status === 'approved' && after.round === before.round) return undefined
  const { id: grant } = was
  switch (after.status) {
    case 'completed': {
      const { outcome, completedAt: at } = after
      return { at, facts: { grant, outcome, ended: { how: 'completed', by: 'agent' } as const } }
    }
    case 'revoked': {
      const { revokedAt: at, revokedBy, reason } = after
      const by = revokedBy === 'system' ? 'system' : 'person'
      const how = by === 'system' && isOfHalt(reason) ? 'halted' : 'revoked'
      return { at, facts: { grant, ended: { how, by } as const } }
    }
    case 'pending':
    // The next round, if policy approves it without people.
    case 'approved': {
      const { round } = before
      return { at: after.updatedAt, facts: { grant, round, ended: { how: 'state_changed', by: 'system' } as const } }
    }
    default:
      return { at: after.updatedAt, facts: { grant, ended: { how: 'expired', by: 'system' } as const } }
  }
}

function factsOf(state: ApprovalRequest) {
  const { ask, tier, round, status, submittedAt } = state
  const { id: grant, claimBy, notAfter } = grantOf(state) ?? {}
  return {
    ...{ request: ask.id, action: ask.action, tier, round, status, submittedAt },
    ...defined({
      parent: ask.ancestors.at(-1),
      agent: isAgent(ask.agent.id) ? ask.agent.id : undefined,
      decideBy: state.status === 'pending' ? state.decideBy : undefined,
      ...{ grant, claimBy, notAfter },
      drill: openingOf(ask)?.drill ? (true as const) : undefined,
    }),
  }
}

/** The events between two stored lists of a target's halts. An end by time is not stored, so it has no event. */
export function eventsOfHalts(before: readonly Halt[], after: readonly Halt[]): readonly HaltDecisionEvent[] {
  return after.flatMap((halt) => {
    const was = before.find(({ id }) => id === halt.id)
    return [
      ...(was ? [] : [ofHalt('Halt Declared', halt, halt.at)]),
      ...(halt.lifted && !was?.lifted ? [ofHalt('Halt Lifted', halt, halt.lifted.at)] : []),
    ]
  })
}

const ofHalt = (type: HaltDecisionEvent['type'], { id: halt, target, until }: Halt, at: NumericDate) => ({
  ...{ id: idOf(type, halt), type, at, halt },
  target: target.kind === 'person' || target.kind === 'owner' ? { kind: target.kind } : target,
  ...defined({ until }),
})
