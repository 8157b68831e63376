import { type ApprovalRequest, grantOf } from './request.ts'
import type { NumericDate } from './values.ts'

/** When what was opened ended, if it has. */
export function endedAt(state: ApprovalRequest): NumericDate | undefined {
  switch (state.status) {
    case 'completed':
      return state.completedAt
    case 'revoked':
      return state.revokedAt
    case 'expired':
      return grantOf(state)?.notAfter ?? state.expiredAt
    default:
      return undefined
  }
}

/** When what was opened is over at the longest: at once, where nothing was. */
export const openUntil = (state: ApprovalRequest): NumericDate => grantOf(state)?.notAfter ?? state.submittedAt
