import { readdirSync, readFileSync, statSync } from 'node:fs'
import * as DPoP from 'dpop'
import { AgentApi } from '../../../client/agent/agent-api.ts'
import {
  AlreadyRun,
  type Approved,
  Hotwork,
  type HotworkOptions,
  type Permit,
  type PermitCall,
  type Waiting,
} from '../../../client/index.ts'
import { thisProcess } from '../../../client/surroundings.ts'
import { evidenceOf } from '../../../functions/domain/record/evidence.ts'
import type { RequestId } from '../../../functions/domain/values.ts'
import { aroundIn } from '../support/agent-client.ts'
import { useFolder } from '../support/folder.ts'
import { useScene } from '../support/scene.ts'
import { startedRun } from '../support/started-run.ts'

/** The agent's client, over the deployed handlers. */

const scene = useScene()
const state = useFolder()

/** Runs at each pause of the client. */
let meanwhile: () => Promise<unknown> = async () => {}
let pauses = 0
beforeEach(() => {
  pauses = 0
  meanwhile = async () => {}
})

const hotwork = (
  options: HotworkOptions = {},
  agent = 'agent-remediator',
  terminal: { tell?: (line: string) => void } = {},
) =>
  new Hotwork(
    { issuer: scene.api.url, identity: async () => scene.workload(agent), stateFolder: state(), ...options },
    {
      ...terminal,
      ...aroundIn(state(), async (_, signal) => {
        if (++pauses > 40) throw new Error('a client paused, and the test set no `meanwhile`')
        await meanwhile()
        signal?.throwIfAborted()
      }),
    },
  )

const call = (changes: Partial<PermitCall> = {}, name = '/staging/checkout/payment-timeout-ms'): PermitCall => ({
  action: 'ssm:PutParameter',
  arguments: { Name: name, Value: '3000', Overwrite: true },
  purpose: 'remediation',
  parentTask: { id: 'INC-4822' },
  justification: 'checkout refuses payments',
  ...changes,
})
const prod = (changes: Partial<PermitCall> = {}) => call(changes, '/prod/checkout/payment-timeout-ms')

async function approved(permit: Promise<Permit>): Promise<Approved> {
  const got = await permit
  if (got.outcome !== 'approved') throw new Error(`not approved: ${JSON.stringify(got)}`)
  return got
}

const decideAll = (verdict?: 'deny') => scene.decideAll(verdict)
const requests = () => scene.requests()
const end = (id: string) => scene.state(id)
const files = () =>
  readdirSync(state()).map((name) => ({
    name: name.replace(/[0-9a-f]{40}|req_[0-9a-z]{26}/, '*'),
    mode: (statSync(state(name)).mode & 0o777).toString(8),
    text: readFileSync(state(name), 'utf8'),
  }))

test('a permit that needs no people is approved at once: it has credentials and one run, and its end is reported', async () => {
  const permit = await approved(hotwork().permit(call()))
  expect(permit.arguments).toEqual(call().arguments)
  expect(permit.expiresAt.getTime()).toBeGreaterThan(Date.now())
  const provider = permit.awsCredentials()
  const value = await permit.use(async () => (await provider()).sessionToken)
  expect(value).toEqual(expect.any(String))
  expect(await end(permit.request)).toMatchObject({ status: 'completed', outcome: 'succeeded' })
  expect(files()).toEqual([])
})

test('a permit ends sooner once its first credential is claimed, which begins its time', async () => {
  const permit = await approved(hotwork().permit(call()))
  const before = permit.expiresAt.getTime()
  await permit.token()
  const { lifetime } = (await end(permit.request)).ask
  expect(permit.expiresAt.getTime()).toBeLessThan(before)
  expect(permit.expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + lifetime * 1000)
})

test('a permit waits for people, and is approved when they approve', async () => {
  meanwhile = () => decideAll()
  const permit = await approved(hotwork().permit(prod()))
  expect(permit.request).toMatch(/^req_/)
})

