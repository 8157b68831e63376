import { Agent, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Meter } from '../../local/emulator.ts'
import { listenOnLoopback } from '../../local/loopback.ts'
import { describeAwsCall } from '../meter/aws-call.ts'
import { chance, pick } from './chance.ts'

/**
 * Faults on the wire, by a seed: a `lost` call is carried out and its answer cut off, a `throttled` one refused and not
 * carried out, a `broken` one a 503, a `slow` one arrives seconds late (its caller may have given up), one `twice`
 * arrives twice.
 */
export type Fault = 'lost' | 'throttled' | 'broken' | 'slow' | 'twice'
export type Shares = { readonly [fault in Fault]?: number }

export type Happened = { at: number; where: 'aws' | 'slack'; operation: string; fault: Fault }

/** A call that was carried out. `answer` is the one meant for its caller. */
export type Relayed = { operation: string; body: Buffer; answer: Buffer; fault: Fault | undefined }
type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer }
type Call = { service: string; operation: string }

type Options = {
  where: Happened['where']
  seed: number
  shares: Shares
  describe(incoming: IncomingMessage, body: Buffer): Call
  throttle(call: Call): { status: number; headers: Record<string, string>; body: string }
  told(happened: Happened): void
  relayed?(call: Relayed): void
}

/** A proxy between the Lambdas and the emulator, or the desk. It breaks nothing before `begin` and after `end`. */
export async function startFaultyProxy(options: Options) {
  const { where, seed, shares } = options
  const server = await listenOnLoopback()
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  const counts = new Map<string, number>()
  let breaks = false
  let target = ''

  const faultOf = ({ service, operation }: Call): Fault | undefined => {
    if (!breaks) return undefined
    const name = `${service} ${operation}`
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    const total = Object.values(shares).reduce((sum, share) => sum + share, 0)
    return chance(seed, where, name, count) < total
      ? pick(shares, chance(seed, where, name, count, 'which'))
      : undefined
  }

  async function relay(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await read(incoming)
    const call = options.describe(incoming, body)
    const fault = faultOf(call)
    const { operation } = call
    if (fault) options.told({ at: Date.now(), where, operation: `${call.service} ${operation}`, fault })
    if (fault === 'throttled' || fault === 'broken') {
      const { status, headers, body: said } = fault === 'throttled' ? options.throttle(call) : unavailable
      response.writeHead(status, headers).end(said)
      return
    }
    if (fault === 'slow')
      await pause(500 + 2500 * chance(seed, 'slow', counts.get(`${call.service} ${operation}`) ?? 0))
    const answer = await forward(`${target}${incoming.url}`, incoming, body, agent)
    if (fault === 'twice') await forward(`${target}${incoming.url}`, incoming, body, agent)
    // A caller that has given up does not hear the answer either.
    options.relayed?.({ operation, body, answer: answer.body, fault: incoming.socket.destroyed ? 'lost' : fault })
    if (fault === 'lost') incoming.socket.destroy()
    else response.writeHead(answer.status, withoutHops(answer.headers)).end(answer.body)
  }

  server.handle((incoming, response) => {
    relay(incoming, response).catch(() => {
      if (response.headersSent) response.destroy()
      else response.writeHead(502, { 'content-type': 'text/plain' }).end('the local emulator did not answer\n')
    })
  })
  return {
    url: server.url,
    forwardTo: (url: string) => {
      target = url.replace(/\/$/, '')
    },
    begin: () => {
      breaks = true
    },
    end: () => {
      breaks = false
    },
    async close() {
      await server.close()
      agent.destroy()
    },
  }
}

/** Starts a faulty proxy between the Lambdas and the emulator. */
export async function startFaultyAws(
  options: Pick<Options, 'seed' | 'shares' | 'told'> &
    Pick<Meter, 'invocationsFile'> &
    Required<Pick<Meter, 'repeats'>>,
) {
  const { invocationsFile, repeats, ...rest } = options
  const proxy = await startFaultyProxy({ ...rest, where: 'aws', describe: describeAws, throttle: throttleOf })
  return Object.assign(proxy, { invocationsFile, repeats } satisfies Partial<Meter>)
}

/** The first part of a path alone: ids would make each call its own operation. */
function describeAws(incoming: IncomingMessage, body: Buffer): Call {
  const { service, operation } = describeAwsCall(incoming, body)
  return { service, operation: operation.replace(/^(\w+) \/([^/]*).*$/, '$1 $2') }
}

const errors: { readonly [service: string]: string } = {
  dynamodb: 'ProvisionedThroughputExceededException',
  sqs: 'RequestThrottled',
  lambda: 'TooManyRequestsException',
  sts: 'Throttling',
  iam: 'Throttling',
  s3: 'SlowDown',
}

/** A throttling error in the form of the service's protocol. */
function throttleOf({ service }: Call) {
  const code = errors[service] ?? 'ThrottlingException'
  if (service === 's3')
    return {
      status: 503,
      headers: { 'content-type': 'application/xml' },
      body: xml(`<Error><Code>${code}</Code></Error>`),
    }
  if (service === 'sts' || service === 'iam') {
    const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>Rate exceeded</Message></Error>`
    return {
      status: 400,
      headers: { 'content-type': 'text/xml' },
      body: xml(`<ErrorResponse>${error}</ErrorResponse>`),
    }
  }
  const status = service === 'lambda' || service === 'scheduler' ? 429 : 400
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': code }
  return { status, headers, body: JSON.stringify({ __type: code, message: 'Rate exceeded' }) }
}

const xml = (body: string) => `<?xml version="1.0" encoding="UTF-8"?>${body}`
const unavailable = { status: 503, headers: { 'content-type': 'text/plain' }, body: 'Service Unavailable\n' }

/** Starts a faulty proxy between the Lambdas and the desk. */
export const startFaultySlack = (options: Pick<Options, 'seed' | 'shares' | 'told' | 'relayed'>) =>
  startFaultyProxy({
    ...options,
    where: 'slack',
    describe: ({ url = '' }) => ({ service: 'slack', operation: url.replace(/^\/api\//, '').replace(/\?.*$/, '') }),
    throttle: () => ({
      status: 429,
      headers: { 'content-type': 'application/json', 'retry-after': '2' },
      body: '{"ok":false,"error":"ratelimited"}',
    }),
  })

async function read(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function forward(url: string, { method, headers }: IncomingMessage, body: Buffer, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // `fetch` would write its own `host`, and the signature covers the one that the SDK called.
    const sent = { ...withoutHops(headers), 'content-length': String(body.length) }
    const outgoing = request(url, { method, headers: sent, agent }, (incoming) => {
      read(incoming).then(
        (answer) => resolve({ status: incoming.statusCode ?? 502, headers: incoming.headers, body: answer }),
        reject,
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Headers without those of a single hop. */
function withoutHops(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const {
    connection: _,
    'keep-alive': __,
    'transfer-encoding': ___,
    'content-length': ____,
    expect: _____,
    ...rest
  } = headers
  return rest as Record<string, string | string[]>
}
