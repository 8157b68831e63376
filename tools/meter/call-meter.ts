import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { createForwarder, listenOnLoopback } from '../../local/loopback.ts'
import { describeAwsCall } from './aws-call.ts'
import type { TimedCall } from './calls-in-sequence.ts'
import { readUnits, writeUnits, writtenKeys } from './dynamodb-units.ts'

export interface CallCount {
  /** The function's name as far as an SDK sends it (50 characters), or `unknown`. */
  caller: string
  service: string
  operation: string
  calls: number
  readUnits: number
  writeUnits: number
}

export interface Counts {
  calls: CallCount[]
  invocations: Record<string, number>
  /** The prefixes of the keys that each function put: `REQ#req_`, `ledger/req_`. */
  written: Record<string, string[]>
}

export type CallMeter = Awaited<ReturnType<typeof startCallMeter>>

/** The answer of `controlUrl/calls?after=`: the calls after the first so many, as far as they are kept, and the number of all. */
export interface Timeline {
  calls: TimedCall[]
  total: number
}
const mostKept = 5000

/**
 * Counts the calls between the local Lambdas and the emulator, as a reverse proxy that they take for AWS. A call stays as
 * it is, with its signed Host header, and no content is kept.
 * @param invocationsFile where the emulator adds a line for each invocation: the function's name
 * @returns `url` for the Lambdas' calls; `controlUrl` answers `Counts` to a GET. `controlUrl/hold?milliseconds=` delays each
 * later call, so that a function's concurrent calls overlap even if the emulator is quicker than the function.
 */
export async function startCallMeter(invocationsFile: string) {
  const [server, control] = await Promise.all([listenOnLoopback(), listenOnLoopback()])
  const counts = new Map<string, CallCount>()
  const written = new Map<string, Set<string>>()
  const arrived = new WeakMap<IncomingMessage, { body: Buffer[]; begin: number }>()
  const timeline: TimedCall[] = []
  let total = 0
  let held = 0

  const count = (request: IncomingMessage, responseBytes: number, end: number) => {
    const { body = [], begin = end } = arrived.get(request) ?? {}
    const { keys, invoked, ...call } = describeCall(request, Buffer.concat(body), responseBytes)
    const { caller, service, operation } = call
    total += 1
    timeline.push({ caller, service, operation, ...(invoked === undefined ? {} : { invoked }), begin, end })
    if (timeline.length > mostKept) timeline.shift()
    written.set(call.caller, new Set([...(written.get(call.caller) ?? []), ...keys]))
    const key = `${call.caller} ${call.service} ${call.operation}`
    const before = counts.get(key)
    counts.set(key, {
      ...call,
      calls: (before?.calls ?? 0) + 1,
      readUnits: (before?.readUnits ?? 0) + call.readUnits,
      writeUnits: (before?.writeUnits ?? 0) + call.writeUnits,
    })
  }

  const proxy = createForwarder(false, () => {})
  proxy.on('proxyRes', (answer, request) => {
    let bytes = 0
    // The time of the last byte, before the caller can act on the answer.
    let end = performance.now()
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      end = performance.now()
    })
    answer.on('end', () => count(request, bytes, end))
  })
  const tellCounts = (): Counts => ({
    calls: [...counts.values()],
    invocations: countLines(invocationsFile),
    written: Object.fromEntries([...written].map(([caller, keys]) => [caller, [...keys].sort()])),
  })
  const tellCalls = (after: number): Timeline => ({
    calls: timeline.slice(Math.max(0, after - total + timeline.length)),
    total,
  })
  control.handle((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', control.url)
    if (pathname === '/hold') held = Number(searchParams.get('milliseconds'))
    const answer = pathname === '/calls' ? tellCalls(Number(searchParams.get('after'))) : tellCounts()
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })

  return {
    url: server.url,
    controlUrl: control.url,
    invocationsFile,
    forwardTo(target: string) {
      server.handle(async (request, response) => {
        const body: Buffer[] = []
        arrived.set(request, { body, begin: performance.now() })
        if (held > 0) await pause(held)
        request.on('data', (chunk: Buffer) => body.push(chunk))
        proxy.web(request, response, { target })
      })
    },
    async close() {
      await Promise.all([server.close(), control.close()])
      proxy.close()
    },
  }
}

type Described = Omit<CallCount, 'calls'> & { keys: readonly string[]; invoked?: string }

function describeCall(request: IncomingMessage, body: Buffer, responseBytes: number): Described {
  const { caller, service, operation } = describeAwsCall(request, body)
  const invoked =
    service === 'lambda' ? /\/functions\/([^/]+)\/invocations/.exec(decodeURIComponent(operation))?.[1] : undefined
  const isTable = service === 'dynamodb'
  const asked = isTable ? (JSON.parse(body.toString()) as object) : {}
  return {
    caller,
    service,
    operation,
    readUnits: isTable ? readUnits(operation, asked, responseBytes) : 0,
    writeUnits: isTable ? writeUnits(operation, asked) : 0,
    keys: isTable ? writtenKeys(operation, asked) : [],
    ...(invoked === undefined ? {} : { invoked: invoked.split(':').at(-1) ?? invoked }),
  }
}

function countLines(file: string): Record<string, number> {
  const counts: Record<string, number> = {}
  try {
    for (const name of readFileSync(file, 'utf8').split('\n').slice(0, -1)) counts[name] = (counts[name] ?? 0) + 1
  } catch {
    // No Lambda was invoked yet.
  }
  return counts
}
