import * as z from 'zod'
import { parseBody } from '../adapters/http/authzen.ts'
import { breakGlassView } from '../adapters/http/break-glass-view.ts'
import { type Call, endpoint } from '../adapters/http/endpoint.ts'
import type { Answer } from '../adapters/http/problem.ts'
import { rfc3339 } from '../domain/ledger.ts'
import { JsonObject, PersonId, Resource } from '../domain/values.ts'
import { endBreakGlass } from '../operations/end-break-glass.ts'
import { reviewBreakGlass } from '../operations/review-break-glass.ts'
import { vouchForBreakGlass } from '../operations/vouch-break-glass.ts'
import { environmentOf } from './environments.ts'
import { breakGlassId } from './wiring/break-glass-id.ts'
import { Callers } from './wiring/callers.ts'
import { decidingPorts } from './wiring/deciding.ts'
import { cedarPolicy } from './wiring/policy.ts'
import { refusalForOps } from './wiring/refusals-for-ops.ts'

const environment = environmentOf('conclude-break-glass')
const issuer = environment.ISSUER
const ports = decidingPorts(environment, cedarPolicy())
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)

const Review = z.strictObject({
  outcome: z.enum(['justified', 'not_justified']),
  /** What was looked at, and what follows from it. */
  note: z.string().trim().min(1).max(4000),
})
const Voucher = z.union([
  z.strictObject({ person: PersonId, profile: z.string().min(1).max(64) }),
  z.strictObject({
    person: PersonId,
    action: z.string().min(1).max(128),
    arguments: JsonObject,
    resource: Resource.optional(),
  }),
])

/** What people do about an opening that is there: one function, since the three need the same rights to the letter. */
const routes: { [route: string]: (call: Call, person: PersonId) => Promise<Answer> } = {
  /** By the person, or by whoever may revoke. Every credential of it ends with it. */
  'POST /v1/break-glass/{id}/end': async (call, person) => {
    if (call.hasBody) parseBody(z.strictObject({}), call.json())
    const done = await endBreakGlass({ id: breakGlassId(call), person }, ports)
    if (!done.ok) throw refusalForOps(done.code, done.detail)
    return { status: 200, body: breakGlassView(done.value.state) }
  },
  /** Somebody else says whether it was justified. */
  'POST /v1/break-glass/{id}/review': async (call, person) => {
    const { outcome, note } = parseBody(Review, call.json())
    const done = await reviewBreakGlass({ id: breakGlassId(call), person, outcome, note }, ports)
    if (!done.ok) throw refusalForOps(done.code, done.detail)
    return { status: 200, body: breakGlassView(done.value.state) }
  },
  /** A second person vouches for one whose earlier opening has not been reviewed in time. */
  'POST /v1/break-glass/vouchers': async (call, by) => {
    const { person, ...what } = parseBody(Voucher, call.json())
    const { resource, ...rest } = 'profile' in what ? { ...what, resource: undefined } : what
    const vouched = await vouchForBreakGlass(
      { by, person, what: { ...rest, ...(resource ? { resource } : {}) } },
      ports,
    )
    if (!vouched.ok) throw refusalForOps(vouched.code, vouched.detail)
    return { status: 201, body: { person, vouched_by: by, until: rfc3339(vouched.value.until) } }
  },
}

export const handler = endpoint({ issuer, ...ports }, async (call) => {
  const { person } = await callers.person(call)
  const route = routes[call.route]
  if (!route) throw refusalForOps('unknown_request')
  return route(call, person.id)
})
