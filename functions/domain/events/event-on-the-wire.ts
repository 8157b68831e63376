// Rules: test/domain/events/decision-events.test.ts
import { defined, rfc3339 } from '../values.ts'
import type { DecisionEvent } from './decision-events.ts'

const time = (at: number | undefined) => (at === undefined ? undefined : rfc3339(at))

/** An event in the form for receivers: `detail` on the bus, `data` of a webhook. docs/events.md names the members. */
export function detailOf(event: DecisionEvent): object {
  const { id, at } = event
  if ('halt' in event)
    return { id, at: rfc3339(at), ...defined({ halt: event.halt, target: event.target, until: time(event.until) }) }
  const { submittedAt, decideBy, claimBy, notAfter, type: _, ...rest } = event
  return {
    ...rest,
    at: rfc3339(at),
    submitted_at: rfc3339(submittedAt),
    ...defined({ decide_by: time(decideBy), claim_by: time(claimBy), not_after: time(notAfter) }),
  }
}

/** The body of a webhook in the form of Standard Webhooks, with a type such as `request.approved`. */
export const webhookBodyOf = (event: DecisionEvent): string =>
  JSON.stringify({
    type: event.type.toLowerCase().replace(' ', '.'),
    timestamp: rfc3339(event.at),
    data: detailOf(event),
  })
