// Rules: test/client/sidecar/approvals.test.ts
import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { defined, parsedJson } from '../http.ts'
import { type LoopbackAnswer, type LoopbackCall, mostBytes } from '../loopback.ts'
import { type Approval, duration } from './kept-approvals.ts'

/** The longest that the protocol allows to hold a read. Milliseconds. */
const longestHold = 30_000

export const Report = z.strictObject({
  status: z.enum(['succeeded', 'failed']),
  note: z.string().min(1).max(10_000).optional(),
})

/** An error of the adapter, or a call that came too late. */
export class WrongCall extends Error {
  override readonly name = 'WrongCall'
  readonly status: number
  readonly code: string
  readonly param: string | undefined
  constructor(status: number, code: string, message: string, param?: string) {
    super(message)
    this.status = status
    this.code = code
    this.param = param
  }
}

const types = new Map([
  [400, 'invalid_request'],
  [401, 'authentication'],
  [403, 'authorization'],
  [404, 'not_found'],
  [409, 'conflict'],
  [500, 'internal'],
  [503, 'dependency'],
])

/** The protocol's form of an error. */
export function approvalError(status: number, code: string, message: string, param?: string): LoopbackAnswer {
  const id = randomUUID()
  const type = types.get(status) ?? 'invalid_request'
  const error = { type, code, message, ...defined({ param }), request_id: id }
  return { status, body: { error }, headers: { 'x-request-id': id } }
}

/** The protocol's form of an approval. */
export function bodyOf({ id, submission, created_at, deadline_at, decision, consumption }: Approval): object {
  return {
    id,
    ...submission,
    status: decision?.status ?? 'pending',
    created_at: iso(created_at),
    deadline_at: iso(deadline_at),
    ...defined({
      decision: decision && {
        ...decision,
        decided_at: iso(decision.decided_at),
        ...defined({ expires_at: decision.expires_at === undefined ? undefined : iso(decision.expires_at) }),
      },
      consumption: consumption && {
        consumed_at: iso(consumption.consumed_at),
        ...defined({
          outcome: consumption.outcome && { ...consumption.outcome, reported_at: iso(consumption.outcome.reported_at) },
        }),
      },
    }),
  }
}

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString()

export function keyOf({ headers }: LoopbackCall): string {
  const key = headers['idempotency-key']
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new WrongCall(400, 'missing_idempotency_key', '`Idempotency-Key` should be 1 to 255 printable characters')
}

export function readBody<T>(shape: z.ZodType<T>, { body }: LoopbackCall): T {
  if (body === undefined || Buffer.byteLength(body) > mostBytes)
    throw new WrongCall(400, 'too_large', `a body has at most ${mostBytes} bytes`)
  const json = parsedJson(body)
  if (typeof json !== 'object' || json === null)
    throw new WrongCall(400, 'invalid_json', 'the body should be a JSON object')
  const parsed = shape.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const param = [...(issue?.path ?? []), ...(unknown === undefined ? [] : [unknown])].join('.') || 'body'
  throw new WrongCall(
    400,
    'invalid_field',
    unknown === undefined ? (issue?.message ?? 'it is invalid') : 'it is not known',
    param,
  )
}

/** Refuses numbers and names that some readers of JSON change: the approved call would be a different one. */
export function mustBeExact(value: unknown, path = 'body'): void {
  if (typeof value === 'number' && !(Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value)))
    throw new WrongCall(400, 'inexact_number', 'write a number that is too long as text', path)
  if (typeof value !== 'object' || value === null) return
  if (Object.hasOwn(value, '__proto__'))
    throw new WrongCall(400, 'invalid_field', 'no member is called `__proto__`', path)
  for (const [name, member] of Object.entries(value)) mustBeExact(member, path === 'body' ? name : `${path}.${name}`)
}

export function readHold(query: string): number {
  const wait = new URLSearchParams(query).get('wait')
  if (wait === null) return 0
  if (!duration.test(wait)) throw new WrongCall(400, 'invalid_field', 'it is a span such as 30s', 'wait')
  return Math.min(spanOf(wait), longestHold)
}

/** @returns milliseconds */
export const spanOf = (text: string): number =>
  Number.parseInt(text, 10) * (units[text.at(-1) as keyof typeof units] ?? 0)
const units = { s: 1000, m: 60_000, h: 3_600_000 }
