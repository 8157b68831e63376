import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { HttpToolReader } from '../../../functions/targets/tool/reach.ts'
import { flagService } from '../../support/ask.ts'
import { useServer } from '../../support/http-server.ts'

/** Hotwork itself reads at a tool, at the one address of the deployment. */

type Asked = { authorization: string | undefined; method: string | undefined; body: unknown }

let asked: Asked[]
let answer: (response: ServerResponse, request: IncomingMessage) => void
beforeEach(() => {
  asked = []
})
const origin = useServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const body = JSON.parse(Buffer.concat(chunks).toString() || 'null')
  asked.push({ authorization: request.headers.authorization, method: request.method, body })
  answer(response, request)
})
const audience = 'https://flags.example'
function make({ sign = (claims: unknown) => Promise.resolve(JSON.stringify(claims) as string | undefined) } = {}) {
  const tools = { 'flag-service': { audience, addresses: [audience], reads: `${origin()}/state` } }
  const policy = { bundle: { deployment: { tools } } as unknown as Bundle }
  const reader = new HttpToolReader({ policy, statements: { sign: (kind, said) => sign({ kind, ...said }) } })
  const read = (signal = new AbortController().signal) =>
    reader.read({ action: 'flags:get', arguments: { flag: 'dark' }, absent: ['unknown_flag'], signal }, flagService)
  return { read }
}
const json = (status: number, body: unknown, type = 'application/json') => {
  answer = (response) => void response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body))
}

test('a tool is read by one POST with the name and arguments of the read', async () => {
  json(200, { value: true })
  expect(await make().read()).toEqual({ found: 'answer', answer: { value: true } })
  expect(asked).toMatchObject([{ method: 'POST', body: { action: 'flags:get', arguments: { flag: 'dark' } } }])
})

test('the token of a read is a statement for that tool', async () => {
  json(200, {})
  await make().read()
  const [token = ''] = asked.map(({ authorization = '' }) => authorization.replace('Bearer ', ''))
  expect(JSON.parse(token)).toEqual({ kind: 'read', tool: flagService })
})

test("a tool's problem code tells that the resource is absent", async () => {
  json(404, { type: 'https://flags.example/problems/unknown_flag' }, 'application/problem+json')
  expect(await make().read()).toEqual({ found: 'absent' })
  json(404, { type: 'https://flags.example/problems/not_found' }, 'application/problem+json')
  expect(await make().read()).toEqual({ found: 'failed', why: 'unavailable', fault: 'status_404' })
})

test.each<[what: string, why: string, fault: string, set: () => void]>([
  ['refuses us', 'denied', 'status_401', () => json(401, {})],
  ['forbids it', 'denied', 'status_403', () => json(403, {})],
  ['stumbles', 'unavailable', 'status_500', () => json(500, { value: 'canary' })],
  [
    'sends us elsewhere',
    'unavailable',
    'status_302',
    () => {
      answer = (response) => void response.writeHead(302, { location: `${origin()}/elsewhere` }).end()
    },
  ],
  ['answers with a page', 'unreadable', 'no_json', () => json(200, { value: 'canary' }, 'text/html')],
  ['answers with a list', 'unreadable', 'no_json', () => json(200, ['canary'])],
  [
    'answers with invalid JSON',
    'unreadable',
    'no_json',
    () => {
      answer = (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"value":can')
    },
  ],
  [
    'never stops to answer',
    'unreadable',
    'too_large',
    () => {
      answer = (response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.write(`"${'x'.repeat(300_000)}`)
      }
    },
  ],
  [
    'hangs up',
    'unavailable',
    'unknown',
    () => {
      answer = (response) => void response.destroy()
    },
  ],
])('a tool that %s is %s, without its answer in the fault', async (_what, why, fault, set) => {
  set()
  const found = await make().read()
  // Inside jest an error of Node's is of another realm.
  expect(found).toEqual({ found: 'failed', why, fault })
  expect(asked).toHaveLength(1)
})

test('a silent read of a tool ends with its signal', async () => {
  answer = () => {}
  expect(await make().read(AbortSignal.timeout(50))).toMatchObject({ found: 'failed', why: 'unavailable' })
})

test('a tool is not read without a signature', async () => {
  expect(await make({ sign: async () => undefined }).read()).toEqual({
    ...{ found: 'failed', why: 'unavailable', fault: 'unsigned' },
  })
  expect(asked).toEqual([])
})
