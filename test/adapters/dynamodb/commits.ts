import { chainEntries, contextOf, noEntries } from '../../../functions/domain/ledger/ledger.ts'
import type { Command } from '../../../functions/domain/record/commands.ts'
import { evolve } from '../../../functions/domain/record/evolve.ts'
import type { ApprovalRequest, Ask } from '../../../functions/domain/record/request.ts'
import { decide } from '../../../functions/domain/requests/decide.ts'
import type { OnceOnly } from '../../../functions/operations/ports.ts'
import type { Commit, Stored } from '../../../functions/operations/record/ports.ts'
import { submit, submittedAt } from '../../support/ask.ts'

/** The commit of an operation for a command, `after` seconds from the sample's submission. */
export function commitOf(
  ask: Ask,
  stored: Stored | undefined,
  command: Command,
  after = 0,
  once: OnceOnly[] = [],
): Commit {
  const { events } = decide(stored?.state, command, submittedAt + after)
  const state = events.reduce<ApprovalRequest | undefined>(evolve, stored?.state) as ApprovalRequest
  const expected = stored?.head ?? noEntries
  const { entries, head } = chainEntries(ask.id, expected, events, contextOf(state))
  return { id: ask.id, expected, state, entries, head, once }
}

export const submission = (ask: Ask, { tier = 2, after = 0, once = [] as OnceOnly[] } = {}): Commit =>
  commitOf(ask, undefined, submit(ask, tier), after, once)
