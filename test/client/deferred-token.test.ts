import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import * as DPoP from 'dpop'
import { type FlagService, startFlagService } from '../../examples/flag-service/flag-service.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import { limitsOf } from '../../functions/domain/policy/ladder.ts'
import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import { withAgent } from '../support/bundles.ts'
import { agent, parameter, World } from '../support/world.ts'
import { freeAddress } from './support/free-address.ts'
import { python } from './support/python.ts'
import { ran } from './support/ran.ts'
import { useScene } from './support/scene.ts'

/** OAuth Deferred Token Response: an action is asked for, waited for and claimed at the token endpoint alone. */

const scene = useScene()
const remediator = 'agent-remediator'
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const deferred = 'urn:ietf:params:oauth:grant-type:deferred'
const flag = { environment: 'prod', flag: 'express-checkout', value: true }
const wanted = {
  type: 'hotwork_action',
  action: 'flags:set',
  arguments: flag,
  purpose: 'release',
  parent_task: { id: 'REL-7' },
}
jest.setTimeout(240_000)

let key: DPoP.KeyPair
beforeEach(async () => {
  key = await DPoP.generateKeyPair('ES256')
})
afterEach(() => {
  scene.api.meet = () => scene.api.nextCalls.shift() ?? 'answered'
})

type Form = { [name: string]: string }
// biome-ignore lint/suspicious/noExplicitAny: a test reaches into JSON that it knows
type Answer = { status: number; body: any }
async function post(form: Form, by = key): Promise<Answer> {
  const url = `${scene.api.url}/token`
  const headers = { dpop: await DPoP.generateProof(by, url, 'POST') }
  const answer = await fetch(url, { method: 'POST', headers, body: new URLSearchParams(form) })
  return { status: answer.status, body: await answer.json() }
}
const ask = (details: unknown = [wanted], form: Form = {}, sub = remediator) =>
  post({
    ...{ grant_type: exchange, subject_token: scene.workload(sub), completion_mode: 'deferred' },
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    authorization_details: JSON.stringify(details),
    ...form,
  })
const poll = (deferral_code: string, by = key, form: Form = {}) =>
  post({ grant_type: deferred, deferral_code, ...form }, by)

const requests = () => scene.requests()
const decide = (verdict?: 'deny') => scene.decideAll(verdict, ['ana'])
const pending = async () => {
  const { status, body } = await ask()
  expect([status, body.error]).toEqual([400, 'authorization_pending'])
  return body as { deferral_code: string; expires_in: number; interval: number }
}

test('an action that people decide is asked for as in a submission, waited for by a code, and claimed by its key', async () => {
  const { deferral_code: code, interval, expires_in } = await pending()
  expect([interval, expires_in]).toEqual([5, expect.any(Number)])
  expect(expires_in).toBeGreaterThan(300)
  const [request] = await requests()
  expect(request?.ask).toMatchObject({
    action: 'flags:set',
    arguments: flag,
    resource: { id: 'prod/express-checkout' },
  })
  expect((await poll(code)).body).toMatchObject({ error: 'authorization_pending', deferral_code: code, interval: 5 })
  await decide()
  const { status, body } = await poll(code)
  expect([status, body.token_type, body.authorization_details]).toEqual([
    ...([200, 'DPoP'] as const),
    [expect.objectContaining({ request: request?.ask.id, action: 'flags:set', arguments: flag, uses: 1 })],
  ])
})

test('an action is on record as any other request', async () => {
  const { deferral_code } = await pending()
  await decide()
  await poll(deferral_code)
  const [request] = await requests()
  expect(await scene.api.world.story(`${request?.ask.id}`)).toEqual([
    ...['Submitted', 'StageOpened', 'Decided', 'Approved', 'CredentialIntended', 'CredentialIssued'],
  ])
})

test('an action is asked once, however often the client asks while it waits, and after a lost answer', async () => {
  scene.api.nextCalls.push('answer_lost')
  await expect(ask()).rejects.toThrow()
  const [one, two] = [await pending(), await pending()]
  expect(await requests()).toHaveLength(1)
  await decide()
  expect((await poll(two.deferral_code)).status).toBe(200)
  expect((await poll(one.deferral_code)).body.error).toBe('invalid_grant')
})

test('a client that lost its code and asks after the approval has the token', async () => {
  const { deferral_code } = await pending()
  await decide()
  expect((await ask()).status).toBe(200)
  expect(await requests()).toHaveLength(1)
  expect((await poll(deferral_code)).body.error).toBe('invalid_grant')
})

