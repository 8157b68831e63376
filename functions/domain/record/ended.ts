// Rules: test/domain/uses/actual.test.ts
import { kindAt, recordsCalls } from '../../targets/kinds.ts'
import type { NumericDate } from '../values.ts'
import { openingOf } from './origin.ts'
import { type ApprovalRequest, grantOf } from './request.ts'

/** The end of a grant or opening, if it has ended. */
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

/** The latest end of a grant or opening; without one, the request's. */
export const openUntil = (state: ApprovalRequest): NumericDate => grantOf(state)?.notAfter ?? state.submittedAt

/** Whether a target with a record of calls was or may have been called, by the agent or by Hotwork. */
function isRecorded(state: ApprovalRequest): boolean {
  const { uses = [], sessions = [], credentials = {} } = grantOf(state) ?? {}
  const kinds = [
    ...uses.map(({ tool }) => tool),
    ...sessions.map(({ role }) => kindAt(role)),
    ...Object.keys(credentials),
  ]
  return kinds.some(recordsCalls)
}

/** The time since which a comparison with the target's record is due. */
export function uncomparedSince(state: ApprovalRequest): NumericDate | undefined {
  // Hotwork issued no session of a sealed role: its review reads the calls themselves.
  if (state.calls || openingOf(state.ask)?.sealed || !isRecorded(state)) return undefined
  return endedAt(state)
}
