import type { RequestId } from '../../functions/domain/values.ts'
import { askOnBehalf } from '../../functions/operations/requests/ask-on-behalf.ts'
import { agent, person, type What, type World } from './world.ts'

/** Dan, who answers for agent:remediator, asks on its behalf. As in Slack's form, he first sees policy's answer. */
export async function askedOnBehalf(world: World, { action, arguments: args }: What): Promise<RequestId> {
  const ports = { ...world.ports, permits: world.permits, targetRole: world.targetRole }
  const what = { agent: agent('remediator'), action, arguments: args, purpose: 'remediation' }
  const ask = { ...what, parentTask: { id: 'INC-1042' }, person: person('dan'), form: 'one', once: world.proof() }
  const seen = await askOnBehalf(ask, ports)
  if (!seen.ok || !('foreseen' in seen.value)) throw new Error('nothing was foreseen')
  const done = await askOnBehalf({ ...ask, seen: seen.value.foreseen.seen }, ports)
  if (!done.ok || !('asked' in done.value)) throw new Error('nothing was asked')
  return done.value.asked.stored.state.ask.id
}
