import * as z from 'zod'
import { parseBody } from '../adapters/http/authzen.ts'
import { breakGlassView } from '../adapters/http/break-glass-view.ts'
import { endpoint } from '../adapters/http/endpoint.ts'
import { reviewBreakGlass } from '../operations/review-break-glass.ts'
import { environmentOf } from './environments.ts'
import { breakGlassId } from './wiring/break-glass-id.ts'
import { Callers } from './wiring/callers.ts'
import { decidingPorts } from './wiring/deciding.ts'
import { cedarPolicy } from './wiring/policy.ts'
import { refusalForOps } from './wiring/refusals-for-ops.ts'

const environment = environmentOf('review-break-glass')
const issuer = environment.ISSUER
const ports = decidingPorts(environment, cedarPolicy())
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)

const Body = z.strictObject({
  outcome: z.enum(['justified', 'not_justified']),
  /** What was looked at, and what follows from it. */
  note: z.string().trim().min(1).max(4000),
})

/** `POST /v1/break-glass/{id}/review`: somebody else says whether it was justified. */
export const handler = endpoint({ issuer, ...ports }, async (call) => {
  const { person } = await callers.person(call)
  const { outcome, note } = parseBody(Body, call.json())
  const done = await reviewBreakGlass({ id: breakGlassId(call), person: person.id, outcome, note }, ports)
  if (!done.ok) throw refusalForOps(done.code, done.detail)
  return { status: 200, body: breakGlassView(done.value.state) }
})
