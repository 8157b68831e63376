import { Gate, type GateAsk } from '../../client/gate.ts'
import type { Approved } from '../../client/index.ts'
import { useServer } from '../support/http-server.ts'
import { aroundIn, hotworkIn } from './support/agent-client.ts'
import { useFolder } from './support/folder.ts'
import { useScene } from './support/scene.ts'

/** A tool's side: one use, begun before it acts and ended after, over the deployed handlers. */

const scene = useScene()
const args = { environment: 'prod', flag: 'express-checkout', value: true }
const url = 'https://flags.example.org/flags/prod/express-checkout'
const folder = useFolder()
let permit: Approved

const around = () => aroundIn(folder())
const noOnes = 'e30.e30.e30'
const gateOf = (issuer = scene.api.url) => {
  const identity = async () => (issuer === scene.api.url ? scene.workload('tool-flag-service') : noOnes)
  return new Gate({ issuer, identity }, around())
}

beforeEach(async () => {
  const hotwork = hotworkIn(scene, folder(), undefined, () => scene.decideAll('approve', ['ana']))
  const parentTask = { id: 'REL-7' }
  const got = await hotwork.permit({ action: 'flags:set', arguments: args, purpose: 'release', parentTask })
  if (got.outcome !== 'approved') throw new Error(got.outcome)
  permit = got
})

/** A Hotwork that permits every use. */
const permitting = useServer((request, response) => {
  const use = `use_${`${request.headers['idempotency-key']}`.padStart(26, '0')}`
  response.writeHead(request.url === '/v1/uses' ? 201 : 200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ use, uses_left: 1 }))
})

/** The agent's call, as the tool sees it. */
async function ask(changes: Partial<GateAsk> = {}): Promise<GateAsk> {
  const headers = { Authorization: `DPoP ${await permit.token()}`, DPoP: await permit.proof('PUT', url) }
  return { headers, method: 'PUT', url, action: 'flags:set', arguments: args, ...changes }
}
const useOf = () => scene.state(permit.request)

test('an approved use is permitted, and its end is reported', async () => {
  const begun = await gateOf().begin(await ask())
  expect(begun).toMatchObject({ permitted: true, use: expect.stringMatching(/^use_/), usesLeft: 0, ended: false })
  if (!begun.permitted) return
  await begun.end('succeeded', 'flag set')
  expect(JSON.stringify(await useOf())).toContain('succeeded')
})

test('headers may be those of fetch, of Node, and in any case', async () => {
  const asked = await ask()
  const first = await gateOf().begin({ ...asked, headers: new Headers(asked.headers as never) })
  const { Authorization, DPoP } = asked.headers as { [name: string]: string }
  const again = await gateOf().begin({ ...asked, headers: { authorization: [Authorization ?? ''], dpop: DPoP } })
  expect([first.permitted, again]).toEqual([true, expect.objectContaining({ use: first.permitted && first.use })])
})

test.each([
  ['other arguments than were approved', { arguments: { ...args, value: false } }, 'arguments_mismatch'],
  ['another action', { action: 'ssm:PutParameter' }, undefined],
  ['a call of another address', { url: 'https://elsewhere.example.org/' }, 'invalid_dpop_proof'],
  ['a call by another method', { method: 'POST' }, 'invalid_dpop_proof'],
  ['no token', { headers: {} }, 'invalid_token'],
  ['two tokens', { headers: { authorization: ['DPoP a', 'DPoP b'], dpop: 'a.b.c' } }, 'invalid_token'],
  ['no proof', { headers: { authorization: 'DPoP abc' } }, 'invalid_dpop_proof'],
  ['a stranger’s token', { headers: { authorization: 'DPoP abc', dpop: 'a.b.c' } }, 'invalid_token'],
])('%s is not permitted, and the agent can be told why', async (_what, changes, reason) => {
  expect(await gateOf().begin(await ask(changes))).toEqual({
    permitted: false,
    reason: reason ?? expect.any(String),
    problem: expect.objectContaining({ title: 'This use is not permitted' }),
  })
})

test('a call of another address is told the tool that was asked, so that a wrong identity shows', async () => {
  const begun = await gateOf().begin(await ask({ url: 'https://elsewhere.example.org/' }))
  const detail = expect.stringContaining('`tool:flag-service`')
  expect(begun).toMatchObject({ problem: { detail } })
})

test('the same call is the same use, and its work is done once, even for concurrent repeats', async () => {
  const gate = gateOf()
  const asked = await ask()
  let runs = 0
  const once = () => gate.once(asked, () => ++runs)
  const all = await Promise.all([once(), once(), once()])
  expect(all.filter(({ ran }) => ran)).toEqual([{ ran: true, value: 1, use: expect.any(String), reported: true }])
  expect(await once()).toEqual({ ran: false, reason: 'use_ended' })
  // Another process of the same tool.
  expect(await gateOf().once(asked, () => ++runs)).toEqual({ ran: false, reason: 'use_ended' })
  expect(runs).toBe(1)
})

test('work that throws ends its use as failed, and the error is thrown on', async () => {
  const error = new RangeError('the secret is hunter2')
  const asked = await ask()
  await expect(gateOf().once(asked, () => Promise.reject(error))).rejects.toBe(error)
  const use = JSON.stringify(await useOf())
  expect(use).toContain('RangeError')
  expect(use).not.toContain('hunter2')
  expect(await gateOf().once(asked, () => 1)).toEqual({ ran: false, reason: 'use_ended' })
})

test('work whose end could not be reported gives its value, and is not done again by this process', async () => {
  const gate = gateOf()
  const asked = await ask()
  const ran = await gate.once(asked, () => {
    scene.api.nextCalls.push('unheard', 'unheard')
    return 'done'
  })
  expect(ran).toMatchObject({ ran: true, value: 'done', reported: false })
  expect(await gate.once(asked, () => 'again')).toEqual({ ran: false, reason: 'use_ended' })
})

test('running work is not started again, however many other uses come meanwhile', async () => {
  const gate = gateOf(permitting())
  const asked = await ask()
  let finish = () => {}
  let runs = 0
  const slow = () => {
    runs++
    return new Promise<void>((resolve) => {
      finish = resolve
    })
  }
  const first = gate.once({ ...asked, key: '1' }, slow)
  for (let key = 2; key < 1010; key++) await gate.once({ ...asked, key: `${key}` }, () => {})
  expect(await gate.once({ ...asked, key: '1' }, slow)).toEqual({ ran: false, reason: 'use_running' })
  finish()
  expect([await first, runs]).toEqual([expect.objectContaining({ ran: true }), 1])
})

test('a silent, busy or missing gate permits nothing and does nothing', async () => {
  const asked = await ask()
  const work = jest.fn()
  for (const fate of ['unheard', 'busy', 'answer_lost'] as const) {
    scene.api.nextCalls.push(fate, fate)
    await expect(gateOf().once(asked, work)).rejects.toMatchObject({ name: 'Fault' })
  }
  const stranger = new Gate({ issuer: scene.api.url, identity: async () => scene.workload('stranger') }, around())
  await expect(stranger.once(asked, work)).rejects.toMatchObject({ name: 'Fault', told: { code: 'gate_silent' } })
  await expect(gateOf('http://127.0.0.1:9').once(asked, work)).rejects.toMatchObject({ told: { code: 'no_answer' } })
  expect(work).not.toHaveBeenCalled()
  // The lost tries may have begun it: the same call is the same use.
  expect(await gateOf().once(asked, () => 'now')).toMatchObject({ ran: true, value: 'now' })
})