test('an action is asked again once its token was given', async () => {
  const { deferral_code } = await pending()
  await decide()
  await poll(deferral_code)
  await pending()
  expect(await requests()).toHaveLength(2)
})

test.each([
  ['was denied', () => decide('deny'), 'access_denied'],
  ['was left undecided', async () => scene.advance(3 * 86_400), 'expired_token'],
  ['was approved and not claimed in time', () => decide().then(() => scene.advance(3 * 86_400)), 'expired_token'],
])('an action that %s ends the wait', async (_what, happen, error) => {
  const { deferral_code } = await pending()
  await happen()
  expect((await poll(deferral_code)).body.error).toBe(error)
})

test('a client that polls too soon is told to slow down, and has an approval at once', async () => {
  const { deferral_code } = await pending()
  await poll(deferral_code)
  scene.advance(3)
  expect((await poll(deferral_code)).body).toMatchObject({ error: 'slow_down', interval: 5 })
  scene.advance(2)
  expect((await poll(deferral_code)).body.error).toBe('authorization_pending')
  await decide()
  expect((await poll(deferral_code)).status).toBe(200)
})

test('a client gets no code while none can be signed, and the next call has it for the same request', async () => {
  scene.api.ports.statements.answers = false
  expect(await ask()).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
  scene.api.ports.statements.answers = true
  await pending()
  expect(await requests()).toHaveLength(1)
})

test('an answer has the narrowed arguments, since this client reads no task', async () => {
  const { bundle } = scene.api.world.policy
  const name = 'lambda:PutFunctionConcurrency'
  const entry = { ...bundle.actions[name], credential: 'mediated' } as Bundle['actions'][string]
  scene.api.use(new World({ ...bundle, actions: { ...bundle.actions, [name]: entry } }))
  const reserve = (count: number) => ({ FunctionName: 'checkout-worker', ReservedConcurrentExecutions: count })
  const { body } = await ask([{ ...wanted, action: name, arguments: reserve(10), purpose: 'remediation' }])
  const stands = async () => (await requests())[0] as ApprovalRequest
  const { world } = scene.api
  await world.decide(await stands(), 'ana', 'approve', { narrow: { arguments: { ReservedConcurrentExecutions: 5 } } })
  expect((await poll(body.deferral_code)).body.error).toBe('authorization_pending')
  await world.decide(await stands(), 'eve')
  const { authorization_details: left } = (await poll(body.deferral_code)).body
  expect(left).toEqual([expect.objectContaining({ action: name, arguments: reserve(5) })])
})

test('an action that policy alone decides is answered with its token at once', async () => {
  const { action, arguments: args } = parameter('/staging/checkout/payment-timeout-ms')
  const { status, body } = await ask([{ ...wanted, action, arguments: args, purpose: 'remediation' }])
  expect([status, body.authorization_details]).toEqual([200, [expect.objectContaining({ action, arguments: args })]])
})

const nothing = { status: 400, body: { error: 'invalid_grant', error_description: expect.any(String) } }

test('a code is invalid in other hands, and all of them get the same answer', async () => {
  const { deferral_code: code } = await pending()
  await decide()
  const other = await DPoP.generateKeyPair('ES256')
  const [request] = await requests()
  const { id, digest } = request?.ask ?? { id: 'req_0', digest: '' }
  const claims = { sub: 'agent:remediator', jti: id.replace('req', 'grt'), txn: id, exp: 2_000_000_000, digest }
  const approval = await scene.api.ports.statements.sign('approval', claims as never)
  const answers = [
    await poll(code, other),
    await poll(code, key, { client_id: 'agent-builder' }),
    await poll('x'),
    await poll('a.b.c'),
    await poll(`${code.slice(0, -3)}AAA`),
    await poll(id),
    await poll(`${approval}`),
  ]
  expect(answers).toEqual(answers.map(() => nothing))
  expect(new Set(answers.map(({ body }) => body.error_description)).size).toBe(1)
  expect((await poll(code, key, { client_id: remediator })).status).toBe(200)
})

test('a code is used up by its token, which lives on', async () => {
  const { deferral_code } = await pending()
  await decide()
  const { body } = await poll(deferral_code)
  expect(await poll(deferral_code)).toEqual(nothing)
  const headers = { authorization: `Bearer ${scene.workload(remediator)}` }
  const form = new URLSearchParams({ token: body.access_token })
  const asked = await fetch(`${scene.api.url}/introspect`, { method: 'POST', headers, body: form })
  expect(await asked.json()).toMatchObject({ active: true })
})

