import type { JsonObject, ToolId } from '../../../functions/domain/values.ts'
import { beginUse } from '../../../functions/operations/uses/use.ts'
import { agent, type World } from '../../support/world.ts'

export const flagService = 'tool:flag-service' as ToolId
export const audience = 'https://flags.example.org'

/** Asks for a flag in prod as the build bot; the owner of the flag approves. */
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
  const token = world.accessToken(request, await world.claim(request), audience)
  const begin = (key: string, shown: JsonObject = args, once = world.proof()) =>
    beginUse({ tool: flagService, token, action: 'flags:set', arguments: shown, key, once }, world.ports)
  return { request, args, token, begin }
}
