import { parseBody, RequestBody, readDenial, taskAnswer } from '../../adapters/http/authzen.ts'
import { endpoint } from '../../adapters/http/endpoint.ts'
import { badRequest, refusalProblem } from '../../adapters/http/problem.ts'
import type { NumericDate } from '../../domain/values.ts'
import { signApproval } from '../../operations/credentials/statements.ts'
import { tryAgainAfter } from '../../operations/requests/limits.ts'
import { submitRequest } from '../../operations/requests/submit-request.ts'
import { Callers } from '../callers.ts'
import { idempotencyKeyOf, mustKeepRate } from '../doors.ts'
import { environmentOf } from '../environments.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { permitPorts } from '../wiring/ports.ts'
import { statementsOf } from '../wiring/statements.ts'

const environment = environmentOf('submit-request')
const issuer = environment.ISSUER
const permitting = permitPorts(environment, cedarPolicy())
const statements = statementsOf(environment, permitting)
const ports = { ...permitting, statements, targetRole: environment.TARGET_ROLE }
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)
const path = '/access/v1/requests'
/** A grant that ends sooner than this could not be claimed in time. */
const shortest = 10

/** `POST /access/v1/requests`: asks for what an evaluation said needs approval. */
export const handler = endpoint(ports, async (call) => {
  const { ref, proof, once } = await callers.provenAgent(call, { method: 'POST', path })
  const idempotencyKey = call.header('idempotency-key') ? idempotencyKeyOf(call) : undefined
  const body = call.json()
  const ask = parseBody(RequestBody, body)
  const { subject, action, resource, context } = ask
  const denial = readDenial(ask.denial)
  if (ask.requested_access?.emergency === true)
    throw badRequest(
      'invalid_request',
      'An agent cannot use break-glass',
      '`requested_access.emergency` is for people: `POST /v1/break-glass`',
    )
  const actor = ask.client?.actor
  if (actor && actor.id !== ref.id && actor.id !== ref.subject)
    throw badRequest(
      'invalid_request',
      'The actor is not the caller',
      '`client.actor` should be left out, or be the agent that asks',
    )
  const until = ask.requested_access?.requested_until
  if (until !== undefined) checkUntil(until, ports.clock.now())
  await mustKeepRate(ref.id, 'submissions', 1, ports)
  const submitted = await submitRequest(
    {
      agent: ref,
      subject,
      action: { name: action.name, properties: action.properties ?? {} },
      resource,
      purpose: context.purpose,
      parentTask: context.parent_task,
      ...(context.justification === undefined ? {} : { justification: context.justification }),
      ...(until === undefined ? {} : { requestedUntil: until }),
      evaluation: denial.evaluation_id,
      bindingToken: denial.binding_token,
      denialExpiresAt: denial.expires_at,
      jkt: proof.jkt,
      idempotencyKey,
      body,
      once,
    },
    ports,
  )
  if (!submitted.ok) {
    const { code, detail } = submitted
    throw refusalProblem(code, detail, code === 'too_many_open' ? { 'retry-after': String(tryAgainAfter) } : undefined)
  }
  const { state } = submitted.value.stored
  const answer = taskAnswer(state, issuer, await signApproval(state, ports.statements))
  const { id, status } = answer['task'] as { id: string; status: string }
  return { status: status === 'approved' ? 201 : 202, headers: { location: `${issuer}${path}/${id}` }, body: answer }
})

function checkUntil(until: NumericDate, now: NumericDate): void {
  if (until >= now + shortest) return
  throw badRequest(
    'invalid_request',
    'The access would end before it began',
    `\`requested_access.requested_until\` should be at least ${shortest} s from now`,
  )
}