test('a denial, silence and a refusal of policy are values', async () => {
  meanwhile = () => decideAll('deny')
  expect(await hotwork().permit(prod())).toEqual({
    ...{ outcome: 'denied', messages: [] },
    request: expect.stringMatching(/^req_/),
  })
  meanwhile = async () => scene.advance(7200)
  expect(await hotwork().permit(prod({ wait: '10h' }))).toMatchObject({ outcome: 'expired' })
  expect(await hotwork().permit(call({}, '/prod/hotwork/key'))).toMatchObject({
    outcome: 'refused',
    reason: 'policy_denied',
  })
  expect(await hotwork().permit(call({ action: 'ssm:Nothing' }))).toMatchObject({
    outcome: 'refused',
    reason: 'unknown_action',
    detail: expect.stringContaining('ssm:Nothing'),
  })
  expect(await hotwork().permit(call({ arguments: { Nmae: '/x' } }))).toMatchObject({
    outcome: 'refused',
    reason: 'invalid_arguments',
    detail: expect.stringContaining('Nmae'),
  })
})

test('a permit that is pending after its wait can be waited for again', async () => {
  const pending = await hotwork().permit(prod({ wait: 0 }))
  if (pending.outcome !== 'pending') throw new Error(pending.outcome)
  expect((await pending.resume({ wait: 0 })).outcome).toBe('pending')
  meanwhile = () => decideAll()
  expect(await pending.resume({ wait: '1m' })).toMatchObject({ outcome: 'approved', request: pending.request })
})

test('a narrowed permit says what is left, and is approved once that is accepted', async () => {
  let narrowed = false
  meanwhile = async () => {
    await (narrowed ? decideAll() : scene.decideAll('approve', ['ana'], { narrow: { uses: 1, minutes: 5 } }))
    narrowed = true
  }
  const permit = await hotwork().permit(prod())
  expect(permit).toMatchObject({ outcome: 'narrowed', uses: 1, minutes: 5, arguments: prod().arguments })
  if (permit.outcome !== 'narrowed') return
  expect(permit.accept()).toMatchObject({ outcome: 'approved', request: permit.request })
})

test('a permit whose grant has ended runs nothing, and a later repeat is told so', async () => {
  const permit = await approved(hotwork().permit(call({ callId: 'c1' })))
  scene.advance(3600 * 5)
  const ran = jest.fn()
  await expect(permit.use(ran)).rejects.toMatchObject({ name: 'Refusal', told: { code: 'expired' } })
  expect(ran).not.toHaveBeenCalled()
  expect(await hotwork().permit(call({ callId: 'c1' }))).toMatchObject({ outcome: 'expired', request: permit.request })
})

test.each([
  [{ action: '' }, 'action'],
  [{ purpose: '' }, 'purpose'],
  [{ parentTask: { id: '' } }, 'parentTask'],
  [{ arguments: [] as never }, 'arguments'],
  [{ callId: '' }, 'callId'],
  [{ wait: 'soon' }, 'wait'],
  [{ wait: -1 }, 'wait'],
])('a call with %j is refused, and the member is named', async (changes, member) => {
  await expect(hotwork().permit(call(changes))).rejects.toMatchObject({
    name: 'Refusal',
    message: expect.stringContaining(member),
  })
  expect(scene.api.calls).toEqual([])
})

test('a run that throws is reported as failed with the name of the error alone, and the error is thrown on', async () => {
  const permit = await approved(hotwork().permit(call()))
  const error = Object.assign(new TypeError('the secret is hunter2'), { code: 'EBAD' })
  await expect(permit.use(() => Promise.reject(error))).rejects.toBe(error)
  expect(await end(permit.request)).toMatchObject({ status: 'completed', outcome: 'failed', note: 'TypeError EBAD' })
})

test('a permit runs once', async () => {
  const permit = await approved(hotwork().permit(call()))
  let runs = 0
  const run = () => permit.use(() => ++runs)
  await run()
  await expect(run()).rejects.toBeInstanceOf(AlreadyRun)
  expect(runs).toBe(1)
})

