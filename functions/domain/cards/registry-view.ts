// Rules: test/domain/cards/registry-words.test.ts
import { type AgentChange, afterAgent, type ChangeRow, changeView } from '../agents/agent-change.ts'
import { digestOf } from '../digest.ts'
import type { Matched } from '../record/preview.ts'
import type { ApprovalRequest, Ask } from '../record/request.ts'
import { defined, type Json, type NumericDate } from '../values.ts'
import type { RequestView } from './request-view.ts'
import type { Who } from './who.ts'

/** A change of the registry, with the entry before and after in the form in which channels draw what a request changes. */
export const registryView = (
  state: ApprovalRequest,
  change: AgentChange,
  who: (id: string) => Who,
): Pick<RequestView, 'registry' | 'preview'> => ({
  registry: defined({
    accepts: change.accepts === undefined ? undefined : who(change.accepts),
    acceptedAt: state.accepted?.at,
    code: state.status === 'completed' ? state.code : undefined,
  }),
  preview: entryPreview(state.ask, change, state.submittedAt),
})

export function entryPreview(
  ask: Pick<Ask, 'action' | 'arguments'>,
  { before }: AgentChange,
  at: NumericDate,
): Matched {
  const after = afterAgent(ask, before)
  return previewOfRows(after.ok ? changeView(before, after.value) : [], at)
}

export function previewOfRows(rows: readonly ChangeRow[], observedAt: NumericDate): Matched {
  const side = (value: (row: ChangeRow) => Json | undefined): { [member: string]: Json } =>
    Object.fromEntries(
      rows.flatMap((row): [string, Json][] => {
        const own = value(row)
        return own === undefined ? [] : [[row.member, own]]
      }),
    )
  const before = side(({ from }) => from)
  return {
    outcome: 'matched',
    before,
    // Null marks a removed member, which would otherwise count as unchanged.
    after: side(({ to = null }) => to),
    observedAt,
    state: digestOf('hotwork.registry-entry.v1', before),
  }
}
