import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { type GatedCall, OutcomeUnknown } from '../../../client/gated/gated-call.ts'
import { GatedCalls } from '../../../client/gated/gated-calls.ts'
import { Journal } from '../../../client/journal/journal.ts'
import { World } from '../../support/world.ts'
import { aroundIn, gateIn, hotworkIn } from '../support/agent-client.ts'
import { useFolder } from '../support/folder.ts'
import { useScene } from '../support/scene.ts'

/** Gated calls, over the deployed handlers: each is asked once and done once. */

const scene = useScene()
const address = 'https://flags.example.org/flags'
const made: GatedCalls[] = []
// Before the folder goes: a late report would make it again.
afterEach(async () => void (await Promise.all(made.splice(0).map((each) => each.idle()))))
const folder = useFolder()
let forwarded: string[]
/** Runs at each pause of the client. */
let meanwhile: () => Promise<unknown>

beforeEach(() => {
  forwarded = []
  meanwhile = async () => {}
  const { bundle } = scene.api.world.policy
  const { deployment } = bundle
  const tools = { ...deployment.tools, 'flag-service': { audience: address, addresses: [address] } }
  const entry = { ...bundle.actions['flags:set'], narrowable: ['value'], preview: undefined }
  const actions = { ...bundle.actions, 'flags:set': entry }
  scene.api.use(new World({ ...bundle, actions, deployment: { ...deployment, tools } } as never))
})

/** One process of the gate; all share a folder. */
function calls(agent = 'agent-remediator'): GatedCalls {
  const pause = async (_: number, signal?: AbortSignal) => {
    await meanwhile()
    await new Promise(setImmediate)
    signal?.throwIfAborted()
  }
  const hotwork = hotworkIn(scene, folder(), agent, pause)
  const gate = gateIn(scene, folder(), 'tool-flag-service', pause)
  const process = new GatedCalls({ hotwork, gate, journal: new Journal(aroundIn(folder(), pause), folder()), agent })
  made.push(process)
  return process
}

const call = (changes: Partial<GatedCall> = {}): GatedCall => ({
  action: 'flags:set',
  arguments: { environment: 'prod', flag: 'express-checkout', value: 7 },
  purpose: 'release',
  parentTask: { id: 'REL-7' },
  ...changes,
})
const forward = async (use: string) => {
  forwarded.push(use)
  return { content: 'written' }
}
const now = { wait: 0 }

const decideAll = (verdict?: 'approve' | 'deny', terms?: object) => scene.decideAll(verdict, ['ana'], terms)
const requests = () => scene.requests()
const end = (id = '') => scene.state(id)

test('a repeat joins the same pending request, with its page', async () => {
  const first = await calls().run(call(), forward, now)
  expect(first).toEqual({
    state: 'pending',
    request: expect.stringMatching(/^req_/),
    page: `${scene.api.url}/decide/${first.request}`,
  })
  const other = { value: 7, flag: 'express-checkout', environment: 'prod' }
  expect(await calls().run(call({ arguments: other }), forward, now)).toEqual(first)
  expect([await requests(), forwarded]).toEqual([[expect.anything()], []])
})

test('an approved call is done once, after its use began; repeats get its value until the grant would have ended', async () => {
  const asked = await calls().run(call(), forward, now)
  await decideAll()
  const done = await calls().run(call(), forward, now)
  expect(done).toMatchObject({ state: 'done', request: asked.request, value: { content: 'written' } })
  expect(done.repeated).toBeUndefined()
  expect(await calls().run(call(), forward, now)).toMatchObject({ ...done, repeated: true })
  expect(forwarded).toEqual([expect.stringMatching(/^use_/)])
  const [use] = forwarded
  expect(await end(asked.request)).toMatchObject({ status: 'completed', outcome: 'succeeded' })
  expect(JSON.stringify(await end(asked.request))).toContain(`"id":"${use}"`)
  scene.advance(36_000)
  expect(await calls().run(call(), forward, now)).toMatchObject({ state: 'pending' })
  expect([(await requests()).length, forwarded.length]).toEqual([2, 1])
})

test('people are waited for within the wait', async () => {
  meanwhile = () => decideAll()
  expect(await calls().run(call(), forward, { wait: 60_000 })).toMatchObject({ state: 'done' })
})

test('concurrent repeats, in one process and in others, do the call once and all get its value', async () => {
  await calls().run(call(), forward, now)
  await decideAll()
  const [one, other] = [calls(), calls()]
  const slowly = async (use: string) => {
    await new Promise((resolve) => setTimeout(resolve, 300))
    return forward(use)
  }
  const all = await Promise.all([one, one, other, other].map((each) => each.run(call(), slowly, { wait: 60_000 })))
  expect(all.map(({ state, value }) => [state, value])).toEqual(Array(4).fill(['done', { content: 'written' }]))
  expect([all.filter(({ repeated }) => !repeated).length, forwarded.length]).toEqual([1, 1])
})