test('two permits from one pending permit have one run', async () => {
  const pending = await hotwork().permit(prod({ wait: 0 }))
  if (pending.outcome !== 'pending') throw new Error(pending.outcome)
  await decideAll()
  const [one, other] = [await approved(pending.resume()), await approved(pending.resume())]
  let runs = 0
  const value = one.use(async () => {
    await expect(other.use(() => ++runs)).rejects.toMatchObject({ name: 'AlreadyRun', became: 'running' })
    return ++runs
  })
  expect([await value, runs]).toEqual([1, 1])
})

test('a run whose end cannot be reported still gives its value', async () => {
  const permit = await approved(hotwork().permit(call()))
  const lost = Array.from({ length: 9 }, () => 'unheard' as const)
  await expect(
    permit.use(() => {
      scene.api.nextCalls.push(...lost)
      return 'done'
    }),
  ).rejects.toMatchObject({ name: 'NotReported', value: 'done', request: permit.request })
})

test("a run by a mediated call gives AWS's answer", async () => {
  meanwhile = () => decideAll()
  const what = {
    action: 'lambda:UpdateFunctionConfiguration',
    arguments: { FunctionName: 'checkout-worker', Timeout: 60 },
  }
  const permit = await approved(hotwork().permit(call(what)))
  expect(await permit.use((each) => each.call())).toEqual(expect.any(Object))
  expect(await end(permit.request)).toMatchObject({ status: 'completed' })
})

test('AWS credentials are fetched once for concurrent callers, and renewed when they are nearly over', async () => {
  const permit = await approved(hotwork().permit(call()))
  const provider = permit.awsCredentials()
  const fetches = () => scene.api.calls.filter((each) => each === 'POST /aws/credentials').length
  const [one, two] = await Promise.all([provider(), provider()])
  expect([one === two, fetches()]).toEqual([true, 1])
  const left = one.expiration.getTime() - Date.now()
  scene.advance(Math.ceil(left / 1000) - 61)
  await provider()
  expect(fetches()).toBe(1)
  scene.advance(20)
  await provider().catch(() => {})
  expect(fetches()).toBe(2)
})

test('AWS credentials that could not be fetched are fetched at the next call', async () => {
  const permit = await approved(hotwork().permit(call()))
  const provider = permit.awsCredentials()
  scene.api.nextCalls.push(...Array.from({ length: 9 }, () => 'unheard' as const))
  await expect(provider()).rejects.toMatchObject({ name: 'Fault', told: { code: 'no_answer' } })
  expect(await provider()).toMatchObject({ accessKeyId: expect.any(String) })
})

test('a callId is one request and one run, however often and in however many processes it is used', async () => {
  const first = await hotwork().permit(prod({ callId: 'c1', wait: 0 }))
  meanwhile = () => decideAll()
  const second = await approved(hotwork().permit(prod({ callId: 'c1', justification: 'said otherwise' })))
  expect([first.outcome, second.request]).toEqual(['pending', 'request' in first && first.request])
  await second.use(async () => {})
  expect(await hotwork().permit(prod({ callId: 'c1' }))).toMatchObject({
    outcome: 'refused',
    reason: 'completed',
    request: second.request,
  })
  expect(await requests()).toHaveLength(1)
})

test('a permit brings its evidence to the people who decide, and the first of a callId counts', async () => {
  const evidence = [{ title: 'errors', text: 'one\ntwo', mediaType: 'text/markdown' }] as const
  await hotwork().permit(prod({ callId: 'c1', wait: 0, evidence }))
  await hotwork().permit(prod({ callId: 'c1', wait: 0, evidence: [{ title: 'other' }] }))
  const [request, ...others] = await requests()
  expect(others).toEqual([])
  const [item] = evidenceOf([{ title: 'errors', text: 'one\ntwo', media_type: 'text/markdown' }]) ?? []
  expect(request?.ask.evidence).toMatchObject([{ media_type: 'text/markdown', digest: item?.digest }])
})

