import * as z from 'zod'
import { parseBody } from '../../adapters/http/authzen.ts'
import { endpoint } from '../../adapters/http/endpoint.ts'
import { BadRequest } from '../../adapters/http/problem.ts'
import { AccessTokenVerifier } from '../../adapters/jose/access-token.ts'
import { rememberUntil, replayKey, verifyDpop } from '../../adapters/jose/dpop.ts'
import { KmsKeySet } from '../../adapters/kms/kms-key-set.ts'
import { addressesOf } from '../../domain/policy/bundle.ts'
import { JsonObject, type ToolId } from '../../domain/values.ts'
import { beginUse } from '../../operations/uses/use.ts'
import { Callers } from '../callers.ts'
import { idempotencyKeyOf } from '../doors.ts'
import { environmentOf } from '../environments.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { decidingPorts } from '../wiring/ports.ts'

const environment = environmentOf('begin-use')
const issuer = environment.ISSUER
const ports = decidingPorts(environment, cedarPolicy())
const { bundle } = ports.policy
const callers = new Callers(bundle, issuer, ports.clock)
const tokens = new AccessTokenVerifier(issuer, new KmsKeySet(environment.PUBLISHED_KEYS), ports.clock)

const Body = z.strictObject({
  token: z.string().min(1).max(8192),
  proof: z.string().min(1).max(8192),
  method: z.string().regex(/^[A-Z]{3,16}$/),
  url: z.url().max(2048),
  action: z.string().min(1).max(256),
  arguments: JsonObject,
})
type Body = z.infer<typeof Body>

/** `POST /v1/uses`: the gate. What a tool asks before it acts, with what it was shown and what it is about to execute. */
export const handler = endpoint({ issuer, ...ports }, async (call) => {
  const tool = await callers.tool(call)
  const key = idempotencyKeyOf(call)
  const body = parseBody(Body, call.json())
  const shown = await verifyShown(tool.id, body)
  const begun = await beginUse({ tool: tool.id, ...shown, action: body.action, arguments: body.arguments, key }, ports)
  if (!begun.ok) throw refusal(begun.code, begun.detail)
  const { use, usesLeft, ended } = begun.value
  return { status: 201, body: { use, uses_left: usesLeft, ...(ended ? { ended } : {}) } }
})

/** The token must be for this tool, and the proof for one of its own addresses and by the token's key. */
async function verifyShown(tool: ToolId, { token, proof, method, url }: Body) {
  const deployed = addressesOf(bundle, tool)
  if (!deployed) throw refusal('not_permitted', 'the tool has no address in this deployment')
  if (!deployed.addresses.some((address) => url === address || url.startsWith(`${address.replace(/\/$/, '')}/`)))
    throw refusal('invalid_dpop_proof', '`url` should be one of the tool’s own addresses')
  const verified = await tokens.verify(token, deployed.audience)
  if (!verified.ok) throw refusal('invalid_token', verified.code.replaceAll('_', ' '))
  const proven = await verifyDpop({ proof, method, url, accessToken: token, now: ports.clock.now() })
  if (!proven.ok) throw refusal('invalid_dpop_proof', proven.detail)
  if (proven.value.jkt !== verified.value.jkt) throw refusal('key_mismatch')
  const once = { key: replayKey(proven.value), value: proven.value.jti, expiresAt: rememberUntil(proven.value) }
  return { token: verified.value, once }
}

/** Every no of the gate is 403, with the reason as its type: the tool does not act. */
const refusal = (code: string, detail?: string): BadRequest =>
  new BadRequest({
    status: 403,
    code,
    title: 'This use is not permitted',
    ...(detail === undefined ? {} : { detail }),
  })
