import { type Call, endpoint } from '../../adapters/http/endpoint.ts'
import { BadRequest, tooManyRequests } from '../../adapters/http/problem.ts'
import { rememberUntil, SecurityEventVerifier, type SetRefusal } from '../../adapters/jose/security-event.ts'
import { signalsIn } from '../../domain/halts/signal.ts'
import { ok, type Result, refuse } from '../../domain/values.ts'
import type { HaltStore } from '../../operations/halts/ports.ts'
import { takeSignals } from '../../operations/halts/take-signals.ts'
import type { ApiPorts } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { haltStore, portsWithFacts } from '../wiring/ports.ts'

/** `POST /v1/signals/{transmitter}`: accepts a pushed Security Event Token (RFC 8935). */
export function createHandler(ports: ApiPorts & { halts: HaltStore }) {
  const { policy, issuer, clock, log } = ports
  const { transmitters = {} } = policy.bundle.deployment
  const verifier = new SecurityEventVerifier(transmitters, issuer, clock)
  return endpoint(ports, async (call) => {
    const alias = call.path('transmitter')
    const token = tokenIn(call)
    const claims = token.ok ? await verifier.verify(alias, token.value) : token
    const signals = claims.ok ? signalsIn(claims.value) : undefined
    if (!claims.ok || !signals) {
      const { code: err, detail: description = 'the token is invalid' } = claims.ok ? noSubject : claims
      log.warn('received_signal_refused', { err, ...(Object.hasOwn(transmitters, alias) && { transmitter: alias }) })
      return { status: 400, headers: { 'content-language': 'en' }, body: { err, description } }
    }
    const { jti } = claims.value
    const taken = await takeSignals({ alias, jti, rememberUntil: rememberUntil(claims.value), signals }, ports)
    if (taken.outcome === 'taken') return { status: 202 }
    const detail = `send it again in ${taken.retryAfter} s: \`haltsPerHour\` of this transmitter is reached`
    throw tooManyRequests(detail, taken.retryAfter)
  })
}

const invalid = (detail: string): Refused => refuse('invalid_request', detail)
type Refused = { ok: false; code: SetRefusal; detail?: string }

const noSubject = invalid('`sub_id` should name the subject in a form of RFC 9493')

function tokenIn(call: Call): Result<string, SetRefusal> {
  if (!/^application\/secevent\+jwt\s*(;|$)/i.test(call.header('content-type') ?? ''))
    return invalid('send `Content-Type: application/secevent+jwt`')
  try {
    return ok(call.text())
  } catch (fault) {
    if (fault instanceof BadRequest) return invalid(fault.problem.detail ?? fault.problem.title)
    throw fault
  }
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores> = (told) => ({
  ...portsWithFacts(told),
  halts: haltStore(told),
})
