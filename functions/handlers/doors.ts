import type { Call } from '../adapters/http/endpoint.ts'
import { BadRequest, badRequest } from '../adapters/http/problem.ts'
import type { LoginWanted } from '../domain/people/login-strength.ts'
import type { RateKind } from '../domain/policy/ladder.ts'
import { type AgentId, RequestId, type ToolId } from '../domain/values.ts'
import { openedBy, type WhatToOpen } from '../operations/break-glass/what-to-open.ts'
import { keepRate } from '../operations/requests/limits.ts'
import type { DecidingPorts } from '../operations/requests/ports.ts'
import { refusalForOps } from './refusals.ts'

/** What is refused above its rate. A read that is not held is answered all the same. */
type RefusedKind = Exclude<RateKind, 'heldReads'>

const titles: { readonly [kind in RefusedKind]: string } = {
  submissions: 'You ask for more than one agent may',
  evaluations: 'You evaluate more than one caller may',
}

/** Refuses a caller that calls too often. @throws BadRequest 429 with `Retry-After` */
export async function mustKeepRate(
  caller: AgentId | ToolId,
  kind: RefusedKind,
  tokens: number,
  ports: Pick<DecidingPorts, 'policy' | 'requests' | 'clock' | 'log'>,
): Promise<void> {
  const taken = await keepRate(caller, kind, tokens, ports)
  if (taken.permitted) return
  ports.log.info('rate exceeded', { caller, kind, tokens })
  throw new BadRequest({
    status: 429,
    code: 'too_many_requests',
    title: titles[kind],
    detail: `ask again in ${taken.retryAfter} s: nothing was done. \`limits.${kind}\` of the ladder is the rate`,
    headers: { 'retry-after': String(taken.retryAfter) },
  })
}

/** The caller's `Idempotency-Key`: one for each thing that is asked for, and the same one when it is asked again. */
export function idempotencyKeyOf(call: Call): string {
  const key = call.header('idempotency-key')?.trim()
  if (key && key.length <= 255) return key
  throw badRequest(
    'invalid_request',
    'The `Idempotency-Key` header is missing or over 255 characters',
    'send one key for each thing you ask for, and the same one when you ask again',
  )
}

/** The id in the path, which is one of a break-glass. @throws BadRequest 404 */
export function breakGlassId(call: Call): RequestId {
  const id = RequestId.safeParse(call.path('id'))
  if (!id.success || !id.data.startsWith('bgl_')) throw refusalForOps('unknown_request')
  return id.data
}

/** All that breaking this glass takes of a login, and not only what was lacking first: one more login is then enough. */
export function loginFor(what: WhatToOpen, ports: DecidingPorts): LoginWanted | undefined {
  const glass = ports.policy.bundle.breakGlass
  const found = glass && openedBy(what, glass, ports)
  return found?.ok ? found.value.terms.login : undefined
}
