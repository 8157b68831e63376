// Rules: test/domain/uses/actual.test.ts
import { system } from '../event.ts'
import type { CompareCalls } from '../record/commands.ts'
import { uncomparedSince } from '../record/ended.ts'
import type { Event } from '../record/events.ts'
import type { ApprovalRequest } from '../record/request.ts'
import type { NumericDate } from '../values.ts'

/** Records the comparison once, after the grant's end. Status and end stay. */
export function compareCalls(
  state: ApprovalRequest,
  { found, bundle }: CompareCalls,
  at: NumericDate,
): readonly Event[] {
  if (uncomparedSince(state) === undefined) return []
  return [{ type: 'CallsCompared', at, actor: system, policies: [], bundle, ...found }]
}