test('two calls that differ in id, tool, task or agent are two requests', async () => {
  const mcp = { server: { name: 'files', version: '1' }, tool: 'write_file', schema: 'sha-256:x' }
  const changes = [{}, { id: 'a' }, { id: 'b' }, { parentTask: { id: 'REL-8' } }]
  const states = await Promise.all(changes.map((each) => calls().ask(call(each), now)))
  expect(new Set(states.map(({ request }) => request)).size).toBe(4)
  expect(await calls('agent-assistant').ask(call(), now)).not.toMatchObject({ request: states[0]?.request })
  expect((await calls().ask(call({ mcp }), now)).request).not.toBe(states[0]?.request)
})

test('repeats get a denial for ten minutes, and then a repeat is a new request', async () => {
  const asked = await calls().run(call(), forward, now)
  await decideAll('deny')
  const denied = { state: 'denied', request: asked.request, until: expect.any(String) }
  expect(await calls().run(call(), forward, now)).toMatchObject(denied)
  expect(await calls().run(call(), forward, now)).toMatchObject(denied)
  scene.advance(601)
  expect(await calls().run(call(), forward, now)).toMatchObject({ state: 'pending' })
  expect([(await requests()).length, forwarded]).toEqual([2, []])
})

test('an undecided request expires, and a repeat is a new request', async () => {
  const asked = await calls().run(call(), forward, now)
  scene.advance(36_000)
  expect(await calls().run(call(), forward, now)).toMatchObject({ state: 'expired', request: asked.request })
  expect(await calls().run(call(), forward, now)).toMatchObject({ state: 'pending' })
})

test('a refusal of policy is an answer, and is asked for again each time', async () => {
  const unknown = call({ action: 'flags:drop' })
  expect(await calls().run(unknown, forward, now)).toMatchObject({ state: 'refused', reason: 'unknown_action' })
  expect(await calls().run(unknown, forward, now)).toMatchObject({ state: 'refused' })
  expect(await requests()).toEqual([])
})

test('nothing is sent while Hotwork does not answer, and a repeat goes on', async () => {
  scene.api.nextCalls.push(...Array(9).fill('unheard'))
  expect(await calls().run(call(), forward, now)).toMatchObject({ state: 'refused', reason: 'no_answer' })
  await calls().run(call(), forward, now)
  await decideAll()
  scene.api.nextCalls.push('answered', 'answered', 'unheard', 'unheard')
  expect(await calls().run(call(), forward, now)).toMatchObject({ state: 'refused' })
  expect(forwarded).toEqual([])
  expect(await calls().run(call(), forward, now)).toMatchObject({ state: 'done' })
  expect([(await requests()).length, forwarded.length]).toEqual([1, 1])
})

test('a call that was narrowed to other arguments can be made with those, once, by the same approval', async () => {
  const asked = await calls().run(call(), forward, now)
  await decideAll('approve', { narrow: { arguments: { environment: 'prod', flag: 'express-checkout', value: 5 } } })
  const narrowed = await calls().run(call(), forward, now)
  const left = { environment: 'prod', flag: 'express-checkout', value: 5 }
  expect(narrowed).toMatchObject({ state: 'narrowed', request: asked.request, arguments: left })
  expect(forwarded).toEqual([])
  const made = await calls().run(call({ arguments: left }), forward, now)
  expect(made).toMatchObject({ state: 'done', request: asked.request })
  expect(await calls().run(call({ arguments: left }), forward, now)).toMatchObject({ state: 'done', repeated: true })
  expect(await calls().run(call(), forward, now)).toMatchObject({ state: 'narrowed', arguments: left })
  expect([(await requests()).length, forwarded.length]).toEqual([1, 1])
})

test('failed work is reported as failed, and its value is still kept', async () => {
  await calls().run(call(), forward, now)
  await decideAll()
  const { request } = await calls().run(call(), forward, { ...now, failed: () => true })
  expect(await calls().run(call(), forward, now)).toMatchObject({ state: 'done', value: { content: 'written' } })
  expect(await end(request)).toMatchObject({ status: 'completed', outcome: 'failed' })
})

