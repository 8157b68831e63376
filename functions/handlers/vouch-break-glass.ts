import * as z from 'zod'
import { parseBody } from '../adapters/http/authzen.ts'
import { endpoint } from '../adapters/http/endpoint.ts'
import { rfc3339 } from '../domain/ledger.ts'
import { JsonObject, PersonId, Resource } from '../domain/values.ts'
import { vouchForBreakGlass } from '../operations/vouch-break-glass.ts'
import { environmentOf } from './environments.ts'
import { Callers } from './wiring/callers.ts'
import { decidingPorts } from './wiring/deciding.ts'
import { cedarPolicy } from './wiring/policy.ts'
import { refusalForOps } from './wiring/refusals-for-ops.ts'

const environment = environmentOf('vouch-break-glass')
const issuer = environment.ISSUER
const ports = decidingPorts(environment, cedarPolicy())
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)

const Body = z.union([
  z.strictObject({ person: PersonId, profile: z.string().min(1).max(64) }),
  z.strictObject({
    person: PersonId,
    action: z.string().min(1).max(128),
    arguments: JsonObject,
    resource: Resource.optional(),
  }),
])

/** `POST /v1/break-glass/vouchers`: a second person vouches for one whose earlier opening has not been reviewed in time. */
export const handler = endpoint({ issuer, ...ports }, async (call) => {
  const { person: by } = await callers.person(call)
  const { person, ...what } = parseBody(Body, call.json())
  const { resource, ...rest } = 'profile' in what ? { ...what, resource: undefined } : what
  const vouched = await vouchForBreakGlass(
    { by: by.id, person, what: { ...rest, ...(resource ? { resource } : {}) } },
    ports,
  )
  if (!vouched.ok) throw refusalForOps(vouched.code, vouched.detail)
  return { status: 201, body: { person, vouched_by: by.id, until: rfc3339(vouched.value.until) } }
})
