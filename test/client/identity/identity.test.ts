import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { rememberTokens } from '../../../client/identity/workload-token.ts'
import { troubleOf, Workload } from '../support/workload.ts'

/** The source of a client's workload token, and how often it is asked. */

const audience = 'https://hotwork.example'
let workload: Workload
/** The number of calls of `ask`. */
let asked: number
let gives: () => string | Promise<string>
const ask = async () => {
  asked++
  return gives()
}

beforeEach(() => {
  workload = new Workload()
  asked = 0
  gives = () => workload.token(300, { asked })
})
afterEach(() => workload.close())

describe('the first source that is set up', () => {
  beforeEach(() => {
    process.env['AWS_EC2_METADATA_DISABLED'] = 'true'
  })

  test('the first source is the file, before GitHub and SPIFFE', async () => {
    const file = join(workload.folder, 'token')
    const token = workload.token()
    writeFileSync(file, token)
    Object.assign(workload.env, {
      HOTWORK_WORKLOAD_TOKEN_FILE: file,
      ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:1/',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x',
      SPIFFE_ENDPOINT_SOCKET: 'unix:///nowhere',
    })
    expect(await workload.identity()(audience)).toBe(token)
  })

  test.each([
    ['HOTWORK_AS of an agent', { HOTWORK_AS: 'agent:remediator', HOTWORK_WORKLOAD_TOKEN_FILE: '/nowhere' }, 'local'],
    ['the file', { HOTWORK_AS: 'person:jade', HOTWORK_WORKLOAD_TOKEN_FILE: '/nowhere' }, 'WORKLOAD_TOKEN_FILE'],
    ['GitHub', { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://x', SPIFFE_ENDPOINT_SOCKET: 'x' }, 'REQUEST_TOKEN` is not set'],
    ['SPIFFE', { HOTWORK_WORKLOAD_TOKEN_FILE: '', SPIFFE_ENDPOINT_SOCKET: 'x' }, 'SPIFFE_ENDPOINT_SOCKET'],
  ])('a misconfigured source is an error, even if another would work: %s', async (_, env, says) => {
    Object.assign(workload.env, env)
    const { exit, title } = await troubleOf(workload.identity()(audience))
    expect([exit, title]).toEqual([2, expect.stringContaining(says)])
  })

  test.each([
    ['file', 'HOTWORK_WORKLOAD_TOKEN_FILE'],
    ['github', 'ACTIONS_ID_TOKEN_REQUEST_URL'],
    ['spiffe', 'SPIFFE_ENDPOINT_SOCKET'],
  ] as const)('a named source that is missing says which variable it needs: %s', async (name, variable) => {
    workload.env['HOTWORK_AS'] = 'agent:remediator'
    const { exit, title } = await troubleOf(workload.identity(name)(audience))
    expect([exit, title]).toEqual([2, expect.stringContaining(variable)])
  })
})

test('a token is asked for once by concurrent callers, and cached until a minute before its end', async () => {
  const identity = workload.identity(ask)
  const first = await Promise.all([identity(audience), identity(audience), identity(audience)])
  workload.advance(239)
  expect(new Set([...first, await identity(audience)]).size).toBe(1)
  expect(asked).toBe(1)
  workload.advance(2)
  await identity(audience)
  expect(asked).toBe(2)
})

test('a token is cached for its audience alone', async () => {
  const identity = workload.identity(ask)
  await identity(audience)
  await identity('https://another.example')
  expect(asked).toBe(2)
})

test('a token is not cached beyond its end on a machine whose clock is behind', async () => {
  const identity = workload.identity(ask)
  const iat = Math.floor(workload.time / 1000) + 7200
  gives = () => workload.token(300, { iat, exp: iat + 300, asked })
  await identity(audience)
  workload.advance(241)
  await identity(audience)
  expect(asked).toBe(2)
})

test('a token without an end is asked for each time', async () => {
  const identity = workload.identity(ask)
  gives = () => workload.token(300, { exp: undefined })
  await identity(audience)
  await identity(audience)
  expect(asked).toBe(2)
})

test('a token that is still good is used while the next one is unavailable', async () => {
  const identity = workload.identity(ask)
  const token = await identity(audience)
  gives = () => Promise.reject(new Error('down'))
  workload.advance(280)
  expect(await identity(audience)).toBe(token)
  workload.advance(21)
  expect((await troubleOf(identity(audience))).exit).toBe(1)
})

test('a token that is not a JWT is refused, and the refusal does not show it', async () => {
  gives = () => 'secret-of-another-kind'
  const { exit, title } = await troubleOf(workload.identity(ask)(audience))
  expect([exit, title]).toEqual([2, expect.stringContaining('is not a JWT')])
})

test('an `identity` function that throws is a fault, with its error as the cause', async () => {
  const cause = new Error('secret')
  gives = () => Promise.reject(cause)
  const asking = workload.identity(ask)(audience)
  await expect(asking).rejects.toMatchObject({ name: 'Fault', cause })
  expect((await troubleOf(asking)).detail).toBe('the `identity` function failed')
})

test('a source that does not answer times out', async () => {
  const silent = { name: 'the silent one', ask: () => new Promise<string>(() => {}) }
  const { exit, detail } = await troubleOf(rememberTokens(silent, workload, 1)(audience))
  expect([exit, detail]).toEqual([1, 'the silent one returned no token within 0.001 s'])
})

test("the client's import loads no AWS SDK and no gRPC", async () => {
  const entry = join(__dirname, '../../../client/identity/identity.ts')
  const { metafile } = await build({
    ...{ entryPoints: [entry], bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node20' },
    ...{ outdir: workload.folder, write: false, metafile: true, logLevel: 'silent' },
  })
  const output = Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint?.endsWith('identity.ts'))
  const chunks = new Set([output])
  for (const chunk of chunks)
    for (const { path, kind } of chunk?.imports ?? [])
      if (kind === 'import-statement') chunks.add(metafile.outputs[path])
  const inputs = [...chunks].flatMap((chunk) => Object.keys(chunk?.inputs ?? {}))
  expect(inputs.some((path) => path.includes('jose'))).toBe(true)
  expect(inputs.filter((path) => /@aws-sdk|@smithy|@connectrpc|@bufbuild/.test(path))).toEqual([])
})

test('a signal ends the wait of its caller alone', async () => {
  let give = (_token: string) => {}
  gives = () =>
    new Promise((resolve) => {
      give = resolve
    })
  const identity = workload.identity(ask)
  const leaving = new AbortController()
  const waits = [identity(audience, leaving.signal), identity(audience)]
  leaving.abort(new Error('not needed'))
  await expect(waits[0]).rejects.toThrow('not needed')
  give(workload.token())
  expect(await waits[1]).toContain('eyJ')
  expect(asked).toBe(1)
})

test('an abort by the last waiting caller cancels the call to the source, and the next caller makes a new one', async () => {
  gives = () => new Promise(() => {})
  const identity = workload.identity(ask)
  const leaving = new AbortController()
  const wait = identity(audience, leaving.signal)
  leaving.abort()
  await expect(wait).rejects.toThrow('aborted')
  gives = () => workload.token()
  await identity(audience)
  expect(asked).toBe(2)
})

test('an aborted signal keeps the source from being asked', async () => {
  await expect(workload.identity(ask)(audience, AbortSignal.abort())).rejects.toThrow('aborted')
  expect(asked).toBe(0)
})