test('an answer that is lost for good is told as lost and reported, and nothing is sent again', async () => {
  await calls().run(call(), forward, now)
  await decideAll()
  const lost = async (use: string) => {
    forwarded.push(use)
    throw new OutcomeUnknown('server_gone', 'the server ended before it answered')
  }
  const unknown = await calls().run(call(), lost, now)
  expect(unknown).toMatchObject({ state: 'unknown', reason: 'server_gone' })
  expect(await calls().run(call(), forward, now)).toMatchObject({ state: 'unknown', request: unknown.request })
  expect(await end(unknown.request)).toMatchObject({ status: 'completed', outcome: 'failed' })
  expect(forwarded.length).toBe(1)
})

test('a use that has ended is not done again, even if this machine has forgotten its work', async () => {
  const asked = await calls().run(call(), forward, now)
  await decideAll()
  scene.api.meet = (each) => (each.endsWith('/complete') ? 'unheard' : 'answered')
  await calls().run(call(), forward, now)
  scene.api.meet = () => 'answered'
  expect(await end(asked.request)).toMatchObject({ status: 'approved' })
  for (const name of readdirSync(folder())) if (/^(run|ended)-/.test(name)) rmSync(folder(name))
  expect(await calls().run(call(), forward, now)).toMatchObject({ state: 'unknown' })
  expect(forwarded).toHaveLength(1)
})

test('a repeat reports an end that Hotwork has not heard of, and is idle once that is done', async () => {
  const asked = await calls().run(call(), forward, now)
  await decideAll()
  scene.api.meet = (each) => (each.endsWith('/complete') ? 'unheard' : 'answered')
  await calls().run(call(), forward, now)
  scene.api.meet = () => 'answered'
  const again = calls()
  expect(await again.run(call(), forward, now)).toMatchObject({ state: 'done', repeated: true })
  await again.idle()
  expect(await end(asked.request)).toMatchObject({ status: 'completed', outcome: 'succeeded' })
})

test('a call that fails its last check is refused with the reason, and its use ends', async () => {
  await calls().run(call(), forward, now)
  await decideAll()
  const check = async () => ({ reason: 'tool_changed', detail: 'its input schema is another one' })
  const refused = await calls().run(call(), forward, { ...now, check })
  expect(refused).toMatchObject({ state: 'refused', reason: 'tool_changed' })
  expect(await end(refused.request)).toMatchObject({ status: 'completed', outcome: 'failed' })
  expect(forwarded).toEqual([])
  expect(await calls().run(call(), forward, now)).toMatchObject({ state: 'pending' })
})

test('a signal ends the wait, and the request stays', async () => {
  const stop = new AbortController()
  meanwhile = async () => stop.abort(new Error('cancelled'))
  await expect(calls().run(call(), forward, { wait: 60_000, signal: stop.signal })).rejects.toThrow('cancelled')
  meanwhile = async () => {}
  expect(await calls().run(call(), forward, now)).toMatchObject({ state: 'pending' })
  expect((await requests()).length).toBe(1)
})

test('another process finds a call by its request, does it and has its value, without asking again', async () => {
  const { request = '' } = await calls().run(call(), forward, now)
  expect(calls().requests()).toMatchObject([{ request, call: call() }])
  expect(await calls().look(request, now)).toMatchObject({ state: 'pending' })
  await decideAll()
  expect(await calls().look(request, now)).toMatchObject({ state: 'approved' })
  expect(await calls().resume(request, forward, now)).toMatchObject({ state: 'done' })
  scene.advance(7200)
  expect(await calls().look(request, now)).toMatchObject({ state: 'done' })
  expect((await requests()).length).toBe(1)
  expect(await calls('agent-assistant').look(request, now)).toMatchObject({ reason: 'unknown_request' })
})

test('a cancelled call is withdrawn, and is never done', async () => {
  const { request = '' } = await calls().run(call(), forward, now)
  expect(await calls().cancel(request, now)).toMatchObject({ state: 'refused', reason: 'withdrawn' })
  expect(await end(request)).toMatchObject({ status: 'withdrawn' })
  const again = await calls().run(call(), forward, now)
  await decideAll()
  expect(await calls().cancel(again.request ?? '', now)).toMatchObject({ state: 'refused', reason: 'withdrawn' })
  expect(await calls().resume(again.request ?? '', forward, now)).toMatchObject({ state: 'refused' })
  expect([await end(again.request), forwarded]).toMatchObject([{ status: 'completed', outcome: 'failed' }, []])
})

test('the files of gated calls are private, and none holds a token', async () => {
  await calls().run(call(), forward, now)
  await decideAll()
  await calls().run(call(), forward, now)
  const names = readdirSync(folder())
  expect(names.length).toBeGreaterThan(1)
  for (const name of names) {
    expect(statSync(folder(name)).mode & 0o077).toBe(0)
    expect(readFileSync(folder(name), 'utf8')).not.toMatch(/eyJ/)
  }
})
