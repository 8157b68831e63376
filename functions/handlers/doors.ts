// Rules: test/http/rate.test.ts
import type * as z from 'zod'
import { taskAnswer } from '../adapters/http/authzen.ts'
import { type Call, type Endpoint, endpoint } from '../adapters/http/endpoint.ts'
import type { Answer, BadRequest } from '../adapters/http/problem.ts'
import { apiProblem, badRequest, insufficientLogin, refusalProblem, tooManyRequests } from '../adapters/http/problem.ts'
import type { Subject } from '../domain/agents/agent-file.ts'
import { parseSubject } from '../domain/agents/dates.ts'
import type { Agent, Tool } from '../domain/people/organisation.ts'
import type { Bundle } from '../domain/policy/bundle.ts'
import type { RateKind, Taken } from '../domain/policy/ladder.ts'
import type { ApprovalRequest } from '../domain/record/request.ts'
import type { Refusal } from '../domain/refusals.ts'
import { type AgentId, type NumericDate, RequestId, type Result, type ToolId } from '../domain/values.ts'
import type { UnknownCallers } from '../operations/agents/unknown-callers.ts'
import { openedBy, type WhatToOpen } from '../operations/break-glass/what-to-open.ts'
import type { TextReader } from '../operations/ledger/ports.ts'
import { joinWritten } from '../operations/ledger/texts.ts'
import type { Clock, Log } from '../operations/ports.ts'
import { keepRate, knownRefusal } from '../operations/rates.ts'
import type { DecidingPorts, MakingPorts } from '../operations/record/ports.ts'
import { Callers, type ProvenPerson } from './callers.ts'

export type DoorPorts = { issuer: string; policy: { bundle: Bundle }; clock: Clock; log: Log } & NotingPorts
/** The ports of endpoints where an agent begins. */
export type NotingPorts = { notes?: Pick<UnknownCallers, 'note'> }
export type ApiPorts = MakingPorts & { issuer: string } & NotingPorts
export type ShowingApiPorts = ApiPorts & { texts: TextReader }

type Handle<Caller> = (call: Call, caller: Caller, callers: Callers) => Promise<Answer>

export const agentDoor = (ports: DoorPorts, handle: Handle<Agent>): Endpoint =>
  door(ports, async (callers, call) => (await callers.agent(call)).agent, handle)
export const toolDoor = (ports: DoorPorts, handle: Handle<Tool>): Endpoint =>
  door(ports, (callers, call) => callers.tool(call), handle)
export const personDoor = (ports: DoorPorts, handle: Handle<ProvenPerson>): Endpoint =>
  door(ports, (callers, call) => callers.person(call), handle)

/** An endpoint for one kind of caller: it authenticates the caller before it reads the rest of the call. */
function door<Caller>(
  ports: DoorPorts,
  identify: (callers: Callers, call: Call) => Promise<Caller>,
  handle: Handle<Caller>,
): Endpoint {
  const callers = new Callers(ports.policy, ports.issuer, ports.clock, ports.notes)
  return endpoint(ports, async (call) => handle(call, await identify(callers, call), callers))
}

/** One handler for several routes, by API Gateway's own route, never by the address. */
export const byRoute =
  <Args extends unknown[]>(
    routes: { readonly [route: string]: (call: Call, ...args: Args) => Promise<Answer> },
    unknown: () => Error,
  ) =>
  async (call: Call, ...args: Args): Promise<Answer> => {
    const route = routes[call.route]
    if (!route) throw unknown()
    return route(call, ...args)
  }

/** The task of a request, with the words that people wrote to its agent. */
export const taskFor = async (
  state: ApprovalRequest,
  { issuer, texts }: Pick<ShowingApiPorts, 'issuer' | 'texts'>,
  ...more: [approval?: string | undefined, now?: NumericDate]
) => taskAnswer(await joinWritten(state, texts), issuer, ...more)

/** The same answer for another agent's task and for an unknown one. */
export const unknownTask = (): BadRequest => apiProblem(404, 'unknown_task')
export const unknownRequest = (): BadRequest => refusalProblem('unknown_request')

/** An id may contain a colon, which only some clients escape in addresses. */
export const idInPath = (call: Call, name: string): string => call.path(name).replace(/%3a/i, ':')

/** The prefixes of ids, by the path's word for the kind of subject. */
const prefixes: { readonly [kind: string]: string } = {
  agents: 'agent:',
  people: 'person:',
  groups: 'group:',
  'sealed-roles': 'sealed:',
  profiles: 'profile:',
}

export const unknownSubject = () =>
  apiProblem(404, 'unknown_aggregate', 'no subject of that name has a `recertifyBy` in the files')

export function subjectInPath(call: Call): Subject {
  const kind = call.route === 'POST /v1/agents/{id}/recertify' ? 'agents' : call.path('kind')
  const prefix = Object.hasOwn(prefixes, kind) ? prefixes[kind] : undefined
  if (prefix === undefined) throw unknownSubject()
  const named = idInPath(call, 'id')
  const subject = parseSubject(named.startsWith(prefix) ? named : `${prefix}${named}`)
  if (subject === undefined) throw unknownSubject()
  return subject
}

