import { decodeJwt } from 'jose'
import type { CredentialId, JsonObject, ToolId } from '../../../functions/domain/values.ts'
import type { AccessToken } from '../../../functions/operations/credentials/ports.ts'
import { beginUse } from '../../../functions/operations/uses/use.ts'
import { agent, agentKey, type World } from '../../support/world.ts'

export const flagService = 'tool:flag-service' as ToolId
export const audience = 'https://flags.example.org'

/** Asks for a flag in prod as the build bot, which the owner of the flag approves. */
export async function approvedFlag(world: World, flag = 'express-checkout') {
  const args = { environment: 'prod', flag, value: true }
  const request = await world.submitted({
    agent: agent('builder'),
    action: 'flags:set',
    arguments: args,
    resource: { type: 'flags:flag', id: `prod/${flag}` },
    purpose: 'release',
  })
  await world.decide(request, 'ana')
  return { request, args }
}

/** The same, claimed: with its access token, and the gate as the flag's tool would ask it. */
export async function claimedFlag(world: World, flag?: string) {
  const { request, args } = await approvedFlag(world, flag)
  const issued = await world.issueToken(request)
  if (!issued.ok) throw new Error(issued.code)
  const token: AccessToken = {
    jti: decodeJwt(issued.value.token).jti as CredentialId,
    request: request.ask.id,
    agent: request.ask.agent.id,
    audience,
    jkt: agentKey,
    expiresAt: world.clock.now() + 900,
  }
  const begin = (key: string, shown: JsonObject = args, once = world.proof()) =>
    beginUse({ tool: flagService, token, action: 'flags:set', arguments: shown, key, once }, world.ports)
  return { request, args, token, begin }
}
