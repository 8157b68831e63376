import * as z from 'zod'
import { parseBody } from '../../adapters/http/authzen.ts'
import { endpoint } from '../../adapters/http/endpoint.ts'
import { personView } from '../../adapters/http/views.ts'
import { weakStandIn } from '../../domain/people/login-strength.ts'
import { openStage, Verdict } from '../../domain/requests/request.ts'
import { Digest, JsonObject, RequestId } from '../../domain/values.ts'
import { decideRequest } from '../../operations/requests/decide-request.ts'
import { Callers } from '../callers.ts'
import { environmentOf } from '../environments.ts'
import { insufficientLogin, refusalForPeople, unknownRequest } from '../refusals.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { decidingPorts } from '../wiring/ports.ts'

const environment = environmentOf('decide-request')
const issuer = environment.ISSUER
const ports = decidingPorts(environment, cedarPolicy())
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)

/** `narrow`: what to leave of it, in an approval of less than was asked. */
const Body = z
  .strictObject({
    verdict: Verdict,
    stage: z.string().min(1).max(64),
    round: z.int().positive(),
    digest: Digest,
    comment: z.string().max(1000).optional(),
    narrow: z
      .strictObject({
        arguments: JsonObject.optional(),
        uses: z.int().positive().optional(),
        minutes: z.int().positive().max(1440).optional(),
      })
      .optional(),
  })
  .refine(({ verdict, narrow }) => narrow === undefined || verdict === 'approve', {
    path: ['narrow'],
    message: 'is for an approval: a denial leaves nothing',
  })

/** `POST /v1/requests/{id}/decisions`: a person approves or denies. The same operation as a click in Slack. */
export const handler = endpoint({ issuer, ...ports }, async (call) => {
  const { person, login } = await callers.person(call)
  const { comment, narrow, ...body } = parseBody(Body, call.json())
  const id = RequestId.safeParse(call.path('id'))
  if (!id.success) throw unknownRequest()
  const optional = { ...(comment === undefined ? {} : { comment }), ...(narrow === undefined ? {} : { narrow }) }
  const done = await decideRequest(
    { id: id.data, person: person.id, ...body, ...optional, through: 'api', login },
    ports,
  )
  if (!done.ok) {
    const state = done.stored?.state
    const stage = state?.status === 'pending' ? openStage(state) : undefined
    if (done.code === 'insufficient_login' && done.detail !== weakStandIn && stage) throw insufficientLogin(stage.terms)
    throw refusalForPeople(done.code, done.detail)
  }
  return { status: 200, body: personView(done.value.state) }
})