export function pathId<Schema extends z.ZodType>(call: Call, schema: Schema, unknown: () => Error): z.output<Schema> {
  const id = schema.safeParse(idInPath(call, 'id'))
  if (!id.success) throw unknown()
  return id.data
}

/**
 * The value of an operation's result.
 * @throws BadRequest its refusal, in the words of the catalogue or of this endpoint
 */
export function valueOrThrow<T>(result: Result<T, Refusal>): T
export function valueOrThrow<T, Code extends string>(result: Result<T, Code>, refusal: Refuse<Code>): T
export function valueOrThrow<T>(result: Result<T, string>, refusal: Refuse<never> = refusalProblem): T {
  if (result.ok) return result.value
  throw refusal(result.code as never, result.detail)
}
type Refuse<Code> = (code: Code, detail?: string) => Error

/** The kinds of calls that are refused above their rate. A held read above its rate is answered at once instead. */
type RefusedKind = Exclude<RateKind, 'heldReads'>

type RatePorts = Pick<DecidingPorts, 'policy' | 'requests' | 'clock' | 'log'>

export async function mustKeepRate(
  caller: AgentId | ToolId,
  kind: RefusedKind,
  tokens: number,
  ports: RatePorts,
): Promise<void> {
  mustTake(await keepRate(caller, kind, tokens, ports), { caller, kind, tokens }, ports)
}

/**
 * Takes the rate's tokens beside other work, which waits for this before it records anything.
 * @throws BadRequest at once if this process knows that the rate is spent: then the other work does not begin
 */
export function beginRate(
  caller: AgentId | ToolId,
  kind: RefusedKind,
  tokens: number,
  ports: RatePorts,
): Promise<void> {
  const known = knownRefusal(caller, kind, tokens, ports)
  if (known) mustTake(known, { caller, kind, tokens }, ports)
  const kept = mustKeepRate(caller, kind, tokens, ports)
  // Handles this rejection if the other work throws first.
  kept.catch(() => {})
  return kept
}

function mustTake(
  taken: Taken,
  { kind, ...asked }: { caller: AgentId | ToolId; kind: RefusedKind; tokens: number },
  ports: Pick<RatePorts, 'log'>,
): void {
  if (taken.permitted) return
  ports.log.info('rate_exceeded', { kind, ...asked })
  const detail = `ask again in ${taken.retryAfter} s: nothing was done. The rate is \`limits.${kind}\` of the ladder`
  throw tooManyRequests(detail, taken.retryAfter)
}

/** A grant that ends sooner could not be claimed before its end. Seconds. */
const shortestGrant = 10

export function checkEnd(end: NumericDate | undefined, field: string, { clock }: Pick<DoorPorts, 'clock'>): void {
  if (end === undefined || end >= clock.now() + shortestGrant) return
  throw badRequest(
    'invalid_request',
    'The grant would end before it could be claimed',
    `${field} should be at least ${shortestGrant} s from now`,
  )
}

/** The latest start of a grant, from now. Seconds. */
const furthestStart = 7 * 86_400

/** @returns the start, or undefined if it is past */
export function readStart(
  start: NumericDate | undefined,
  end: NumericDate | undefined,
  { clock }: Pick<DoorPorts, 'clock'>,
): NumericDate | undefined {
  const now = clock.now()
  if (start === undefined || start <= now) return undefined
  const field = '`requested_access.not_before`'
  if (start > now + furthestStart)
    throw badRequest('invalid_request', 'The start is too far ahead', `${field} should be at most 7 days from now`)
  if (end !== undefined && end < start + shortestGrant)
    throw badRequest(
      'invalid_request',
      'The grant would end before it could be claimed',
      `${field} should be at least ${shortestGrant} s before \`requested_access.requested_until\``,
    )
  return start
}

export function idempotencyKeyOf(call: Call): string {
  const key = call.header('idempotency-key')?.trim()
  if (key && key.length <= 255) return key
  throw badRequest(
    'invalid_request',
    'The `Idempotency-Key` header is missing or over 255 characters',
    'send one key for each ask, and the same key with its repeats',
  )
}

export const optionalKeyOf = (call: Call): string | undefined =>
  call.header('idempotency-key') ? idempotencyKeyOf(call) : undefined

export function openingIn(call: Call): RequestId | undefined {
  const id = RequestId.safeParse(call.path('id'))
  return id.success && id.data.startsWith('bgl_') ? id.data : undefined
}

export function openingId(call: Call): RequestId {
  const id = openingIn(call)
  if (id === undefined) throw refusalProblem('unknown_request')
  return id
}

/** The refusal of an opening, with all login requirements, so that one more login is enough. */
export const openingRefusal =
  (what: WhatToOpen, ports: MakingPorts) =>
  (code: Refusal, detail?: string): BadRequest => {
    if (code !== 'insufficient_login') return refusalProblem(code, detail)
    const found = openedBy(what, ports)
    return insufficientLogin(found.ok ? found.value.terms.login : (detail ?? ''))
  }