test('evidence that Hotwork refuses is a refusal with the member, and leaves no call behind', async () => {
  const evidence = [{ title: 'p99', url: 'https://elsewhere.example/' }]
  expect(await hotwork().permit(prod({ callId: 'c1', evidence }))).toMatchObject({
    outcome: 'refused',
    reason: 'invalid_evidence',
    detail: expect.stringContaining('`context.evidence.0.url`'),
  })
  expect(files()).toEqual([])
})

test('a callId that was used for another call is refused', async () => {
  await hotwork().permit(prod({ callId: 'c1', wait: 0 }))
  await expect(hotwork().permit(call({ callId: 'c1' }))).rejects.toMatchObject({
    name: 'Refusal',
    told: { title: 'this `callId` was used for a different call' },
  })
})

test('a callId on another machine makes no second request', async () => {
  await hotwork().permit(prod({ callId: 'c1', wait: 0 }))
  await expect(hotwork({ stateFolder: state('elsewhere') }).permit(prod({ callId: 'c1' }))).rejects.toMatchObject({
    told: { code: 'duplicate_request' },
  })
  expect(await requests()).toHaveLength(1)
})

test('a callId of another agent is another call', async () => {
  await hotwork().permit(call({ callId: 'c1' }))
  await hotwork({}, 'agent-builder').permit(call({ callId: 'c1', wait: 0 }))
  expect((await requests()).map(({ ask }) => ask.agent.id).sort()).toEqual(['agent:builder', 'agent:remediator'])
})

test('a callId keeps a key for its user alone, without argument or reason, and drops the key at the end', async () => {
  const permit = await approved(hotwork().permit(call({ callId: 'c1' })))
  const [kept] = files()
  expect(kept).toMatchObject({ name: 'call-*.json', mode: '600', text: expect.stringContaining('"d":') })
  expect(kept?.text).not.toContain('3000')
  expect(statSync(state()).mode & 0o077).toBe(0)
  await permit.use(async () => {})
  const after = files()
  expect(after.map(({ name }) => name).sort()).toEqual(['call-*.json', 'run-*.json'])
  for (const { text } of after) expect(text).not.toContain('"d":')
})

test('a callId whose answer was lost for good is sent again unchanged, and is the same request', async () => {
  const lost = Array.from({ length: 9 }, () => 'answer_lost' as const)
  scene.api.nextCalls.push('answered', 'answered', ...lost)
  await expect(hotwork().permit(prod({ callId: 'c1', wait: 0 }))).rejects.toMatchObject({ name: 'Fault' })
  scene.advance(3600)
  const again = await hotwork().permit(prod({ callId: 'c1', wait: 0, justification: 'in other words' }))
  expect(await requests()).toMatchObject([{ ask: { id: 'request' in again && again.request } }])
})

test('a callId that never arrived is evaluated again when the evaluation is too old', async () => {
  const lost = Array.from({ length: 9 }, () => 'unheard' as const)
  scene.api.nextCalls.push('answered', 'answered', ...lost)
  await expect(hotwork().permit(prod({ callId: 'c1', wait: 0 }))).rejects.toMatchObject({ name: 'Fault' })
  scene.advance(3600)
  expect(await hotwork().permit(prod({ callId: 'c1', wait: 0 }))).toMatchObject({ outcome: 'pending' })
  expect(await requests()).toHaveLength(1)
})

test('a callId that policy refused is asked again: it made no request', async () => {
  await hotwork().permit(call({ callId: 'c1', action: 'ssm:Nothing' }))
  expect(files()).toEqual([])
  expect(await hotwork().permit(call({ callId: 'c1' }))).toMatchObject({ outcome: 'approved' })
})

