import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Started } from '../../client/support/agent-machine.ts'
import { useScene } from '../../client/support/scene.ts'
import { until } from '../../client/support/until.ts'
import { useServer } from '../../support/http-server.ts'
import { read } from '../../support/repository.ts'
import { useDesk } from './stories.ts'

/** The programs of docs/agents, copied from their pages: one call approved, one denied, and none done twice. */

const asInstalled = join(__dirname, '../support/as-installed.mjs')
const scene = useScene()
const theDesk = useDesk(scene)

/** The values that the programs have set, from the parameter service. */
const set: object[] = []
const ssm = useServer(async (request, response) => {
  set.push(JSON.parse(await text(request)))
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end('{"Version":2}')
})
let folder: string
beforeEach(() => {
  set.length = 0
  // The frameworks and the project's AWS SDK resolve from here.
  const pages = join(__dirname, '../.hotwork')
  mkdirSync(pages, { recursive: true })
  folder = mkdtempSync(join(pages, 'page-'))
})
afterEach(() => {
  Reflect.deleteProperty(scene.api.calls, 'push')
  rmSync(folder, { recursive: true })
})

function start(): Started {
  const env = {
    ...{ PATH: process.env['PATH'], HOTWORK_API: scene.api.url, XDG_STATE_HOME: theDesk().folder },
    ...{ HOTWORK_WORKLOAD_TOKEN_FILE: join(folder, 'token'), NODE_NO_WARNINGS: '1' },
    AWS_ENDPOINT_URL: ssm(),
    AWS_REGION: 'us-east-1',
  }
  return new Started(spawn(process.execPath, ['--import', asInstalled, 'agent.mjs'], { cwd: folder, env }))
}

const calls = /```js\n(.*?)```/gs

test.each([
  ['ai-sdk', 'model.mjs'],
  ['langchain', 'model.mjs'],
  ['openai-agents', 'model.mjs'],
  ['strands', 'model.mjs'],
  ['claude-agent-sdk'],
])('the program of docs/agents/%s.md runs approved calls alone, once', async (page, ...beside) => {
  const desk = theDesk()
  const blocks = [...read(`docs/agents/${page}.md`).matchAll(calls)].map(([, code]) => code)
  for (const [at, name] of [...beside, 'agent.mjs'].entries()) writeFileSync(join(folder, name), blocks[at] ?? '')
  writeFileSync(join(folder, 'token'), scene.workload('agent-remediator'))

  // People decide whenever the program reads its request.
  const seen = scene.api.calls.push.bind(scene.api.calls)
  scene.api.calls.push = (...call) => {
    if (call[0]?.startsWith('GET /access/v1/requests/'))
      void desk.decide('deny', /"Value":"0"/).then(() => desk.decide('approve', /"Value":"3000"/))
    return seen(...call)
  }

  const first = start()
  expect([await first.ends, first.err]).toEqual([0, ''])
  expect(first.out).toMatch(/It is 3000 now\./)
  expect(first.out).toMatch(/People denied `ssm:PutParameter` \(req_[0-9a-z]{26}\)\. The tool did not run\./)
  expect(set).toMatchObject([{ Name: '/prod/checkout/payment-timeout-ms', Value: '3000' }])
  expect((await desk.requests()).map(({ status }) => status).sort()).toEqual(['completed', 'denied'])

  const second = start()
  expect([await second.ends, second.err]).toEqual([0, ''])
  expect(second.out).toContain('does not run again')
  expect([set.length, (await desk.requests()).length]).toEqual([1, 2])
})

test('the program of docs/agents/words.md answers a question, and asks again when it is sent back', async () => {
  const desk = theDesk()
  const [model, agent] = [...read('docs/agents/words.md').matchAll(calls)].map(([, code]) => code)
  writeFileSync(join(folder, 'model.mjs'), model ?? '')
  writeFileSync(join(folder, 'agent.mjs'), agent ?? '')
  writeFileSync(join(folder, 'token'), scene.workload('agent-remediator'))

  // One after another, each at a later read of the program.
  const steps: (() => Promise<unknown>)[] = [
    () => scene.question('Why now?'),
    () => until(async () => (await desk.requests())[0]?.questions?.[0]?.answer !== undefined),
    () => scene.sendBack('Less is enough.'),
    () => scene.decideAll('approve', ['ben', 'eve'], { toAgent: 'Watch the graph.' }),
  ]
  let done = Promise.resolve() as Promise<unknown>
  const seen = scene.api.calls.push.bind(scene.api.calls)
  scene.api.calls.push = (...call) => {
    if (call[0]?.startsWith('GET /access/v1/requests/')) done = done.then(() => steps.shift()?.())
    return seen(...call)
  }

  const started = start()
  expect([await started.ends, started.err]).toEqual([0, ''])
  expect(started.out).toContain('approved The approver says: "Watch the graph."')
  const [second, first] = await desk.requests()
  expect(first?.questions?.[0]?.answer?.text).toBe('The deploy of 02:40 doubled the load.')
  expect(second?.ask).toMatchObject({ revises: first?.ask.id, arguments: { Value: '2500', Overwrite: true } })
})
