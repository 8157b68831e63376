import * as z from 'zod'
import { digestOf } from '../digest.ts'
import { event } from '../event.ts'
import { sessionRevoked } from '../halts/signal.ts'
import { addressesOf, type Bundle } from '../policy/bundle.ts'
import type { Rate } from '../policy/ladder.ts'
import { defined, idOfDigest, type NumericDate, StreamId, ToolId } from '../values.ts'

/** Shared Signals Framework 1.0: what a tool is told, and where. Each tool has one stream. */

const SupportedEvent = z.enum([sessionRevoked])
export const supportedEvents = SupportedEvent.options

/** RFC 8935: Hotwork pushes. */
export const pushDelivery = 'urn:ietf:rfc:8935'

export const StreamStatus = z.enum(['enabled', 'paused', 'disabled'])
export type StreamStatus = z.infer<typeof StreamStatus>

export const SignalStream = z.strictObject({
  id: StreamId,
  tool: ToolId,
  endpoint: z.string(),
  /** What the receiver wants in `Authorization`: a secret. */
  authorization: z.string().optional(),
  /** All of them, where the tool names none. */
  requested: z.array(z.string()).optional(),
  description: z.string().optional(),
  status: StreamStatus,
  reason: z.string().optional(),
})
export type SignalStream = z.infer<typeof SignalStream>

/** What a tool says of its stream itself. */
export type StreamTerms = Pick<SignalStream, 'endpoint' | 'authorization' | 'requested' | 'description'>

/** Milliseconds since 1970 at which each bucket is full again. */
export const StreamRow = z.strictObject({
  stream: SignalStream.optional(),
  changes: z.number().optional(),
  verifications: z.number().optional(),
})
export type StreamRow = z.infer<typeof StreamRow>

/** Each change is an entry: a tool cannot fill its own record. */
export const changeRate: Rate = { perMinute: 6, burst: 30 }
/** Seconds between two requests for a verification. */
export const verificationInterval = 10
export const verificationRate: Rate = { perMinute: 60 / verificationInterval, burst: 1 }

export const deliveredEvents = ({ requested }: Pick<SignalStream, 'requested'>) =>
  supportedEvents.filter((each) => requested === undefined || requested.includes(each))

/** Hotwork calls an address that the deployer named, and no other, so no tool can aim it at a third party. */
export function mayReceiveAt(bundle: Bundle, tool: ToolId, endpoint: string): boolean {
  const { addresses = [], signals = [] } = addressesOf(bundle, tool) ?? {}
  // As it will be called: dots in a path lead out of it.
  const { href } = new URL(endpoint)
  return [...addresses, ...signals]
    .map((address) => new URL(address).href)
    .some((address) => href === address || href.startsWith(`${address.replace(/\/$/, '')}/`))
}

/** A stream that was removed and made again is another: the chain is longer. */
export const streamIdOf = (tool: ToolId, sequence: number): StreamId =>
  StreamId.parse(idOfDigest('str', digestOf('hotwork.stream.v1', [tool, sequence])))

/** Without the secret, the path of the endpoint, which may be one too, and the tool's own words. */
const facts = {
  stream: StreamId,
  origin: z.string().regex(/^https?:\/\/[^/]+$/),
  authorized: z.boolean(),
  delivered: z.array(SupportedEvent),
  status: StreamStatus,
}

/** On the tool's own chain. */
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

/** `undefined` takes a member away, and one that is not there stays as it is. */
export type StreamChanges = {
  [M in keyof (StreamTerms & Pick<SignalStream, 'status' | 'reason'>)]?: SignalStream[M] | undefined
}
export const changedStream = (stream: SignalStream, changes: StreamChanges): SignalStream =>
  SignalStream.parse(defined({ ...stream, ...changes }))
