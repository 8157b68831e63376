import type { SecurityEvent } from '../../domain/events/security-events.ts'
import {
  changedStream,
  changeRate,
  mayReceiveAt,
  type SignalStream,
  type StreamChanges,
  type StreamRow,
  type StreamTerms,
  streamEvent,
  streamIdOf,
  verificationRate,
} from '../../domain/events/stream.ts'
import { chainEntries } from '../../domain/ledger/ledger.ts'
import { takeTokens } from '../../domain/policy/ladder.ts'
import { defined, ok, type Result, refuse, type ToolId } from '../../domain/values.ts'
import type { DecidingPorts } from '../record/ports.ts'
import { refuseOnRecord } from '../record/refuse.ts'
import { runAggregate } from '../record/run-aggregate.ts'
import type { StreamReader, StreamStore } from './ports.ts'

export type StreamPorts = DecidingPorts & { streams: StreamStore }

/** `retryAfter`: the seconds to wait for a tool that asked too soon. */
export type TooSoon = { ok: false; code: 'too_soon'; retryAfter: number }
type Changed<T, Code extends string> = Result<T, Code> | TooSoon

const attempts = 10

/** A tool has at most one stream. */
export const findStream = async (tool: ToolId, { streams }: { streams: StreamReader }) =>
  (await streams.load(tool)).stream

export const registerStream = (tool: ToolId, terms: StreamTerms, ports: StreamPorts) =>
  change(tool, 'register_stream', ports, ({ stream }, sequence) => {
    if (stream) return refuse('stream_exists', `it is \`${stream.id}\``)
    if (!mayReceiveAt(ports.policy.bundle, tool, terms.endpoint)) return refuse('foreign_endpoint')
    return ok({ ...terms, id: streamIdOf(tool, sequence), tool, status: 'enabled' } satisfies SignalStream)
  })

export const changeStream = (tool: ToolId, id: string, changes: StreamChanges, ports: StreamPorts) =>
  change(tool, 'change_stream', ports, ({ stream }) => {
    if (stream?.id !== id) return refuse('unknown_stream')
    const next = changedStream(stream, changes)
    return mayReceiveAt(ports.policy.bundle, tool, next.endpoint) ? ok(next) : refuse('foreign_endpoint')
  })

export const removeStream = (tool: ToolId, id: string, ports: StreamPorts) =>
  change(tool, 'remove_stream', ports, ({ stream }) => (stream?.id === id ? ok(undefined) : refuse('unknown_stream')))

type Refused = 'unknown_stream' | 'stream_exists' | 'foreign_endpoint'
type Next = Result<SignalStream | undefined, Refused>

/** Stores the changed stream with its entry on the tool's chain. An unchanged stream is not stored. */
async function change<R extends Next>(
  tool: ToolId,
  attempted: string,
  ports: StreamPorts,
  decide: (row: StreamRow, sequence: number) => R,
): Promise<R | TooSoon> {
  const refused = refuseOnRecord(tool, attempted, ports)
  return runAggregate<R | TooSoon>(tool, attempts, async () => {
    const [row, head] = await Promise.all([ports.streams.load(tool), ports.ledger.head(tool)])
    const { version, stream: before, verifications } = row
    const next = decide(row, head.sequence + 1)
    if (!next.ok) return (await refused(next.code, next.detail)) as R
    const { value: after } = next
    if (JSON.stringify(before) === JSON.stringify(after)) return next
    const now = ports.clock.now()
    const taken = takeTokens(changeRate, row.changes, 1, now)
    if (!taken.permitted) return { ok: false, code: 'too_soon', retryAfter: taken.retryAfter }
    const event = streamEvent(before, after, { tool, bundle: ports.policy.bundle.hash }, now)
    const { entries, head: end } = chainEntries(tool, head, event ? [event] : [], undefined)
    const saved = await ports.streams.save({
      ...{ tool, version, row: defined({ stream: after, changes: taken.fullAt, verifications }) },
      appended: { expected: head, entries, head: end },
    })
    if (!saved) return undefined
    ports.log.info('stream_changed', { tool, event: event?.type, status: after?.status })
    return next
  })
}

/** Sends a verification over the stream. @returns the event to send */
export function askVerification(
  { tool, id, state }: { tool: ToolId; id: string; state?: string | undefined },
  ports: StreamPorts,
): Promise<Changed<SecurityEvent, 'unknown_stream'>> {
  const refused = refuseOnRecord(tool, 'verify_stream', ports)
  return runAggregate<Changed<SecurityEvent, 'unknown_stream'>>(tool, attempts, async () => {
    const { version, ...row } = await ports.streams.load(tool)
    if (row.stream?.id !== id) return refused('unknown_stream')
    const taken = takeTokens(verificationRate, row.verifications, 1, ports.clock.now())
    if (!taken.permitted) return { ok: false, code: 'too_soon', retryAfter: taken.retryAfter }
    const saved = await ports.streams.save({ tool, version, row: { ...row, verifications: taken.fullAt } })
    if (!saved) return undefined
    return ok({ type: 'verification', stream: row.stream.id, count: version + 1, ...defined({ state }) })
  })
}
