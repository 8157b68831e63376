// Rules: test/client/streams.test.ts
import type * as z from 'zod'
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoStreamStore } from '../../adapters/dynamodb/stream-store.ts'
import { parseBody } from '../../adapters/http/authzen.ts'
import {
  StreamBody,
  StreamReplacement,
  StreamStatusBody,
  StreamUpdate,
  supplied,
  VerificationBody,
} from '../../adapters/http/bodies/tools.ts'
import type { Call } from '../../adapters/http/endpoint.ts'
import { type Answer, apiProblem, badRequest, refusalProblem, tooManyRequests } from '../../adapters/http/problem.ts'
import { streamStatusView, streamView } from '../../adapters/http/stream-view.ts'
import { SqsFairQueue } from '../../adapters/sqs/queue.ts'
import { type SignalDelivery, toStream } from '../../domain/events/receivers.ts'
import type { SignalStream, StreamTerms } from '../../domain/events/stream.ts'
import type { Tool } from '../../domain/people/organisation.ts'
import { addressesOf } from '../../domain/policy/bundle.ts'
import { defined } from '../../domain/values.ts'
import {
  askVerification,
  changeStream,
  findStream,
  registerStream,
  removeStream,
  type StreamPorts,
  type TooSoon,
} from '../../operations/events/streams.ts'
import type { Queue } from '../../operations/ports.ts'
import { type ApiPorts, byRoute, toolDoor } from '../doors.ts'
import { type Stores, tablesOf, type Wiring } from '../environment.ts'
import { portsWithFacts } from '../wiring/ports.ts'

type Ports = ApiPorts & StreamPorts & { deliveries: Queue<SignalDelivery> }

/**
 * The Event Stream Management API of the Shared Signals Framework 1.0, section 8.1: a tool manages its own stream, with
 * its workload token.
 */
export function createHandler(ports: Ports) {
  const { issuer, policy } = ports
  const view = (tool: Tool, stream: SignalStream) =>
    streamView(stream, { issuer, audience: addressesOf(policy.bundle, tool.id)?.audience })
  const shown = (tool: Tool, changed: Changed, status = 200): Answer => ({
    status,
    body: view(tool, mustBeThere(valueOrTooSoon(changed))),
  })
  const find = async (tool: Tool, id: string | undefined) => {
    const stream = await findStream(tool.id, ports)
    if (!stream || stream.id !== id) throw refusalProblem('unknown_stream')
    return stream
  }
  // Checks members that the transmitter supplies: they must equal their present values (SSF 1.0 section 8.1.1.3).
  const checkSupplied = async (tool: Tool, body: z.infer<typeof StreamUpdate>) => {
    const stream = await findStream(tool.id, ports)
    const before: { readonly [member: string]: unknown } = stream?.id === body.stream_id ? view(tool, stream) : {}
    for (const name of Object.keys(supplied) as (keyof typeof supplied)[])
      if (body[name] !== undefined && before[name] !== undefined && !isSame(body[name], before[name]))
        throw badRequest(
          'invalid_request',
          `\`${name}\` cannot be set by the receiver`,
          'leave it out, or send it unchanged',
        )
  }
  const routes: { [route: string]: (call: Call, tool: Tool) => Promise<Answer> } = {
    'POST /v1/ssf/streams': async (call, tool) =>
      shown(tool, await registerStream(tool.id, termsOf(parseBody(StreamBody, call.json())), ports), 201),
    'GET /v1/ssf/streams': async (call, tool) => {
      const id = call.query('stream_id')
      if (id !== undefined) return { status: 200, body: view(tool, await find(tool, id)) }
      const stream = await findStream(tool.id, ports)
      return { status: 200, body: stream ? [view(tool, stream)] : [] }
    },
    'PATCH /v1/ssf/streams': async (call, tool) => {
      const body = parseBody(StreamUpdate, call.json())
      await checkSupplied(tool, body)
      return shown(tool, await changeStream(tool.id, body.stream_id, patchOf(body), ports))
    },
    'PUT /v1/ssf/streams': async (call, tool) => {
      const body = parseBody(StreamReplacement, call.json())
      await checkSupplied(tool, body)
      return shown(tool, await changeStream(tool.id, body.stream_id, { ...noTerms, ...termsOf(body) }, ports))
    },
    'DELETE /v1/ssf/streams': async (call, tool) => {
      valueOrTooSoon(await removeStream(tool.id, call.query('stream_id') ?? '', ports))
      return { status: 204 }
    },
    'GET /v1/ssf/status': async (call, tool) => ({
      status: 200,
      body: streamStatusView(await find(tool, call.query('stream_id'))),
    }),
    'POST /v1/ssf/status': async (call, tool) => {
      const { stream_id, status, reason } = parseBody(StreamStatusBody, call.json())
      const changed = valueOrTooSoon(await changeStream(tool.id, stream_id, { status, reason }, ports))
      return { status: 200, body: streamStatusView(mustBeThere(changed)) }
    },
    'POST /v1/ssf/verification': async (call, tool) => {
      const { stream_id: id, state } = parseBody(VerificationBody, call.json())
      const event = valueOrTooSoon(await askVerification({ tool: tool.id, id, state }, ports))
      await ports.deliveries.send([toStream(tool.id, event)])
      return { status: 204 }
    },
  }
  return toolDoor(
    ports,
    byRoute(routes, () => apiProblem(404, 'not_found')),
  )
}

type Changed = Awaited<ReturnType<typeof changeStream | typeof registerStream>>

function mustBeThere(stream: SignalStream | undefined): SignalStream {
  if (!stream) throw new TypeError('the changed stream exists')
  return stream
}

function valueOrTooSoon<T>(
  result: { ok: true; value: T } | { ok: false; code: Parameters<typeof refusalProblem>[0]; detail?: string } | TooSoon,
): T {
  if (result.ok) return result.value
  if (result.code !== 'too_soon') throw refusalProblem(result.code, result.detail)
  throw tooManyRequests(`ask again in ${result.retryAfter} s: nothing was done`, result.retryAfter)
}

const noTerms = { authorization: undefined, requested: undefined, description: undefined }

const termsOf = ({ delivery, events_requested, description }: z.infer<typeof StreamBody>): StreamTerms =>
  defined({
    endpoint: delivery.endpoint_url,
    authorization: delivery.authorization_header,
    requested: events_requested,
    description,
  })

/** The delivery is replaced as a whole: without `authorization_header` that member is removed. */
const patchOf = ({ delivery, events_requested, description }: z.infer<typeof StreamUpdate>) => ({
  ...(delivery && { endpoint: delivery.endpoint_url, authorization: delivery.authorization_header }),
  ...defined({ requested: events_requested, description }),
})

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'DELIVERIES_QUEUE'> = (told) => ({
  ...portsWithFacts(told),
  streams: new DynamoStreamStore(connect(), tablesOf(told)),
  deliveries: new SqsFairQueue<SignalDelivery>(told.DELIVERIES_QUEUE),
})
