import { filledFor } from '../../domain/break-glass/rights.ts'
import { rfc3339 } from '../../domain/ledger/ledger.ts'
import type { BudgetLeft } from '../../domain/policy/budget-left.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { type ApprovalRequest, grantOf } from '../../domain/requests/request.ts'
import type { Json } from '../../domain/values.ts'
import type { CallsSeen, Evidence } from '../../operations/ledger/read-evidence.ts'
import { personView } from './person-view.ts'

/** Somebody who broke the glass, as people see it: what was said, what is open and until when, what was done, the review. */
export function breakGlassView(
  state: ApprovalRequest,
  bundle: Pick<Bundle, 'actions' | 'deployment'>,
): { [member: string]: Json } {
  const { ask, review } = state
  const grant = grantOf(state)
  const glass = ask.breakGlass
  if (!glass || !grant) throw new TypeError(`\`${ask.id}\` is no break-glass`)
  const { ended, grant: shown } = personView(state)
  return {
    id: ask.id,
    status: state.status,
    person: ask.owner,
    ...(glass.profile === undefined ? {} : { profile: glass.profile }),
    action: ask.action,
    arguments: ask.arguments,
    resource: ask.resource,
    rights: glass.rights.map(({ action, resources }) => ({
      action,
      resources: resources.map((each) => filledFor(action, each, bundle)),
    })),
    environment: ask.environment,
    reason: glass.reason,
    incident: glass.incident,
    minutes: Math.floor(glass.window / 60),
    drill: glass.drill,
    ...(glass.sealed ? { sealed: true } : {}),
    ...(glass.secondedBy === undefined ? {} : { vouched_by: glass.secondedBy }),
    digest: ask.digest,
    unpinned: ask.unpinned,
    /** What there is to get for it: AWS credentials, one call that Hotwork makes, or a token for a tool. */
    credential: ask.credential,
    opened_at: rfc3339(state.submittedAt),
    not_after: rfc3339(grant.notAfter),
    ...(ended === undefined ? {} : { ended }),
    ...(shown === undefined ? {} : { grant: shown }),
    ...(review === undefined ? {} : { review: reviewView(review) }),
  }
}

const reviewView = ({ dueAt, overdueAt, done }: NonNullable<ApprovalRequest['review']>): Json => ({
  due_at: rfc3339(dueAt),
  status: done ? 'done' : overdueAt === undefined ? 'due' : 'overdue',
  ...(done ? { by: done.by, at: rfc3339(done.at), outcome: done.outcome, note: done.note } : {}),
})

/** What is left of the seven days' minutes: of a person, of a profile, or of one action on one resource. */
export const budgetView = ({ budget, left, ...of }: BudgetLeft): Json => ({
  ...(of as { [member: string]: Json }),
  budget_minutes: Math.floor(budget / 60),
  left_minutes: Math.floor(left / 60),
})

/**
 * What was done with an opening: each credential, and each call where AWS has it on record. `calls` is null where nobody
 * can say, since no record answers; `calls_elsewhere` names the accounts whose record is theirs alone.
 */
export const evidenceView = ({ credentials, calls }: Evidence): { [member: string]: Json } => ({
  credentials: credentials.map(({ id, claim, issuedAt, expiresAt, role }) => ({
    id,
    kind: claim,
    issued_at: rfc3339(issuedAt),
    expires_at: rfc3339(expiresAt),
    ...(role === undefined ? {} : { role }),
  })),
  ...callsView(calls),
})

function callsView(seen: CallsSeen): { [member: string]: Json } {
  if (seen.seen === 'none_issued') return { calls: [], calls_more: false, calls_elsewhere: [] }
  if (seen.seen === 'outside') return { calls: null, calls_elsewhere: [seen.account] }
  if (seen.seen === 'silent') return { calls: null, calls_elsewhere: seen.elsewhere }
  const calls = seen.calls.map(({ at, ...call }) => ({ at: rfc3339(at), ...call }))
  return { calls: calls as Json, calls_more: seen.more, calls_elsewhere: seen.elsewhere }
}
