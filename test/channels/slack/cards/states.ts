import { digestOf } from '../../../../functions/domain/digest.ts'
import { system } from '../../../../functions/domain/event.ts'
import type { StandIn } from '../../../../functions/domain/people/stand-in.ts'
import type { Bundle } from '../../../../functions/domain/policy/bundle.ts'
import { evolve } from '../../../../functions/domain/record/evolve.ts'
import type { Matched } from '../../../../functions/domain/record/preview.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { asOf } from '../../../../functions/domain/requests/due.ts'
import type { Digest, RequestId } from '../../../../functions/domain/values.ts'
import { answerQuestion, askColleague, askQuestion } from '../../../../functions/operations/requests/ask-back.ts'
import { cancelRequest, completeRequest, revokeRequest } from '../../../../functions/operations/requests/end-request.ts'
import { agent, agentKey, parameter, person, prodParameter, type What, World } from '../../../support/world.ts'

/** Stopping a function that checkout needs: tier 3, whose second stage wants a stronger login. */
export const stopCheckout: What = {
  action: 'lambda:PutFunctionConcurrency',
  arguments: { FunctionName: 'checkout-api', ReservedConcurrentExecutions: 0 },
  resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:checkout-api' },
}

/** More memory and more time for a function: an approver can leave less of either. Tier 2. */
export const resizeWorker: What = {
  action: 'lambda:UpdateFunctionConfiguration',
  arguments: { FunctionName: 'checkout-worker', MemorySize: 2048, Timeout: 120 },
  resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:checkout-worker' },
}

/** The sample organisation, with a reason required of owners. */
export const wantingReasons = (bundle: Bundle): Bundle => ({
  ...bundle,
  ladder: {
    ...bundle.ladder,
    tiers: bundle.ladder.tiers.map((tier) => ({
      ...tier,
      stages: tier.stages.map((stage) => (stage.name === 'owner' ? { ...stage, comment: 'required' as const } : stage)),
    })),
  },
})

/** A person is away for a day, and another decides meanwhile. */
export const standIn = (world: World, by: string, absent: string): void => {
  const [from, until] = [world.clock.now() - 60, world.clock.now() + 86_400]
  const id = `sin_${'0'.repeat(26)}` as StandIn['id']
  world.requests.putStandIns(person(by), [{ id, by: person(by), for: person(absent), from, until, at: from }])
}

/** The preview: 1800 now, and 3000 if the request is granted. */
export const previewOf = (state: ApprovalRequest, Value = '1800', at = state.submittedAt): Matched => ({
  outcome: 'matched',
  before: { Value },
  after: { Value: '3000' },
  observedAt: at,
  state: digestOf('hotwork.state.v1', { request: state.ask.id, Value }) as Digest,
  gap: true,
})

/** A later reading finds a changed value: the next round, as the reducer makes it. */
export function drifted(state: ApprovalRequest, Value: string, at = state.updatedAt + 60): ApprovalRequest {
  const { round, tier, stages, policies, submittedAt } = state
  return evolve(state, {
    type: 'StateChanged',
    at,
    actor: system,
    policies: [],
    bundle: 'sha-256:x',
    preview: previewOf(state, Value, at),
    round: round + 1,
    decideBy: submittedAt + 3600,
    tier,
    stages: stages.map(({ terms }) => terms),
    because: [...policies],
  })
}

const justification = 'checkout fails its health check since the timeout was lowered; 3000 is what it was before'