test('a code gives one token to concurrent polls', async () => {
  const { deferral_code } = await pending()
  await decide()
  const answers = await Promise.all([poll(deferral_code), poll(deferral_code), poll(deferral_code)])
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
})

test('a code is still good after a claim that policy refused, since the grant is live', async () => {
  const { deferral_code } = await pending()
  await decide()
  const before = scene.api.world.policy
  scene.api.world.policy = {
    bundle: before.bundle,
    ask: (question) => (question.kind === 'person' ? before.ask(question) : { permit: false, policies: ['freeze'] }),
  }
  const refused = { error: 'access_denied', error_description: expect.stringContaining('policy_denied') }
  expect((await poll(deferral_code)).body).toMatchObject(refused)
  scene.api.world.policy = before
  expect((await poll(deferral_code)).status).toBe(200)
  expect(await poll(deferral_code)).toEqual(nothing)
})

test('a code is invalid once the directory has taken the identity from the agent', async () => {
  const { deferral_code } = await pending()
  await decide()
  const before = scene.api.world.policy
  const bundle = withAgent(agent('remediator'), { identities: [{ issuer: 'org', subject: 'another' }] }, before.bundle)
  scene.api.world.policy = { bundle, ask: (question) => before.ask(question) }
  expect(await poll(deferral_code)).toEqual(nothing)
})

test('a missing code is named', async () =>
  expect((await post({ grant_type: deferred })).body).toMatchObject({
    error: 'invalid_request',
    error_description: expect.stringContaining('deferral_code'),
  }))

const plan = { ...wanted, action: 'plan', arguments: { steps: [] } }
test.each<[what: string, details: unknown, form: Form, error: string, names: string]>([
  ['two actions', [wanted, wanted], {}, 'invalid_authorization_details', 'hotwork_action'],
  ['a member that there is not', [{ ...wanted, uses: 3 }], {}, 'invalid_authorization_details', 'uses'],
  ['a request and an action', [{ ...wanted, request: 'req_0' }], {}, 'invalid_authorization_details', 'request'],
  ['no purpose', [{ ...wanted, purpose: undefined }], {}, 'invalid_authorization_details', 'purpose'],
  ['no parent task', [{ ...wanted, parent_task: undefined }], {}, 'invalid_authorization_details', 'parent_task'],
  ['an unknown action', [{ ...wanted, action: 'flags:burn' }], {}, 'invalid_authorization_details', 'unknown_action'],
  ['bad arguments', [{ ...wanted, arguments: {} }], {}, 'invalid_authorization_details', 'invalid_arguments'],
  [
    'another resource than the arguments name',
    [{ ...wanted, resource: { type: 'flags:flag', id: 'prod/other' } }],
    ...([{}, 'invalid_authorization_details', 'invalid_arguments'] as const),
  ],
  ['a plan', [plan], {}, 'invalid_authorization_details', 'access/v1/requests'],
  ['a wrong audience', [wanted], { audience: 'https://x.example' }, 'invalid_target', 'flags.example'],
  ['another way to complete', [wanted], { completion_mode: 'callback' }, 'invalid_request', 'completion_mode'],
  ['no way to complete', [wanted], { completion_mode: '' }, 'invalid_request', 'completion_mode'],
])('an ask with %s asks no person, and the answer names the mistake', async (_what, details, form, error, names) => {
  const { status, body } = await ask(details, form)
  expect([status, body.error, body.error_description]).toEqual([400, error, expect.stringContaining(names)])
  expect(await requests()).toEqual([])
})

test('an ask that policy forbids this agent asks no person, and the refusal is on its record', async () => {
  const { action, arguments: args } = parameter('/prod/checkout/payment-timeout-ms')
  const { status, body } = await ask([{ ...wanted, action, arguments: args }], {}, 'agent-planner')
  expect([status, body]).toEqual([
    ...([400, { error: 'access_denied', error_description: expect.stringContaining('policy_denied') }] as const),
  ])
  expect(await scene.api.world.story('agent:planner')).toEqual(['Refused'])
})

test('an ask by a used proof is refused', async () => {
  const url = `${scene.api.url}/token`
  const headers = { dpop: await DPoP.generateProof(key, url, 'POST') }
  const form = {
    ...{ grant_type: exchange, subject_token: scene.workload(remediator), completion_mode: 'deferred' },
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    authorization_details: JSON.stringify([wanted]),
  }
  const send = async () => (await fetch(url, { method: 'POST', headers, body: new URLSearchParams(form) })).json()
  expect([await send(), await send()]).toMatchObject([
    { error: 'authorization_pending' },
    { error: 'invalid_dpop_proof' },
  ])
})

