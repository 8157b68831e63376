import { type Answered, agentActor, endedBy, type Refused } from './answering.ts'
import { intend, issue } from './claiming.ts'
import type { Command } from './commands.ts'
import { comment } from './commenting.ts'
import { takeDecision } from './deciding.ts'
import { delegate } from './delegating.ts'
import { due } from './due.ts'
import { complete, revoke, revokeCredential, withdraw } from './ending.ts'
import { type Actor, type Event, system } from './events.ts'
import { evolve } from './evolve.ts'
import { openBreakGlass, review } from './opening.ts'
import type { Refusal } from './refusals.ts'
import type { ApprovalRequest } from './request.ts'
import { endsSomething, hasRoom } from './room.ts'
import { refusedWhereSealed, reportSealedUse } from './sealed.ts'
import { submit } from './submitting.ts'
import { beginCall, beginUse, endCall, endUse, resolveCall, returnCall } from './using.ts'
import { actorNamed, type NumericDate } from './values.ts'

/** What a command comes to: events to commit, all of them, and the refusal to tell, if it was refused. */
export type Decided = { events: readonly Event[]; refusal?: { code: Refusal; detail?: string } }

/** Past this many recorded refusals of one actor on one request a further one is only logged. */
export const recordedRefusals = 20

/**
 * The whole of what Hotwork decides. Pure: the same state, command and time give the same events. First what time has
 * made due, then the command's own events, or one `Refused`.
 *
 * @param state the request, or `undefined` for a submission
 * @param now   the caller's clock; the later of it and the last entry's time counts
 */
export function decide(state: ApprovalRequest | undefined, command: Command, now: NumericDate): Decided {
  if (!state && (command.type === 'open_break_glass' || command.type === 'report_sealed_use')) {
    const opened = command.type === 'open_break_glass' ? openBreakGlass(command, now) : reportSealedUse(command, now)
    return 'code' in opened ? { events: [], refusal: opened } : { events: opened }
  }
  if (!state)
    return command.type === 'submit'
      ? { events: submit(command, now) }
      : { events: [], refusal: { code: 'unknown_request' } }
  const at = Math.max(now, state.updatedAt)
  const first = due(state, at, command.bundle)
  const current = first.reduce<ApprovalRequest>(evolve, state)
  const answer = withinRoom(current, command, obey(current, command, at))
  if (Array.isArray(answer)) return { events: [...first, ...answer] }
  const { also = [], ...refusal } = answer as Refused
  const refused = refusedEvent(current, command, refusal.code, at)
  return { events: [...first, ...also, ...refused], refusal }
}

const full = 'the record of this request is as large as it may be: complete it, and ask for a new one'

/** What would leave too little room to end the request by is refused; what ends it never is. */
function withinRoom(state: ApprovalRequest, command: Command, answer: Answered): Answered {
  if (!Array.isArray(answer) || answer.length === 0 || endsSomething(command)) return answer
  return hasRoom(answer.reduce<ApprovalRequest>(evolve, state)) ? answer : { code: 'record_full', detail: full }
}

function obey(state: ApprovalRequest, command: Command, at: NumericDate): Answered {
  // Operations ask this first, and record it elsewhere; nothing here rests on that.
  if ('agent' in command && command.agent !== state.ask.agent.id) return { code: 'unknown_request' }
  const refused = refusedWhereSealed(state, command)
  if (refused) return refused
  switch (command.type) {
    case 'submit':
    case 'open_break_glass':
    case 'report_sealed_use':
      return { code: 'duplicate_request' }
    case 'review_break_glass':
      return review(state, command, at)
    case 'decide':
      return takeDecision(state, command, at)
    case 'comment':
      return comment(state, command, at)
    case 'intend':
      return intend(state, command, at)
    case 'issue':
      return issue(state, command, at)
    case 'begin_use':
      return beginUse(state, command, at)
    case 'end_use':
      return endUse(state, command, at)
    case 'begin_call':
      return beginCall(state, command, at)
    case 'end_call':
      return endCall(state, command, at)
    case 'return_call':
      return returnCall(state, command, at)
    case 'resolve_call':
      return resolveCall(state, command, at)
    case 'delegate':
      return delegate(state, command, at)
    case 'revoke_credential':
      return revokeCredential(state, command, at)
    case 'complete':
      return complete(state, command, at)
    case 'withdraw':
      return withdraw(state, command, at)
    case 'revoke':
      return revoke(state, command, at)
    case 'wake':
      return endedBy(state, command.ending, command, at)?.also ?? []
    default:
      return command satisfies never
  }
}

/** Who attempted a command: refused or done, an entry names the one who acted. */
export function actorOf(state: ApprovalRequest, command: Command): Actor {
  switch (command.type) {
    case 'decide':
    case 'comment':
    case 'revoke':
    case 'review_break_glass':
      return { type: 'person', id: command.person }
    case 'begin_use':
    case 'end_use':
      return { type: 'tool', id: command.tool }
    case 'resolve_call':
    case 'wake':
      return system
    case 'submit':
    case 'open_break_glass':
    case 'report_sealed_use':
      return agentActor(command.ask)
    default:
      return command.agent === state.ask.agent.id ? agentActor(state.ask) : actorNamed(command.agent)
  }
}

function refusedEvent(state: ApprovalRequest, command: Command, code: Refusal, at: NumericDate): readonly Event[] {
  const actor = actorOf(state, command)
  if ((state.refusals[actor.id] ?? 0) >= recordedRefusals) return []
  const attempted = command.type === 'decide' ? command.verdict : command.type
  const policies =
    command.type === 'decide'
      ? [...new Set(Object.values(command.permittedBy).flat())]
      : 'answer' in command
        ? [...command.answer.policies]
        : []
  const refused: Event = { type: 'Refused', at, actor, policies, bundle: command.bundle, attempted, code }
  return hasRoom(evolve(state, refused)) ? [refused] : []
}
