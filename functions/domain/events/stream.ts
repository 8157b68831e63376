// Rules: test/operations/events/streams.test.ts
import * as z from 'zod'
import { digestOf } from '../digest.ts'
import { event } from '../event.ts'
import { sessionRevoked } from '../halts/signal.ts'
import { addressesOf, type Bundle } from '../policy/bundle.ts'
import type { Rate } from '../policy/ladder.ts'
import { defined, idOfDigest, type NumericDate, StreamId, ToolId } from '../values.ts'

/** Shared Signals Framework 1.0: a tool's stream. Each tool has at most one. */

const SupportedEvent = z.enum([sessionRevoked])
export const supportedEvents = SupportedEvent.options

/** The delivery by push (RFC 8935). */
export const pushDelivery = 'urn:ietf:rfc:8935'

export const StreamStatus = z.enum(['enabled', 'paused', 'disabled'])
export type StreamStatus = z.infer<typeof StreamStatus>

export const SignalStream = z.strictObject({
  id: StreamId,
  tool: ToolId,
  endpoint: z.string(),
  /** The secret that the receiver expects in `Authorization`. */
  authorization: z.string().optional(),
  /** Absent if the tool names no type, which means all. */
  requested: z.array(z.string()).optional(),
  description: z.string().optional(),
  status: StreamStatus,
  reason: z.string().optional(),
})
export type SignalStream = z.infer<typeof SignalStream>

/** The settings that a tool makes for its stream. */
export type StreamTerms = Pick<SignalStream, 'endpoint' | 'authorization' | 'requested' | 'description'>

/** The stored row; times are milliseconds since 1970 at which a bucket is full again. */
export const StreamRow = z.strictObject({
  stream: SignalStream.optional(),
  changes: z.number().optional(),
  verifications: z.number().optional(),
})
export type StreamRow = z.infer<typeof StreamRow>

/** The rate of changes. Each is an entry, so a tool could fill its own record without it. */
export const changeRate: Rate = { perMinute: 6, burst: 30 }
/** The least time between two requests for a verification. Seconds. */
export const verificationInterval = 10
export const verificationRate: Rate = { perMinute: 60 / verificationInterval, burst: 1 }

export const deliveredEvents = ({ requested }: Pick<SignalStream, 'requested'>) =>
  supportedEvents.filter((each) => requested === undefined || requested.includes(each))

/** Whether the deployer named the endpoint: a tool must not aim Hotwork at a third party. */
export function mayReceiveAt(bundle: Bundle, tool: ToolId, endpoint: string): boolean {
  const { addresses = [], signals = [] } = addressesOf(bundle, tool) ?? {}
  // Normalized, since dots could leave the path.
  const { href } = new URL(endpoint)
  return [...addresses, ...signals]
    .map((address) => new URL(address).href)
    .some((address) => href === address || href.startsWith(`${address.replace(/\/$/, '')}/`))
}

/** The id of a new stream, which differs with the chain's length. */
export const streamIdOf = (tool: ToolId, sequence: number): StreamId =>
  StreamId.parse(idOfDigest('str', digestOf('hotwork.stream.v1', [tool, sequence])))

/** The recorded facts, without the secret, the tool's own words and the endpoint's path, which may be secret. */
const facts = {
  stream: StreamId,
  origin: z.string().regex(/^https?:\/\/[^/]+$/),
  authorized: z.boolean(),
  delivered: z.array(SupportedEvent),
  status: StreamStatus,
}

/** The events of a stream, on the tool's own chain. */
export const StreamEvent = z.discriminatedUnion('type', [
  event('StreamRegistered', facts),
  event('StreamChanged', facts),
  event('StreamRemoved', { stream: StreamId }),
])
export type StreamEvent = z.infer<typeof StreamEvent>

export function streamEvent(
  before: SignalStream | undefined,
  after: SignalStream | undefined,
  { tool, bundle }: { tool: ToolId; bundle: string },
  at: NumericDate,
): StreamEvent | undefined {
  const common = { at, actor: { type: 'tool' as const, id: tool }, policies: [], bundle }
  if (!after) return before && { ...common, type: 'StreamRemoved', stream: before.id }
  const told = {
    stream: after.id,
    origin: new URL(after.endpoint).origin,
    authorized: after.authorization !== undefined,
    delivered: deliveredEvents(after),
    status: after.status,
  }
  return { ...common, type: before ? 'StreamChanged' : 'StreamRegistered', ...told }
}

/** `undefined` removes a member; an absent member stays as it is. */
export type StreamChanges = {
  [M in keyof (StreamTerms & Pick<SignalStream, 'status' | 'reason'>)]?: SignalStream[M] | undefined
}
export const changedStream = (stream: SignalStream, changes: StreamChanges): SignalStream =>
  SignalStream.parse(defined({ ...stream, ...changes }))
