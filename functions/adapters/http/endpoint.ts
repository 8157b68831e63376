// Rules: test/http/endpoint.test.ts
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { clocksAgree, type Json } from '../../domain/values.ts'
import { faultName, KeyNotYetKnown } from '../../operations/faults.ts'
import type { Log } from '../../operations/ports.ts'
import { BadJson, readJson } from '../read-json.ts'
import {
  type Answer,
  answerProblem,
  apiProblem,
  BadRequest,
  badRequest,
  type Problem,
  type ProblemCode,
} from './problem.ts'
import { bodyLimit, type Form, readForm } from './read-body.ts'

/** The caller's own id if it is printable ASCII, ours otherwise. */
export const requestIdOf = (sent: string | undefined, ours: string): string =>
  sent !== undefined && /^[\x20-\x7e]{1,256}$/.test(sent) ? sent : ours

export type Call = {
  /** The declared route, never the sent address. */
  route: string
  header(name: string): string | undefined
  path(name: string): string
  query(name: string): string | undefined
  queries: { readonly [name: string]: string }
  /** The JSON body. @throws BadRequest */
  json(): Json
  /** The exact bytes of the body as text, for a signature. @throws BadRequest */
  text(): string
  /** An `application/x-www-form-urlencoded` body (RFC 6749 appendix B). @throws BadRequest */
  form(): Form
  hasBody: boolean
  requestId: string
  /** Milliseconds, for measuring. */
  arrivedAt: number
}

export type Settings = {
  issuer: string
  log: Log
  clock: { now(): number }
  /** The form of a problem, for standards with their own. */
  tell?: (problem: Problem) => Answer
}
export type Endpoint = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>

/** Turns faults into problem details. Our own fault gives no reason. */
export const endpoint =
  (settings: Settings, handle: (call: Call) => Promise<Answer>): Endpoint =>
  async (event) => {
    const call = readCall(event)
    const answer = await answerOf(settings, event, call, handle)
    return {
      statusCode: answer.status,
      headers: {
        'content-type': 'application/json',
        'cache-control': 'no-store',
        ...answer.headers,
        'x-request-id': call.requestId,
      },
      ...bodyOf(answer),
    }
  }

/** API Gateway carries bytes as base64. */
function bodyOf({ body }: Answer): { body: string; isBase64Encoded?: true } {
  if (body instanceof Uint8Array) return { body: Buffer.from(body).toString('base64'), isBase64Encoded: true }
  return { body: typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body) }
}

async function answerOf(
  { issuer, log, clock, tell }: Settings,
  event: APIGatewayProxyEventV2,
  call: Call,
  handle: (call: Call) => Promise<Answer>,
): Promise<Answer> {
  const problem = (details: Problem) => (tell ? tell(details) : answerProblem(issuer, call.requestId, details))
  if (!clocksAgree(clock.now(), event.requestContext.timeEpoch / 1000)) {
    log.error('clock_out_of_range', { route: call.route })
    return problem(unavailable('clock_out_of_range', 'This machine and the API disagree about the time'))
  }
  try {
    return await handle(call)
  } catch (fault) {
    if (fault instanceof BadRequest) {
      const { status, code } = fault.problem
      if (status === 401) log.warn('unauthenticated', { route: call.route, code, requestId: call.requestId })
      return problem(fault.problem)
    }
    const name = faultName(fault)
    // Logs only names: a message may hold secrets.
    const cause = fault instanceof Error && fault.cause instanceof Error ? fault.cause.name : undefined
    const seen = { route: call.route, fault: name, cause, requestId: call.requestId }
    // Faults that a caller alone can cause do not raise an alarm.
    if (name === 'Overtaken') log.info('overtaken', seen)
    else if (name === 'KeyNotYetKnown') log.info('key_not_yet_known', seen)
    else log.error('fault', seen)
    if (name === 'RightMissing') return problem(apiProblem(500, 'right_missing').problem)
    return problem(
      passing.has(name)
        ? unavailable('temporarily_unavailable', 'A service that this needs does not answer', retryAfterOf(fault))
        : { status: 500, code: 'server_error', title: 'Hotwork failed; your call was not the cause' },
    )
  }
}

/** Faults after which nothing was done, or a retry finds the result. */
const passing = new Set([
  'StoreUnavailable',
  'AnchorUnavailable',
  'KeyUnavailable',
  'BrokerUnavailable',
  'IssuerUnavailable',
  'BoardUnavailable',
  'SecretUnavailable',
  'KeyNotYetKnown',
  'StaleRequest',
  'Overtaken',
  'ClockOutOfRange',
])

const retryAfterOf = (fault: unknown): number | undefined =>
  fault instanceof KeyNotYetKnown ? fault.retryAfterSeconds : undefined

const unavailable = (code: ProblemCode, title: string, retryAfter = 2): Problem => ({
  status: 503,
  code,
  title,
  detail: 'This answer decides nothing: retry in a moment, with the same Idempotency-Key if you sent one',
  headers: { 'retry-after': String(retryAfter) },
})

function readCall(event: APIGatewayProxyEventV2): Call {
  const headers = new Map(Object.entries(event.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
  // Payload format 2.0 separates cookies; an emulator may leave them in the header, as browsers send them.
  if (event.cookies && event.cookies.length > 0) headers.set('cookie', event.cookies.join('; '))
  const header = (name: string) => headers.get(name.toLowerCase())
  const text = () => bodyText(event)
  return {
    route: event.routeKey,
    header,
    path: (name) => event.pathParameters?.[name] ?? '',
    query: (name) => event.queryStringParameters?.[name],
    queries: Object.fromEntries(
      Object.entries(event.queryStringParameters ?? {}).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value]],
      ),
    ),
    text,
    json: () => {
      if (!/^application\/([a-z0-9.+-]+\+)?json\s*(;|$)/i.test(header('content-type') ?? ''))
        throw badRequest('invalid_request', 'The body should be JSON', 'send `Content-Type: application/json`')
      try {
        return readJson(text())
      } catch (fault) {
        if (fault instanceof BadJson)
          throw badRequest('invalid_json', 'The body is invalid or ambiguous JSON', fault.message)
        throw fault
      }
    },
    form: () => {
      if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(header('content-type') ?? ''))
        throw badRequest(
          'invalid_request',
          'The body should be a form',
          'send `Content-Type: application/x-www-form-urlencoded`',
        )
      return readForm(text())
    },
    hasBody: (event.body ?? '') !== '',
    requestId: requestIdOf(header('x-request-id'), event.requestContext.requestId),
    arrivedAt: event.requestContext.timeEpoch,
  }
}

function bodyText({ body: sent, isBase64Encoded }: APIGatewayProxyEventV2): string {
  const body = sent ?? ''
  // The least size of the decoded body, checked first, so that megabytes are not decoded.
  const atLeast = isBase64Encoded ? Math.floor(body.length / 4) * 3 - 2 : body.length
  if (atLeast > bodyLimit) throw tooLarge()
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8')
  if (bytes.length > bodyLimit) throw tooLarge()
  try {
    // A byte order mark is refused: RFC 8259 section 8.1 forbids it, and only some readers skip it.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw badRequest('invalid_request', 'The body is not UTF-8')
  }
}

const tooLarge = () =>
  new BadRequest({
    status: 413,
    code: 'too_large',
    title: 'The body is too large',
    detail: `at most ${bodyLimit} bytes`,
  })
