import type { CompareCalls } from '../requests/commands.ts'
import { uncomparedSince } from '../requests/due.ts'
import { type Event, system } from '../requests/events.ts'
import type { ApprovalRequest } from '../requests/request.ts'
import type { NumericDate } from '../values.ts'

/** Once, and of a grant that has ended. It changes neither its status nor its end. */
export function compareCalls(
  state: ApprovalRequest,
  { found, bundle }: CompareCalls,
  at: NumericDate,
): readonly Event[] {
  if (uncomparedSince(state) === undefined) return []
  return [{ type: 'CallsCompared', at, actor: system, policies: [], bundle, ...found }]
}
