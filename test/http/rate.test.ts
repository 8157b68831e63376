import { endpoint } from '../../functions/adapters/http/endpoint.ts'
import { evaluations } from '../../functions/handlers/agents/evaluate.ts'
import { mustKeepRate } from '../../functions/handlers/doors.ts'
import { StoreUnavailable } from '../../functions/operations/faults.ts'
import { takeFrom } from '../../functions/operations/rates.ts'
import type { RequestStore } from '../../functions/operations/record/ports.ts'
import type { EvaluationCaller } from '../../functions/operations/requests/evaluate-access.ts'
import { jsonCall } from '../support/api-event.ts'
import { agent, issuer, prodParameter, sampleBundle, stagingParameter, type What, World } from '../support/world.ts'

/** The rates of agents: a call above its rate is 429 with `Retry-After`, and is not recorded. */

const sample = sampleBundle()
const limits = { openPerAgent: 100, openPerOwner: 200, burst: 20 }
const rates = { submissions: { perMinute: 60, burst: 3 }, evaluations: { perMinute: 60, burst: 60 } }
const remediator: EvaluationCaller = { type: 'agent', id: agent('remediator') }
const tool = { type: 'tool', id: 'tool:flag-service' } as EvaluationCaller

let world: World
beforeEach(() => {
  world = new World({ ...sample, ladder: { ...sample.ladder, limits: { ...limits, ...rates } } })
})

const bodyOf = ({ action, arguments: properties, resource }: What) => ({
  subject: { type: 'agent', id: 'agent:remediator' },
  action: { name: action, properties },
  resource,
  context: { purpose: 'remediation', parent_task: { id: 'INC-1042' } },
})
const ask = bodyOf(stagingParameter)

async function send(route: string, body: object, caller = remediator, requests: RequestStore = world.requests) {
  const ports = { ...world.ports, requests, issuer }
  const door = endpoint(ports, (call) => evaluations(ports)(call, caller))
  const answer = await door(jsonCall(route, world.clock.now(), body))
  return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(answer.body ?? '') }
}
const one = (caller?: EvaluationCaller) => send('POST /access/v1/evaluation', ask, caller)
const many = (count: number, item: object = {}) =>
  send('POST /access/v1/evaluations', { ...ask, evaluations: Array.from({ length: count }, () => item) })

/** The same store for another process, which calls `heard` first. */
const toAnotherProcess = (heard: (name: string) => void = () => {}): RequestStore =>
  new Proxy(world.requests, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      return (...args: unknown[]) => {
        heard(String(name))
        return (member as (...args: unknown[]) => unknown).apply(target, args)
      }
    },
  })

/** The keys of the rates taken from now on. */
function spyOnTake(): string[] {
  const keys: string[] = []
  const take = world.requests.take.bind(world.requests)
  world.requests.take = (once) => {
    keys.push(once.key)
    return take(once)
  }
  return keys
}

test('an agent above its rate of evaluations is told how long to wait, and is answered after that', async () => {
  for (let n = 0; n < 60; n++) expect((await one()).status).toBe(200)
  expect(await one()).toMatchObject({
    status: 429,
    headers: { 'retry-after': '1', 'content-type': 'application/problem+json' },
    body: { type: `${issuer}/problems/too_many_requests`, detail: expect.stringContaining('limits.evaluations') },
  })
  world.clock.advance(1)
  expect((await one()).status).toBe(200)
})

test('a message counts each of its evaluations, and is accepted or refused as a whole', async () => {
  expect((await many(50)).status).toBe(200)
  const refused = await many(50)
  expect([refused.status, refused.headers?.['retry-after']]).toEqual([429, '40'])
  expect((await many(10)).status).toBe(200)
})

test('a plan counts each of its steps, since each is evaluated', async () => {
  const { action, arguments: args } = stagingParameter
  const steps = Array.from({ length: 20 }, () => ({ agent: 'agent:remediator', action, arguments: args }))
  const plan = { ...ask, action: { name: 'plan', properties: { steps } }, resource: { type: 'plan', id: 'INC-1042' } }
  const asked = () => send('POST /access/v1/evaluation', plan)
  expect([await asked(), await asked(), await asked(), await asked()].map(({ status }) => status)).toEqual([
    200, 200, 200, 429,
  ])
})

test('a message writes its rate once, however many evaluations it has', async () => {
  const taken = spyOnTake()
  await many(50)
  expect(taken).toEqual(['RATE#evaluations#agent:remediator'])
})