test("a callId with the agent's own key keeps no key, and is refused with another key", async () => {
  const [mine, other] = [await DPoP.generateKeyPair('ES256'), await DPoP.generateKeyPair('ES256')]
  const first = await hotwork({ key: mine }).permit(prod({ callId: 'c1', wait: 0 }))
  for (const { text } of files()) expect(text).not.toContain('"d":')
  expect(await hotwork({ key: mine }).permit(prod({ callId: 'c1', wait: 0 }))).toMatchObject({
    request: 'request' in first && first.request,
  })
  await expect(hotwork({ key: other }).permit(prod({ callId: 'c1', wait: 0 }))).rejects.toMatchObject({
    message: expect.stringContaining('a different key'),
  })
})

describe('while people decide', () => {
  /** One decision a pause: the owner's, then sre's. */
  const oneByOne = () => {
    const left = ['ana', 'eve']
    meanwhile = async () => {
      const [pending] = await requests()
      const who = left.shift()
      if (pending && who) await scene.api.world.decide(pending, who, 'approve')
    }
  }
  const words = ['owner (0 of 1), then sre (0 of 1)', 'sre (0 of 1)']

  test('an agent is told at each change which request waits, for which people, and where they decide', async () => {
    oneByOne()
    const told: Waiting[] = []
    const { request } = await approved(hotwork({ onWait: (waiting) => told.push(waiting) }).permit(prod()))
    const page = `${scene.api.url}/decide/${request}`
    expect(told).toEqual(words.map((waitsFor) => ({ request, page, waitsFor })))
  })

  test('an agent without a hook prints the wait on its terminal, if it has one', async () => {
    oneByOne()
    const lines: string[] = []
    const { request } = await approved(hotwork({}, undefined, { tell: (line) => lines.push(line) }).permit(prod()))
    const page = `${scene.api.url}/decide/${request}`
    expect(lines).toEqual(words.map((waitsFor) => `hotwork: ${request} waits for ${waitsFor}: ${page}`))
    const { stderr } = process
    const before = Object.getOwnPropertyDescriptor(stderr, 'isTTY')
    const tells = [true, false].map((isTTY) => {
      Object.defineProperty(stderr, 'isTTY', { value: isTTY, configurable: true, writable: true })
      return thisProcess().tell !== undefined
    })
    Object.defineProperty(stderr, 'isTTY', before ?? { value: undefined, configurable: true, writable: true })
    expect(tells).toEqual([true, false])
  })

  test('an agent gets no word of a wait if a call needs no people, or it does not wait for them', async () => {
    const onWait = jest.fn()
    await hotwork({ onWait }).permit(call())
    await hotwork({ onWait }).permit(prod({ wait: 0 }))
    expect(onWait).not.toHaveBeenCalled()
  })
})

test('more time is a permit of its own, by the same key, once', async () => {
  const first = await approved(hotwork().permit(call()))
  await first.token()
  const more = await first.extend({ minutes: 5 })
  if (more.outcome !== 'approved') throw new Error(more.outcome)
  expect(more.request).not.toBe(first.request)
  expect(await end(more.request)).toMatchObject({ ask: { extends: first.request, lifetime: 300 } })
  expect(await more.token()).toMatch(/^ey/)
  await expect(first.extend({ minutes: 6 })).rejects.toMatchObject({ told: { code: 'already_extended' } })
  await expect(more.extend({ minutes: 5 })).rejects.toMatchObject({ told: { code: 'not_extendable' } })
})

test('an aborted wait throws the reason, and leaves the request as it is', async () => {
  const stop = new AbortController()
  const reason = new Error('stop')
  meanwhile = async () => stop.abort(reason)
  await expect(hotwork().permit(prod({ callId: 'c1', signal: stop.signal }))).rejects.toBe(reason)
  meanwhile = () => decideAll()
  expect((await hotwork().permit(prod({ callId: 'c1' }))).outcome).toBe('approved')
  expect(await requests()).toHaveLength(1)
})

