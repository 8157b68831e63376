import type { Refusal } from '../refusals.ts'
import { isAgent, type NumericDate } from '../values.ts'
import type { Ending } from './commands.ts'
import { type Actor, type Event, system } from './events.ts'
import { type ApprovalRequest, grantOf } from './request.ts'

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

export const openUntil = (state: ApprovalRequest): NumericDate => grantOf(state)?.notAfter ?? state.submittedAt

/** `also`: what it brought about all the same, such as the end of a grant whose approver is no longer eligible. */
export type Refused = { code: Refusal; detail?: string; also?: readonly Event[] }
export type Answered = readonly Event[] | Refused

export const agentActor = ({ agent, chain }: ApprovalRequest['ask']): Actor => {
  const { id } = agent
  if (!isAgent(id)) return { type: 'person', id }
  const through = chain.map((each) => each.id).filter(isAgent)
  return { type: 'agent', id, ...(through.length === 0 ? {} : { chain: through }) }
}

/** The first to find the ending stores it, and the request never lives again. */
export function endedBy(
  { status, ask }: ApprovalRequest,
  ending: Ending | undefined,
  { bundle }: { bundle: string },
  at: NumericDate,
): Refused | undefined {
  if (!ending || (ending.by === 'incident' && ending.id !== ask.breakGlass?.incident)) return undefined
  const common = { at, actor: system, policies: [], bundle, by: 'system' as const }
  const reason = reasonOf(ending)
  const code = ending.by === 'halt' ? 'halted' : ending.by === 'ancestor' ? 'ancestor_ended' : 'revoked'
  if (status === 'approved') return { code, detail: reason, also: [{ ...common, type: 'Revoked', reason }] }
  if (status === 'pending') return { code, detail: reason, also: [{ ...common, type: 'Denied', reason }] }
  return undefined
}

function reasonOf(ending: Ending): string {
  switch (ending.by) {
    case 'halt':
      return `halted by ${ending.id}`
    case 'incident':
      return `incident ${ending.id} was closed`
    default:
      return `${ending.id} has ended`
  }
}
