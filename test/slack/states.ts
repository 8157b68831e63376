import type { Bundle } from '../../functions/domain/bundle.ts'
import { asOf } from '../../functions/domain/due.ts'
import type { ApprovalRequest } from '../../functions/domain/request.ts'
import { cancelRequest } from '../../functions/operations/cancel-request.ts'
import { completeRequest } from '../../functions/operations/complete-request.ts'
import { revokeRequest } from '../../functions/operations/revoke-request.ts'
import { agent, person, prodParameter, type What, World } from '../support/world.ts'

/** Stopping a function that checkout needs: tier 3, whose second stage wants a stronger login. */
export const stopCheckout: What = {
  action: 'lambda:PutFunctionConcurrency',
  arguments: { FunctionName: 'checkout-api', ReservedConcurrentExecutions: 0 },
  resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:checkout-api' },
}

const justification = 'checkout fails its health check since the timeout was lowered; 3000 is what it was before'

/** A request in every state that a card shows, by the name of the state, each come about as it would. */
export async function everyState(bundle: Bundle): Promise<ReadonlyMap<string, ApprovalRequest>> {
  const states = new Map<string, ApprovalRequest>()
  const keep = async (name: string, story: (world: World) => Promise<ApprovalRequest>) => {
    states.set(name, await story(new World(bundle)))
  }
  const submitted = (world: World) => world.submitted(prodParameter, { justification })
  const after = async (world: World, { ask }: ApprovalRequest) => world.state(ask.id)

  await keep('waiting for the first stage', submitted)
  await keep('waiting for the second stage', async (world) => {
    const request = await submitted(world)
    await world.decide(request, 'ben')
    return after(world, request)
  })
  await keep('escalated', async (world) => asOf(await submitted(world), world.clock.now() + 31 * 60))
  await keep('waiting for a stronger login, one of two', async (world) => {
    const request = await world.submitted(stopCheckout, { justification })
    await world.decide(request, 'ana')
    await world.decide(request, 'gus', 'approve', { login: { acr: 'strong', at: world.clock.now() } })
    return after(world, request)
  })
  await keep('approved', (world) => world.approved())
  await keep('in use', async (world) => {
    const request = await world.approved()
    await world.issueToken(request)
    return after(world, request)
  })
  for (const outcome of ['succeeded', 'failed'] as const)
    await keep(`completed: ${outcome}`, async (world) => {
      const request = await world.approved()
      await world.issueToken(request)
      await completeRequest(
        { id: request.ask.id, agent: agent('remediator'), outcome, note: 'health is back to `ok`' },
        world.ports,
      )
      return after(world, request)
    })
  await keep('denied', async (world) => {
    const request = await submitted(world)
    await world.decide(request, 'eve', 'deny', { comment: 'the value is wrong: see INC-1042' })
    return after(world, request)
  })
  await keep('expired without a decision', async (world) => asOf(await submitted(world), world.clock.now() + 86_400))
  await keep('expired without a claim', async (world) => asOf(await world.approved(), world.clock.now() + 86_400))
  await keep('expired in use', async (world) => {
    const request = await world.approved()
    await world.issueToken(request)
    return asOf(await after(world, request), world.clock.now() + 86_400)
  })
  await keep('withdrawn', async (world) => {
    const request = await submitted(world)
    await cancelRequest({ id: request.ask.id, agent: agent('remediator') }, world.ports)
    return after(world, request)
  })
  await keep('revoked', async (world) => {
    const request = await world.approved()
    await revokeRequest({ id: request.ask.id, person: person('gus'), reason: 'the incident is over' }, world.ports)
    return after(world, request)
  })
  return states
}
