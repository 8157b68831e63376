// Rules: test/operations/events/streams.test.ts
import type { SecurityEvent } from '../../domain/events/security-events.ts'
import { deliveredEvents, mayReceiveAt, type SignalStream } from '../../domain/events/stream.ts'
import { sessionRevoked } from '../../domain/halts/signal.ts'
import { addressesOf } from '../../domain/policy/bundle.ts'
import type { ToolId } from '../../domain/values.ts'
import type { Statements } from '../credentials/ports.ts'
import { ReceiverUnavailable } from '../faults.ts'
import type { Policy } from '../policy/ports.ts'
import type { Clock, Log } from '../ports.ts'
import type { SetPush, StreamReader } from './ports.ts'

type Ports = {
  policy: Pick<Policy, 'bundle'>
  streams: StreamReader
  statements: Pick<Statements, 'sign'>
  sets: SetPush
  clock: Clock
  log: Log
}

/**
 * Sends one event over the stream of a tool. An event about a token expires with the token.
 * @throws ReceiverUnavailable if its arrival is unknown or the tool has paused its stream: send it again
 */
export async function pushSignal(tool: ToolId, event: SecurityEvent, ports: Ports): Promise<void> {
  const { log, clock, policy } = ports
  const { stream } = await ports.streams.load(tool)
  if (!stream || stream.status === 'disabled' || !isWanted(stream, event)) return
  const told = { tool, stream: stream.id, event: event.type }
  if (event.type === 'session_revoked' && event.expiresAt <= clock.now()) {
    if (stream.status === 'enabled') log.error('signal_undelivered', { ...told, request: event.request })
    return
  }
  if (stream.status === 'paused') throw new ReceiverUnavailable(`the stream of \`${tool}\` is paused`)
  if (addressesOf(policy.bundle, tool) === undefined || !mayReceiveAt(policy.bundle, tool, stream.endpoint)) {
    log.error('signal_refused', { ...told, code: 'foreign_endpoint' })
    return
  }
  const token = await ports.statements.sign('signal', { tool, stream: stream.id, event })
  if (token === undefined) throw new ReceiverUnavailable('the event is not signed')
  const pushed = await ports.sets.push(stream, token)
  if (pushed.outcome === 'again') throw new ReceiverUnavailable(`the receiver of \`${tool}\` answered ${pushed.fault}`)
  if (pushed.outcome === 'refused') log.error('signal_refused', { ...told, code: pushed.code })
  if (pushed.outcome === 'taken') log.info('signal_delivered', { ...told, ...lagOf(event, clock) })
}

/**
 * Whether the stream takes the event. A verification belongs to the configuration under which the tool asked for it.
 */
const isWanted = (stream: SignalStream, event: SecurityEvent): boolean =>
  event.type === 'verification' ? event.stream === stream.id : deliveredEvents(stream).includes(sessionRevoked)

const lagOf = (event: SecurityEvent, clock: Clock) =>
  event.type === 'session_revoked' ? { lagSeconds: Math.max(0, clock.now() - event.at) } : {}