test('an ask counts as a submission: above the rate the client is told when to ask again', async () => {
  const { bundle } = scene.api.world.policy
  const limits = { ...limitsOf(bundle.ladder), submissions: { perMinute: 1, burst: 1 } }
  scene.api.use(new World({ ...bundle, ladder: { ...bundle.ladder, limits } }))
  await pending()
  expect(await ask()).toMatchObject({ status: 429, body: { error: 'temporarily_unavailable' } })
})

test('the metadata names both grants', async () => {
  const metadata = await (await fetch(`${scene.api.url}/.well-known/oauth-authorization-server`)).json()
  expect(metadata).toMatchObject({ grant_types_supported: [exchange, deferred] })
})

describe('an OAuth library without code of Hotwork', () => {
  const examples = join(import.meta.dirname, '../../examples/oauth-client')
  let tool: FlagService

  beforeEach(async () => {
    const address = await freeAddress()
    // The tool of the sample, at an address of this machine.
    const bundle = structuredClone(scene.api.world.policy.bundle)
    Object.assign(bundle.deployment.tools['flag-service'] ?? {}, { addresses: [address] })
    scene.api.use(new World(bundle))
    const identity = async () => scene.workload('tool-flag-service')
    tool = await startFlagService({ address, issuer: scene.api.url, identity })
    let calls = 0
    scene.api.meet = async (call) => {
      if (call !== 'POST /token') return 'answered' as const
      calls += 1
      // Each pause of the client is five seconds here, and Ana approves during the second.
      if (calls > 1) scene.advance(5)
      if (calls === 3) await decide()
      return 'answered' as const
    }
  })
  afterEach(() => tool.close())

  async function run(program: string, args: readonly string[], more: Form = {}) {
    const env = {
      ...{ PATH: process.env['PATH'], ISSUER: scene.api.url, CLIENT_ID: remediator, ...more },
      FLAG_URL: `${tool.url}/flags/prod/express-checkout`,
      WORKLOAD_TOKEN: scene.workload(remediator),
      CLOCK_AHEAD: String(Math.floor(Date.now() / 1000) - secondsReally()),
    }
    const { out, err } = await ran(program, args, { env })
    expect(err).toBe('')
    return JSON.parse(out)
  }
  /** The date is faked in this process. */
  const secondsReally = () => Math.floor((performance.timeOrigin + performance.now()) / 1000)
  const done = {
    ...{ polls: 2, approved: flag, status: 200 },
    answer: expect.objectContaining({ ...flag, use: expect.stringMatching(/^use_/), uses_left: 0 }),
  }

  test('openid-client, in JavaScript, asks, waits, and sets a flag', async () => {
    const clock = join(import.meta.dirname, 'support/clock-ahead.mjs')
    expect(await run(process.execPath, ['--import', clock, join(examples, 'ask.mjs')])).toEqual(done)
  })

  test('Authlib, in Python, asks, waits, and sets a flag', async () => {
    const PYTHONPATH = join(import.meta.dirname, 'python/clock')
    expect(await run(await python(), [join(examples, 'ask.py')], { PYTHONPATH })).toEqual(done)
  })

  test.each([
    ['in JavaScript', async () => [process.execPath, join(examples, 'ask.mjs')]],
    ['in Python', async () => [await python(), join(examples, 'ask.py')]],
  ])(
    'the example %s sends no token over plain http to a name that begins as the address of this machine',
    async (_in, words) => {
      const ISSUER = 'http://127.0.0.1.evil.example'
      const asked: string[] = []
      const proxy = createServer(({ url = '' }, response) => {
        asked.push(new URL(url, ISSUER).pathname)
        response.setHeader('content-type', 'application/json')
        const needed = { authorization_endpoint: ISSUER, response_types_supported: ['none'] }
        response.end(JSON.stringify({ issuer: ISSUER, token_endpoint: `${ISSUER}/token`, ...needed }))
      }).on('connect', (_request, socket) => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        proxy.emit('connection', socket)
      })
      await once(proxy.listen(0, '127.0.0.1'), 'listening')
      const http_proxy = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
      const [program = '', ...args] = await words()
      const env = { ISSUER, http_proxy, NODE_USE_ENV_PROXY: '1', CLIENT_ID: 'a', WORKLOAD_TOKEN: 'b', FLAG_URL: ISSUER }
      const { exit, err } = await ran(program, args, { env })
      proxy.closeAllConnections()
      proxy.close()
      expect([exit, asked.includes('/token'), err]).toEqual([1, false, expect.stringMatching(/https/i)])
    },
  )
})
