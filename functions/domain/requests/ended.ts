import type { Refusal } from '../refusals.ts'
import { isAgent, type NumericDate } from '../values.ts'
import type { Ending } from './commands.ts'
import { type Actor, type Event, system } from './events.ts'
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

/** A refusal, with what it brought about all the same: an approver found to be no longer eligible ends the grant. */
export type Refused = { code: Refusal; detail?: string; also?: readonly Event[] }
/** What the part of the reducer for one command answers: its events, or why not. */
export type Answered = readonly Event[] | Refused

/** Whoever asked, acting: an agent with its delegation chain, or a person who used break-glass. */
export const agentActor = ({ agent, chain }: ApprovalRequest['ask']): Actor => {
  const { id } = agent
  if (!isAgent(id)) return { type: 'person', id }
  const through = chain.map((each) => each.id).filter(isAgent)
  return { type: 'agent', id, ...(through.length === 0 ? {} : { chain: through }) }
}

/**
 * What ends a request whatever policy says: a halt that covers it, an ancestor whose grant is no longer live, or the end
 * of the incident for which break-glass is used. It is found by reading, so the request is ended here, by whoever comes
 * first, and never lives again.
 */
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
