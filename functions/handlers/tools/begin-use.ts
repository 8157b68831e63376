// Rules: test/stack/uses/gate.test.ts
import type * as z from 'zod'
import { parseBody } from '../../adapters/http/authzen.ts'
import { UseBody } from '../../adapters/http/bodies/tools.ts'
import { BadRequest, type ProblemCode } from '../../adapters/http/problem.ts'
import { AccessTokenVerifier } from '../../adapters/jose/access-token.ts'
import { rememberUntil, replayKey, verifyDpop } from '../../adapters/jose/dpop.ts'
import { KmsKeySet } from '../../adapters/kms/kms-key-set.ts'
import { addressesOf } from '../../domain/policy/bundle.ts'
import { defined, type ToolId } from '../../domain/values.ts'
import type { KeySet } from '../../operations/credentials/ports.ts'
import { beginUse } from '../../operations/uses/use.ts'
import { type ApiPorts, idempotencyKeyOf, toolDoor, valueOrThrow } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { portsWithAnswers } from '../wiring/policy.ts'

/** `POST /v1/uses`: the gate. A tool sends the agent's token and proof, and the call that it is about to execute. */
export function createHandler(ports: ApiPorts & { keys: KeySet }) {
  const tokens = new AccessTokenVerifier(ports.issuer, ports.keys, ports.clock)
  return toolDoor(ports, async (call, { id: tool }) => {
    const key = idempotencyKeyOf(call)
    const body = parseBody(UseBody, call.json())
    const shown = await verifyShown(tool, body, tokens, ports)
    const { action, arguments: args, mcp } = body
    const begun = await beginUse({ tool, ...shown, action, arguments: args, ...defined({ mcp }), key }, ports)
    const { use, usesLeft, ended } = valueOrThrow(begun, refusal)
    return { status: 201, body: { use, uses_left: usesLeft, ...(ended ? { ended } : {}) } }
  })
}

/** Checks that the token is for this tool, and the proof is for an address of the tool and by the token's key. */
async function verifyShown(
  tool: ToolId,
  shown: z.infer<typeof UseBody>,
  tokens: AccessTokenVerifier,
  { policy, clock }: ApiPorts,
) {
  const { token, proof, method, url } = shown
  const deployed = addressesOf(policy.bundle, tool)
  if (!deployed) throw refusal('not_permitted', 'the tool has no address in this deployment')
  if (!deployed.addresses.some((address) => url === address || url.startsWith(`${address.replace(/\/$/, '')}/`)))
    throw refusal('invalid_dpop_proof', `\`url\` should be an address of \`${tool}\`, the tool of this workload token`)
  const verified = await tokens.verify(token, deployed.audience)
  if (!verified.ok) throw refusal('invalid_token', verified.code.replaceAll('_', ' '))
  const proven = await verifyDpop({ proof, method, url, accessToken: token, now: clock.now() })
  if (!proven.ok) throw refusal('invalid_dpop_proof', proven.detail)
  if (proven.value.jkt !== verified.value.jkt) throw refusal('key_mismatch')
  const once = { key: replayKey(proven.value), value: proven.value.jti, expiresAt: rememberUntil(proven.value) }
  return { token: verified.value, once }
}

/** A refusal of the gate: always 403, with the reason as its type. The tool does not act. */
const refusal = (code: ProblemCode, detail?: string): BadRequest =>
  new BadRequest(defined({ status: 403, code, title: 'This use is not permitted', detail }))

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'PUBLISHED_KEYS'> = (told) => ({
  ...portsWithAnswers(told),
  keys: new KmsKeySet(told.PUBLISHED_KEYS),
})
