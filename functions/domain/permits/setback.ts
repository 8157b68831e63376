// Rules: test/operations/permits/shapes.test.ts
import * as z from 'zod'
import type { Event } from '../record/events.ts'
import { keptSteps } from '../record/plan-step.ts'
import type { Ask } from '../record/request.ts'
import { type AgentId, isAgent, isRefusal, NumericDate, RequestId } from '../values.ts'

/** A setback: an act after which people are asked again about an agent's action. It ends standing permits by shape. */
export const Setback = z.strictObject({
  request: RequestId,
  at: NumericDate,
  by: z.enum(['deny', 'revise', 'extra_calls']),
})
export type Setback = z.infer<typeof Setback>

export const setbackPrefix = 'SETBACK#'

/** The row of the last setback of one agent and action, in the requests table. */
export const setbackKey = (agent: AgentId, action: string): string => `${setbackPrefix}${agent}#${action}`

/** The row's value before the first setback, which a draw writes to hold the row. */
export const noSetback = '-'

export const readSetback = (row: string | undefined): Setback | undefined =>
  row === undefined || row === noSetback ? undefined : Setback.parse(JSON.parse(row))

/** Whether a setback of its agent since the permit was given ends it. */
export const endsPermit = (last: Setback | undefined, before: Setback | undefined): last is Setback =>
  last !== undefined && (['request', 'at', 'by'] as const).some((name) => last[name] !== before?.[name])

/** How long the row is kept: longer than a permit lives. Seconds. */
export const setbackKept = 8 * 86_400

/** The setback among the events of one act on a request, and the rows of its agents and actions. */
export function setbackIn(
  events: readonly Event[],
  ask: Pick<Ask, 'id' | 'agent' | 'action' | 'steps'>,
): { setback: Setback; keys: readonly string[] } | undefined {
  const setback = events.flatMap((event): Setback | [] => {
    const common = { request: ask.id, at: event.at }
    if (event.type === 'Decided' && isRefusal(event.verdict))
      return { ...common, by: event.verdict === 'revise' ? 'revise' : 'deny' }
    return event.type === 'CallsCompared' && event.extraCalls > 0 ? { ...common, by: 'extra_calls' } : []
  })[0]
  if (!setback) return undefined
  const doers = [{ agent: ask.agent.id, action: ask.action }, ...keptSteps({ ask })]
  const keys = doers.flatMap(({ agent, action }) => (isAgent(agent) ? setbackKey(agent, action) : []))
  return { setback, keys: [...new Set(keys)] }
}