test('a folder that cannot be written is a fault that names it and the fix, before anything is asked', async () => {
  const stateFolder = '/proc/hotwork'
  await expect(hotwork({ stateFolder }).permit(call({ callId: 'c1' }))).rejects.toMatchObject({
    name: 'Fault',
    message: expect.stringContaining(stateFolder),
    told: { detail: expect.stringContaining('XDG_STATE_HOME') },
  })
  expect(scene.api.calls).toEqual([])
})

test('an agent that Hotwork does not know and an invalid address are thrown', async () => {
  await expect(hotwork({}, 'agent-stranger').permit(call())).rejects.toMatchObject({ told: { code: 'invalid_token' } })
  expect(() => new Hotwork({ issuer: 'http://hotwork.example' })).toThrow(/unsafe address/)
  expect(() => new Hotwork({}, aroundIn(state()))).toThrow(/address of Hotwork/)
})

describe('a resource that changes after the approval', () => {
  const name = '/prod/checkout/payment-timeout-ms'
  const resource = `arn:aws:ssm:us-east-1:000000000000:parameter${name}`
  beforeEach(() => {
    const { reader } = scene.api.world
    reader.preview('ssm:PutParameter')
    reader.set(resource, { Value: '300' })
  })

  test('after a change of the resource people decide again, and the permit waits for them and goes on', async () => {
    meanwhile = () => decideAll()
    const permit = await approved(hotwork().permit(prod()))
    scene.api.world.reader.set(resource, { Value: '320' })
    expect(await permit.awsCredentials()()).toMatchObject({ accessKeyId: expect.any(String) })
    expect(await end(permit.request)).toMatchObject({ status: 'approved', round: 2 })
  })

  test('a denial after a change of the resource ends the permit', async () => {
    meanwhile = () => decideAll()
    const permit = await approved(hotwork().permit(prod()))
    scene.api.world.reader.set(resource, { Value: '320' })
    meanwhile = () => decideAll('deny')
    await expect(permit.awsCredentials()()).rejects.toMatchObject({ name: 'Refusal', told: { code: 'denied' } })
  })

  test('silence after a change of the resource is told as a changed state', async () => {
    meanwhile = () => decideAll()
    const permit = await approved(hotwork().permit(prod({ wait: '1m' })))
    scene.api.world.reader.set(resource, { Value: '320' })
    meanwhile = async () => scene.advance(20)
    await expect(permit.awsCredentials()()).rejects.toMatchObject({ told: { code: 'state_changed' } })
  })
})

const worker = (): PermitCall => ({
  action: 'lambda:UpdateFunctionConfiguration',
  arguments: { FunctionName: 'staging-checkout-worker', Timeout: 60 },
  purpose: 'remediation',
  parentTask: { id: 'INC-4822' },
})

test('a permit whose call starts a run has the run, and waits for its end', async () => {
  const permit = await approved(hotwork().permit(worker()))
  await permit.token()
  const { called, end: over } = await startedRun(scene, permit.request as RequestId)
  const run = { status: 'running' as const, since: new Date().toISOString() }
  jest.spyOn(AgentApi.prototype, 'mediatedCall').mockResolvedValueOnce({ output: { id: 'run-1' }, run })
  expect(called).toMatchObject({ ok: true, value: { run: { status: 'running' } } })
  expect([permit.run, await permit.call()]).toEqual([undefined, { id: 'run-1' }])
  expect(permit.run).toMatchObject({ status: 'running' })
  expect(await permit.waitForRun({ wait: 0 })).toEqual({ status: 'running', since: expect.any(Date) })
  meanwhile = over
  expect(await permit.waitForRun()).toEqual({
    ...{ status: 'succeeded', since: expect.any(Date), until: expect.any(Date) },
  })
  expect(await end(permit.request)).toMatchObject({ status: 'completed', outcome: 'succeeded' })
})

test('a permit without a run does not wait for one', async () => {
  const permit = await approved(hotwork().permit(call()))
  await expect(permit.waitForRun()).rejects.toThrow('has no run')
})
