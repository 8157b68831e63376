import { rfc3339 } from '../../domain/ledger/ledger.ts'
import { type ApprovalRequest, grantOf, openStage, usesLeft } from '../../domain/requests/request.ts'
import type { Json } from '../../domain/values.ts'

/** A request as a person sees it (interfaces.md section 3, R). */
export function personView(state: ApprovalRequest): { [member: string]: Json } {
  const { ask, tier, round, status } = state
  const grant = grantOf(state)
  const open = state.status === 'pending' ? openStage(state) : undefined
  return {
    id: ask.id,
    status,
    agent: ask.agent.id,
    owner: ask.owner,
    action: ask.action,
    arguments: ask.arguments,
    resource: ask.resource,
    environment: ask.environment,
    classification: ask.classification,
    purpose: ask.purpose,
    ...(ask.justification === undefined ? {} : { justification: ask.justification }),
    parent_task: ask.parentTask as Json,
    tier,
    digest: ask.digest,
    arguments_digest: ask.argumentsDigest,
    unpinned: ask.unpinned,
    ...(ask.standing === undefined ? {} : { standing: ask.standing }),
    round,
    ...(state.narrowings
      ? { narrowings: state.narrowings.map(({ at, ...narrowed }) => ({ ...narrowed, at: rfc3339(at) }) as Json) }
      : {}),
    submitted_at: rfc3339(state.submittedAt),
    stage: open?.terms.name ?? null,
    stages: state.stages.map(({ terms, decisions, opensAt, deadline, escalatedAt }) => ({
      name: terms.name,
      quorum: terms.quorum,
      decisions: decisions.map(({ person, for: absent, verdict, at, comment }) => ({
        person,
        ...(absent === undefined ? {} : { for: absent }),
        verdict,
        at: rfc3339(at),
        ...(comment === undefined ? {} : { comment }),
      })),
      ...(opensAt === undefined ? {} : { opens_at: rfc3339(opensAt) }),
      ...(deadline === undefined ? {} : { deadline: rfc3339(deadline) }),
      ...(escalatedAt === undefined ? {} : { escalated_at: rfc3339(escalatedAt) }),
    })),
    ...endOf(state),
    ...(grant
      ? {
          grant: {
            id: grant.id,
            approved_at: rfc3339(grant.approvedAt),
            claim_by: rfc3339(grant.claimBy),
            not_after: rfc3339(grant.notAfter),
            uses_left: usesLeft(state),
            status: status === 'approved' ? 'live' : status,
            ...(grant.claimedAt === undefined ? {} : { claimed_at: rfc3339(grant.claimedAt) }),
            uses: grant.uses.map(({ id, tool, begunAt, ended }) => ({
              id,
              tool,
              begun_at: rfc3339(begunAt),
              ...(ended ? { ended_at: rfc3339(ended.at), outcome: ended.outcome } : {}),
            })),
          },
        }
      : {}),
  }
}

/** Who ended it, when and why, where it has ended. */
function endOf(state: ApprovalRequest): { ended?: Json } {
  const ended = (at: number, by: string, why: { [member: string]: Json }) => ({
    ended: { at: rfc3339(at), by, ...why },
  })
  switch (state.status) {
    case 'denied':
      return ended(state.deniedAt, state.deniedBy, state.reason === undefined ? {} : { reason: state.reason })
    case 'revoked':
      return ended(state.revokedAt, state.revokedBy, { reason: state.reason })
    case 'completed':
      return ended(state.completedAt, state.ask.agent.id, {
        outcome: state.outcome,
        ...(state.note === undefined ? {} : { note: state.note }),
      })
    case 'withdrawn':
      return ended(state.withdrawnAt, state.ask.agent.id, {})
    case 'expired':
      return ended(state.expiredAt, 'system', {})
    case 'pending':
    case 'approved':
      return {}
    default:
      return state satisfies never
  }
}
