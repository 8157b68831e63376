import { kindAt, recordsCalls } from '../../targets/kinds.ts'
import type { NumericDate } from '../values.ts'
import { openingOf } from './origin.ts'
import { type ApprovalRequest, grantOf } from './request.ts'

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

/** Whether a target that records calls was called, or may have been: by the agent, or by Hotwork. */
function isRecorded(state: ApprovalRequest): boolean {
  const { uses = [], sessions = [], credentials = {} } = grantOf(state) ?? {}
  const kinds = [
    ...uses.map(({ tool }) => tool),
    ...sessions.map(({ role }) => kindAt(role)),
    ...Object.keys(credentials),
  ]
  return kinds.some(recordsCalls)
}

/** Since when the calls that its target recorded can be compared with what was approved, and have not been. */
export function uncomparedSince(state: ApprovalRequest): NumericDate | undefined {
  // Hotwork gave no session of a sealed role: its review goes by the calls themselves.
  if (state.calls || openingOf(state.ask)?.sealed || !isRecorded(state)) return undefined
  return endedAt(state)
}
