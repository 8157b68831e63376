import { createServer } from 'node:net'
import { join } from 'node:path'
import { troubleOf, Workload } from '../support/workload.ts'
import { grpc, startWorkloadApi } from '../support/workload-api.ts'

/** A workload of SPIFFE: its Workload API gives it a JWT-SVID. `npm run test:spire` does the same with a real SPIRE. */

const audience = 'https://hotwork.example'
let api: Awaited<ReturnType<typeof startWorkloadApi>>
let workload: Workload
let svids: (audience: string[]) => string[]

beforeEach(async () => {
  workload = new Workload()
  svids = (aud) => [workload.token(300, { aud })]
  api = await startWorkloadApi((aud) => svids(aud), join(workload.folder, 'api.sock'))
  Object.assign(workload.env, api.env)
})
afterEach(async () => {
  await api.close()
  workload.close()
})

test('the workload token is a JWT-SVID with Hotwork as its only audience', async () => {
  expect(await workload.identity()(audience)).toBe(workload.token(300, { aud: [audience] }))
  expect(api.asked).toEqual([[audience]])
})

test('the first of several SVIDs counts, as the standard says', async () => {
  svids = () => [workload.token(300, { sub: 'first' }), workload.token(300, { sub: 'second' })]
  expect(await workload.identity()(audience)).toBe(workload.token(300, { sub: 'first' }))
})

test('the Workload API may be at a TCP address', async () => {
  const other = await startWorkloadApi((aud) => svids(aud))
  Object.assign(workload.env, other.env)
  try {
    expect(await workload.identity()(audience)).toContain('eyJ')
  } finally {
    await other.close()
  }
})

test('no connection stays open', async () => {
  await workload.identity()(audience)
  await api.leftAlone()
})

test('a Workload API that is not ready is retried twice at most', async () => {
  api.nextStatus.push(grpc.unavailable, grpc.unavailable)
  await workload.identity()(audience)
  expect(workload.pauses.length).toBe(2)
  api.nextStatus.push(grpc.unavailable, grpc.unavailable, grpc.unavailable)
  const { exit, detail } = await troubleOf(workload.identity()(audience))
  expect([exit, detail]).toEqual([1, expect.stringContaining('Unavailable')])
})

test('an unregistered process is told to register', async () => {
  api.nextStatus.push(grpc.permissionDenied)
  const { exit, detail } = await troubleOf(workload.identity()(audience))
  expect([exit, detail]).toEqual([2, expect.stringContaining('register')])
  expect(workload.pauses).toEqual([])
})

test.each(['invalidArgument', 'unimplemented'] as const)(
  'the answer %s of a Workload API is wrong usage, exit 2',
  async (name) => {
    api.nextStatus.push(grpc[name])
    expect((await troubleOf(workload.identity()(audience))).exit).toBe(2)
  },
)

test('an answer without an SVID is a fault', async () => {
  svids = () => []
  expect((await troubleOf(workload.identity()(audience))).detail).toContain('has no SVID')
})

test("a missing socket is a fault with its address and the system's code", async () => {
  workload.env['SPIFFE_ENDPOINT_SOCKET'] = `unix://${workload.folder}/missing.sock`
  const { exit, detail } = await troubleOf(workload.identity()(audience))
  expect([exit, detail]).toEqual([1, expect.stringContaining('missing.sock')])
  expect(detail).toContain('ENOENT')
})

test('the connection to a silent socket is closed when the caller aborts', async () => {
  const path = join(workload.folder, 'silent.sock')
  const silent = createServer()
  const arrived = new Promise<void>((resolve) => silent.once('connection', () => resolve()))
  await new Promise<void>((resolve) => silent.listen(path, resolve))
  workload.env['SPIFFE_ENDPOINT_SOCKET'] = `unix://${path}`
  const leaving = new AbortController()
  const wait = workload.identity()(audience, leaving.signal)
  await arrived
  leaving.abort(new Error('not needed'))
  await expect(wait).rejects.toThrow('not needed')
  // The server closes only after the client has closed its connection.
  await new Promise((resolve) => silent.close(resolve))
})

test.each([
  ['/run/spire/api.sock'],
  ['unix://host/api.sock'],
  ['unix:api.sock'],
  ['unix:///api.sock?x=1'],
  ['tcp://localhost:8081'],
  ['tcp://127.0.0.1'],
  ['tcp://127.0.0.1:8081/path'],
  ['https://127.0.0.1:8081'],
])('%s is not an address of a Workload API by the standard', async (address) => {
  workload.env['SPIFFE_ENDPOINT_SOCKET'] = address
  const { exit, detail } = await troubleOf(workload.identity()(audience))
  expect([exit, detail]).toEqual([2, 'it is `unix:///path/to/socket` or `tcp://IP:PORT`'])
})