test("a message reads the agent's recent requests once, however many evaluations it has", async () => {
  let reads = 0
  const askedLately = world.requests.askedLately.bind(world.requests)
  world.requests.askedLately = (...args) => {
    reads += 1
    return askedLately(...args)
  }
  expect((await many(50)).body.evaluations).toHaveLength(50)
  expect(reads).toBe(1)
})

test('a tool that evaluates for an agent spends its own tokens', async () => {
  for (let n = 0; n < 60; n++) await one(tool)
  expect((await one(tool)).status).toBe(429)
  expect((await one()).status).toBe(200)
})

test('an invalid evaluation costs nothing', async () => {
  for (let n = 0; n < 100; n++) await send('POST /access/v1/evaluation', {})
  expect((await one()).status).toBe(200)
})

test('submissions have a rate of their own for each agent', async () => {
  const submit = (id: string) => mustKeepRate(agent(id), 'submissions', 1, world.ports)
  for (let n = 0; n < 3; n++) await submit('remediator')
  await expect(submit('remediator')).rejects.toMatchObject({
    problem: { status: 429, code: 'too_many_requests', headers: { 'retry-after': '1' } },
  })
  await submit('builder')
  expect((await one()).status).toBe(200)
})

test('concurrent calls take no more together than consecutive ones', async () => {
  const all = await Promise.all(Array.from({ length: 100 }, () => one()))
  expect(all.filter(({ status }) => status === 200)).toHaveLength(60)
  expect(all.filter(({ status }) => status === 429)).toHaveLength(40)
})

const unknown = (requests?: RequestStore) =>
  send('POST /access/v1/evaluation', { ...ask, action: { name: 'no:such' } }, remediator, requests)
const refusals = async () => (await world.ledger.entries('agent:remediator')).length
const spend = async () => {
  for (let n = 0; n < 60; n++) await one()
}

test('a read beside the rate starts before the rate is known', async () => {
  const answered = Promise.withResolvers<void>()
  const [take, saved] = [world.requests.take.bind(world.requests), Promise.withResolvers<void>()]
  world.requests.take = (once) => answered.promise.then(() => take(once))
  const saveEvaluation = world.requests.saveEvaluation.bind(world.requests)
  world.requests.saveEvaluation = (evaluation) => saveEvaluation(evaluation).then(saved.resolve)
  const answer = one()
  await saved.promise
  answered.resolve()
  expect((await answer).status).toBe(200)
})

test('a refusal is recorded only if the rate permits the call', async () => {
  expect((await unknown()).status).toBe(200)
  expect(await refusals()).toBe(1)
  await spend()
  world.clock.advance(3600)
  await spend()
  expect((await unknown()).status).toBe(429)
  expect((await unknown(toAnotherProcess())).status).toBe(429)
  expect(await refusals()).toBe(1)
  world.clock.advance(1)
  expect((await unknown()).status).toBe(200)
  expect(await refusals()).toBe(2)
})

test('a read beside the rate is left out if this process knows that the rate is spent', async () => {
  await spend()
  await one()
  const calls: string[] = []
  const requests = toAnotherProcess((name) => calls.push(name))
  const ask429 = async () => (await send('POST /access/v1/evaluation', ask, remediator, requests)).status
  expect([await ask429(), calls.includes('dependencies')]).toEqual([429, true])
  calls.splice(0)
  expect(await ask429()).toBe(429)
  expect(calls).toEqual([])
})

test('a process after another one takes from the same rest', async () => {
  const rest = { perMinute: 60, burst: 3 }
  const other = toAnotherProcess()
  const by = (requests: RequestStore) => takeFrom('b', rest, 1, { requests, clock: world.clock })
  for (const requests of [world.requests, other, world.requests]) expect((await by(requests)).permitted).toBe(true)
  expect([await by(other), await by(world.requests)]).toEqual([
    { permitted: false, retryAfter: 1 },
    { permitted: false, retryAfter: 1 },
  ])
})

test('a store that does not answer permits nothing', async () => {
  world.requests.take = async () => {
    throw new StoreUnavailable('no answer')
  }
  expect(await one()).toMatchObject({ status: 503, headers: { 'retry-after': '2' } })
})

test('a ladder without rates has default ones', async () => {
  world = new World(sample)
  const statuses = []
  for (let n = 0; n < 5; n++) statuses.push((await many(50)).status)
  expect(statuses).toEqual([200, 200, 200, 200, 429])
  expect((await world.submit(prodParameter)).ok).toBe(true)
})
