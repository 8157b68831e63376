import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { RequestStore } from '../../../functions/operations/record/ports.ts'
import { sweepOverdue } from '../../../functions/operations/requests/sweep-overdue.ts'
import { makeCall, resolveCall } from '../../../functions/operations/uses/make-call.ts'
import type { AwsCaller, AwsCredentialBroker, AwsCredentials } from '../../../functions/targets/aws/ports.ts'
import { callMakerOf } from '../../../functions/targets/aws/reach.ts'
import { MemoryCaller } from '../../support/credentials/memory-caller.ts'
import { MemoryQueue } from '../../support/requests/memory-queue.ts'
import { sampleBundle, type What, World } from '../../support/world.ts'

export const bundle = sampleBundle()
const name = 'staging-checkout-worker'
export const secretArgument = 'canary-argument-5dd1'
export const configure: What = {
  action: 'lambda:UpdateFunctionConfiguration',
  arguments: { FunctionName: name, Timeout: 60, Environment: { Variables: { MODE: secretArgument } } },
  resource: { type: 'lambda:function', id: `arn:aws:lambda:us-east-1:000000000000:function:${name}` },
}

export type Worldly = Partial<{ requests: RequestStore; broker: AwsCredentialBroker; caller: AwsCaller }>

/** A staging function's configuration, allowed at once and claimed, and its call as the agent would ask for it. */
export async function claimed(what: What = configure, caller = new MemoryCaller(), world = new World(bundle)) {
  const request = await world.submitted(what)
  const token = world.accessToken(request, await world.claim(request))
  const ports = (changes: Worldly) => {
    const { broker, targetRole } = world
    const all = { ...world.ports, broker, caller, targetRole, ...changes }
    return { ...all, reach: callMakerOf(all) }
  }
  const call = (changes: Worldly = {}, once = world.proof()) => makeCall(token, once, ports(changes))
  const uses = async () => usesOf(await world.state(request.ask.id))
  const queue = new MemoryQueue()
  /** One sweep and the worker of its queue. @returns how many were queued */
  const sweep = async (changes: Worldly = {}) => {
    await sweepOverdue({ ...world.ports, follow: new MemoryQueue(), calls: queue, changes: new MemoryQueue() })
    const handedOn = queue.take()
    for (const { requestId } of handedOn) await resolveCall(requestId, ports(changes))
    return handedOn.length
  }
  return { world, request, token, caller, call, uses, sweep }
}

const usesOf = (state: ApprovalRequest) => ('grant' in state ? (state.grant?.uses ?? []) : [])

/** A broker that shows each ask to `look` first, and then answers as another does. */
export const brokerThat = (
  look: (ask: Parameters<AwsCredentialBroker['assume']>[0]) => void,
  then: AwsCredentialBroker,
): AwsCredentialBroker => ({
  assume: async (ask): Promise<AwsCredentials> => {
    look(ask)
    return then.assume(ask)
  },
})
