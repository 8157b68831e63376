// Rules: test/channels/slack/cards/request-view.test.ts
import { type ApprovalRequest, grantOf, type UseOutcome, usesLeft } from '../record/request.ts'
import { defined, type NumericDate } from '../values.ts'

export type UseView = {
  id: string
  tool: string
  key: string
  begunAt: NumericDate
  endedAt?: NumericDate
  outcome?: UseOutcome
  note?: string
  /** True if the note did not fit into the state, and is in the entry only. */
  noted?: boolean
}

export type GrantView = {
  id: string
  approvedAt: NumericDate
  claimBy: NumericDate
  notAfter: NumericDate
  claimedAt?: NumericDate
  usesLeft: number
  uses: readonly UseView[]
  /** Whether AWS issued credentials, whose denial takes some seconds. */
  hasSessions: boolean
}

export function grantView(state: ApprovalRequest): GrantView | undefined {
  const grant = grantOf(state)
  if (!grant) return undefined
  const { id, approvedAt, claimBy, notAfter, claimedAt, uses, sessions } = grant
  return {
    id,
    approvedAt,
    claimBy,
    notAfter,
    usesLeft: usesLeft(state),
    uses: uses.map(({ id, tool, key, begunAt, ended }) => ({
      id,
      tool,
      key,
      begunAt,
      ...defined({ endedAt: ended?.at, outcome: ended?.outcome, note: ended?.note, noted: ended?.noted }),
    })),
    hasSessions: sessions.length > 0,
    ...defined({ claimedAt }),
  }
}
