// Rules: test/domain/events/decision-events.test.ts
import * as z from 'zod'
import { agentOf, type Bundle } from '../policy/bundle.ts'
import { ToolId } from '../values.ts'
import { DecisionEvent } from './decision-events.ts'
import { SecurityEvent, type SessionRevoked } from './security-events.ts'

/** A delivery of one event to one receiver: `bus`, or `webhook:` and the id of an agent or tool. */
export const DecisionDelivery = z.strictObject({
  receiver: z.union([z.literal('bus'), z.templateLiteral(['webhook:', z.string().min(1)])]),
  event: DecisionEvent,
})
export type DecisionDelivery = z.infer<typeof DecisionDelivery>

const stream = 'stream:'
/** A delivery of one security event to a tool's stream. */
export const SignalDelivery = z.strictObject({
  receiver: z.templateLiteral([stream, z.string().min(1)]),
  event: SecurityEvent,
})
export type SignalDelivery = z.infer<typeof SignalDelivery>
export const Delivery = z.union([DecisionDelivery, SignalDelivery])
export type Delivery = z.infer<typeof Delivery>

export const toStream = (tool: ToolId, event: SecurityEvent): SignalDelivery => ({
  receiver: `${stream}${tool}`,
  event,
})
export const isSignal = (delivery: Delivery): delivery is SignalDelivery => delivery.receiver.startsWith(stream)
export const toolOfStream = ({ receiver }: SignalDelivery): ToolId => ToolId.parse(receiver.slice(stream.length))

/** The delivery to the token's own tool. Streams are not looked up here, since they come and go. */
export function signalOf(event: SessionRevoked, action: string, bundle: Bundle): SignalDelivery | undefined {
  const tool = toolOf(action, bundle)
  return tool && toStream(tool, event)
}

/**
 * The bus gets all events, an agent those of its own requests, and a tool those of requests for a credential of its
 * own.
 */
export function deliveriesOf(event: DecisionEvent, bundle: Bundle): readonly DecisionDelivery[] {
  const parties = 'request' in event ? [event.agent, toolOf(event.action, bundle)] : []
  const notified = parties.filter((id) => id !== undefined && notifyOf(id, bundle) !== undefined)
  return [{ receiver: 'bus', event }, ...notified.map((id) => ({ receiver: `webhook:${id}` as const, event }))]
}

const toolOf = (action: string, { actions }: Bundle): ToolId | undefined => ToolId.safeParse(actions[action]?.tool).data

/** The webhook address of an agent or tool. @param id its id; it may have left the registry */
export const notifyOf = (id: string, bundle: Bundle): string | undefined =>
  agentOf(bundle, id)?.notify ?? bundle.tools.find((tool) => tool.id === id)?.notify
