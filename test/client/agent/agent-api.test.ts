import * as DPoP from 'dpop'
import { AgentApi, type AgentApiOptions } from '../../../client/agent/agent-api.ts'
import { asApproved } from '../../../client/agent/ask.ts'
import { proverOfPair } from '../../../client/journal/keys.ts'
import { rateOf } from '../../../functions/domain/policy/ladder.ts'
import { useScene } from '../support/scene.ts'

/** The agent's side of the API, over the deployed handlers. */

const scene = useScene()

async function connect(options: Partial<AgentApiOptions> = {}): Promise<AgentApi> {
  return new AgentApi({
    issuer: scene.api.url,
    identity: async () => scene.workload('agent-remediator'),
    prove: proverOfPair(await DPoP.generateKeyPair('ES256')),
    waiting: { err: () => {}, pause: async () => {} },
    ...options,
  })
}

const partial = (name = '/prod/checkout/payment-timeout-ms') => ({
  action: 'ssm:PutParameter',
  arguments: { Name: name, Value: '3000', Overwrite: true },
  purpose: 'remediation',
  parentTask: { id: 'INC-4822' },
  justification: 'checkout refuses payments',
})

async function submit(api: AgentApi, what = partial(), idempotencyKey = 'once') {
  const ask = await api.completeAsk(what)
  const evaluation = await api.evaluate(ask)
  return { ask, evaluation, task: await api.submit(ask, evaluation, { idempotencyKey }) }
}

async function decide(id: string, who: string, narrow?: object): Promise<void> {
  const terms = narrow ? { narrow } : {}
  expect(await scene.api.world.decide(await scene.state(id), who, 'approve', terms as never)).toMatchObject({
    ok: true,
  })
}

test('an ask is completed with the agent that asks and the resource that its arguments name', async () => {
  const api = await connect()
  expect(await api.completeAsk(partial())).toEqual({
    subject: { type: 'agent', id: 'agent:remediator' },
    action: { name: 'ssm:PutParameter', properties: partial().arguments },
    resource: {
      type: 'ssm:parameter',
      id: 'arn:aws:ssm:us-east-1:000000000000:parameter/prod/checkout/payment-timeout-ms',
    },
    context: { purpose: 'remediation', parent_task: { id: 'INC-4822' }, justification: 'checkout refuses payments' },
  })
  expect(scene.api.world.log.lines).toEqual([])
  expect(await scene.api.world.ledger.entries('agent:remediator')).toEqual([])
})

test('an ask is completed for an agent alone, at the rate of its evaluations', async () => {
  const tool = await connect({ identity: async () => scene.workload('tool-flag-service') })
  await expect(tool.completeAsk(partial())).rejects.toMatchObject({ told: { code: 'invalid_token' } })
  const api = await connect()
  const { burst } = rateOf(scene.api.world.policy.bundle.ladder, 'evaluations')
  for (let n = 0; n < burst; n++) await api.completeAsk(partial())
  await expect(api.completeAsk(partial())).rejects.toMatchObject({ told: { code: 'too_many_requests' } })
})

test('an ask that needs no people is approved at once, claimed, and completed', async () => {
  const api = await connect()
  const { task } = await submit(api, partial('/staging/checkout/payment-timeout-ms'))
  expect(task).toMatchObject({ task: { status: 'approved' }, hotwork: { tier: 0, grant: { status: 'live' } } })
  const { access_token } = await api.exchangeToken(task.task.id)
  expect(await api.awsCredentials(access_token)).toMatchObject({ Version: 1, SessionToken: expect.any(String) })
  await api.complete(task.task.id, 'succeeded', 'timeout set')
  await expect(api.exchangeToken(task.task.id)).rejects.toMatchObject({ told: { code: 'completed' } })
})

test('a wait reports each change and ends when people have settled the request, even if they narrowed it', async () => {
  const api = await connect()
  const { ask, task } = await submit(api)
  const seen: unknown[] = []
  const settled = await api.waitUntilSettled(task.task.id, {
    onChange: async ({ task: { status }, hotwork: { round } }) => {
      seen.push([status, round])
      if (seen.length === 1) await decide(task.task.id, 'ana', { uses: 1, minutes: 5 })
      else if (status === 'pending') for (const who of ['ana', 'eve']) await decide(task.task.id, who).catch(() => {})
    },
  })
  expect(settled.task.status).toBe('approved')
  expect(seen.at(-1)).toEqual(['approved', 2])
  expect(asApproved(ask, settled).action).toEqual(ask.action)
  expect(settled.hotwork.narrowed).toMatchObject({ lifetime: 300 })
})

test('a wait that gives up returns the task as it is: still pending', async () => {
  const api = await connect()
  const { task } = await submit(api)
  const { task: still } = await api.waitUntilSettled(task.task.id, { until: new Date() })
  expect(still.status).toBe('pending')
  expect((await api.cancel(task.task.id)).task.status).toBe('cancelled')
})

test('the same key and body are the same request, even if each answer is lost once', async () => {
  const api = await connect()
  const ask = await api.completeAsk(partial())
  const evaluation = await api.evaluate(ask)
  scene.api.nextCalls.push('answer_lost', 'unheard', 'busy')
  const first = await api.submit(ask, evaluation, { idempotencyKey: 'once' })
  expect((await api.submit(ask, evaluation, { idempotencyKey: 'once' })).task.id).toBe(first.task.id)
  expect(await scene.requests()).toHaveLength(1)
  const other = { ...ask, context: { ...ask.context, justification: 'another' } }
  await expect(api.submit(other, evaluation, { idempotencyKey: 'once' })).rejects.toMatchObject({
    told: { code: 'duplicate_request' },
  })
})

test('an aborted signal ends a wait, a pause between tries and a call with its own reason', async () => {
  const api = await connect()
  const { task } = await submit(api)
  const reason = new Error('the agent is told to stop')
  const stop = new AbortController()
  await expect(
    api.waitUntilSettled(task.task.id, { signal: stop.signal, onChange: () => stop.abort(reason) }),
  ).rejects.toBe(reason)
  const pausing = new AbortController()
  const patient = await connect({
    signal: pausing.signal,
    waiting: { err: () => pausing.abort(reason), pause: async (_, signal) => signal?.throwIfAborted() },
  })
  scene.api.nextCalls.push('unheard')
  await expect(patient.completeAsk(partial())).rejects.toBe(reason)
  expect(scene.api.calls.filter((call) => call === 'POST /v1/asks')).toHaveLength(1)
})

test('a wrong clock is named as the fault, with its difference', async () => {
  const api = await connect()
  const ask = await api.completeAsk(partial())
  const evaluation = await api.evaluate(ask)
  const workload = scene.workload('agent-remediator')
  const late = await connect({ identity: async () => workload })
  jest.setSystemTime(Date.now() - 90_000)
  await expect(late.submit(ask, evaluation, { idempotencyKey: 'once' })).rejects.toMatchObject({
    name: 'Fault',
    told: { code: 'wrong_clock', title: 'the clock of this machine is 90 s behind' },
  })
})