/** A request in every state of its card, by the state's name, each reached as in production. */
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
  await keep('narrowed', async (world) => {
    const request = await world.submitted(resizeWorker, { justification })
    await world.decide(request, 'ben', 'approve', {
      narrow: { arguments: { MemorySize: 1024 }, minutes: 5 },
      comment: 'half of it is plenty',
    })
    return after(world, request)
  })
  await keep('decided by a stand-in', async (world) => {
    const request = await submitted(world)
    standIn(world, 'gus', 'ben')
    await world.decide(request, 'gus')
    return after(world, request)
  })
  await keep('asked again', async (world) => {
    const request = await submitted(world)
    const again = { extends: `req_${'1'.repeat(26)}` as RequestId, approvedBefore: [person('ana'), person('eve')] }
    return { ...request, ask: { ...request.ask, ...again } }
  })
  await keep('revised', async (world) => {
    const request = await submitted(world)
    const suggest = { arguments: { ...request.ask.arguments, Value: '2000' } }
    await world.decide(request, 'ana', 'revise', { toAgent: 'ask for less', suggest })
    const [id, by] = [`req_${'1'.repeat(26)}` as RequestId, person('eve')]
    const words = { request: id, by, at: request.submittedAt, verdict: 'revise' as const, text: 'ask for less' }
    const revised = await after(world, request)
    const terms = { revises: id, revision: { number: 1, changes: { Value: { from: 'off', to: 'on' } } } }
    return { ...revised, ask: { ...revised.ask, ...terms, suggestedBy: [by], barred: [by], told: [words] } }
  })
  await keep('of tier 1', async (world) => {
    const what = { ...parameter('/staging/checkout/color', 'on'), agent: agent('nightly'), purpose: 'maintenance' }
    const request = await world.submitted(what, { justification: 'QA compares the new colour with the old one' })
    const preview = { ...previewOf(request, 'off'), after: { Value: 'on' } }
    return { ...request, preview }
  })
  await keep('a revision that waits', async (world) => {
    const request = await submitted(world)
    const id = `req_${'1'.repeat(26)}` as RequestId
    const by = person('eve')
    const words = { request: id, by, at: request.submittedAt, verdict: 'revise' as const, text: 'ask for less' }
    const terms = { revises: id, revision: { number: 1, changes: { Value: { from: '5000', to: '3000' } } } }
    return { ...request, ask: { ...request.ask, ...terms, suggestedBy: [by], barred: [by], told: [words] } }
  })
  await keep('questioned', async (world) => {
    const request = await world.submitted(resizeWorker, { justification })
    const { id } = request.ask
    const ask = (text: string) => askQuestion({ id, person: person('ben'), text }, world.ports)
    await ask('is less memory enough?')
    const [question] = (await after(world, request)).questions ?? []
    if (!question) throw new Error('no question')
    const once = { key: 'PROOF#1', value: id, expiresAt: world.clock.now() + 60 }
    const by = { agent: agent('remediator'), jkt: agentKey }
    await answerQuestion({ id, ...by, question: question.id, text: 'half would do for a day', once }, world.ports)
    await ask('and the timeout?')
    await askColleague({ id, person: person('ben'), to: person('ana') }, world.ports)
    return after(world, request)
  })
  await keep('for an incident', async (world) => {
    const request = await submitted(world)
    const incident = { title: 'Payments time out', status: 'SEV2, open', url: 'https://incidents.example/1042' }
    return { ...request, ask: { ...request.ask, task: 'known', incident } }
  })
  await keep('previewed', async (world) => {
    const request = await submitted(world)
    return { ...request, preview: previewOf(request) }
  })
  await keep('previewed in vain', async (world) => {
    const request = await submitted(world)
    return { ...request, preview: { outcome: 'failed', why: 'unavailable', observedAt: request.submittedAt } }
  })
  await keep('changed after an approval', async (world) => {
    const request = await submitted(world)
    await world.decide(request, 'ben')
    const decided = await after(world, request)
    return asOf(drifted({ ...decided, preview: previewOf(decided) }, '2000'), world.clock.now() + 61)
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
  await keep('denied by a stand-in', async (world) => {
    const request = await submitted(world)
    standIn(world, 'gus', 'eve')
    await world.decide(request, 'gus', 'deny')
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
  await keep('revoked by a denial', async (world) => {
    const request = await world.approved()
    await world.decide(request, 'finn', 'deny')
    return after(world, request)
  })
  await keep('revoked', async (world) => {
    const request = await world.approved()
    await revokeRequest({ id: request.ask.id, person: person('gus'), reason: 'the incident is over' }, world.ports)
    return after(world, request)
  })
  return states
}
