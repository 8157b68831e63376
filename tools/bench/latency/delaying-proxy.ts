import { Agent, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { createForwarder, listenOnLoopback } from '../../../local/loopback.ts'
import { describeAwsCall } from '../../meter/aws-call.ts'

/**
 * A call that passed: its time, the function that made it, and the service's own time. Milliseconds of
 * `performance.now`.
 */
export type Passed = { service: string; operation: string; caller: string; began: number; took: number; delay: number }
type Bodies = { asked: string; answered: string }

export type DelayingProxy = Awaited<ReturnType<typeof startDelayingProxy>>

/**
 * A proxy that forwards no answer sooner than `delay` after its request. The call stays as it is, with its signed Host
 * header. A slower answer is not delayed.
 *
 * @param onPassed is told each call before its answer is handed on
 */
export async function startDelayingProxy(
  delayOf: (service: string, operation: string) => number,
  onPassed: (call: Passed, bodies: Bodies) => void = () => {},
) {
  const server = await listenOnLoopback()
  const proxy = createForwarder(false, () => {})
  const agent = new Agent({ keepAlive: true })
  const arrived = new WeakMap<IncomingMessage, { at: number; body: Buffer[] }>()

  const handOn = async (answer: IncomingMessage, request: IncomingMessage, response: ServerResponse) => {
    const { at, body } = arrived.get(request) ?? { at: performance.now(), body: [] }
    const asked = Buffer.concat(body)
    const answered = await buffer(answer)
    const took = performance.now() - at
    const call = describeAwsCall(request, asked)
    const delay = delayOf(call.service, call.operation)
    onPassed({ ...call, began: at, took, delay }, { asked: String(asked), answered: String(answered) })
    await pause(Math.max(0, delay - took))
    response.writeHead(answer.statusCode ?? 502, answer.headers).end(answered)
  }
  // A caller may have given up in the meantime.
  proxy.on('proxyRes', (...passed) => void handOn(...passed).catch(() => passed[2].destroy()))

  return {
    url: server.url,
    forwardTo(target: string) {
      server.handle((request, response) => {
        const body: Buffer[] = []
        arrived.set(request, { at: performance.now(), body })
        request.on('data', (chunk: Buffer) => body.push(chunk))
        proxy.web(request, response, { target, agent, selfHandleResponse: true })
      })
    },
    async close() {
      await server.close()
      proxy.close()
      agent.destroy()
    },
  }
}
