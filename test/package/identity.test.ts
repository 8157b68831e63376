import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { listenOnLoopback } from '../../local/loopback.ts'
import { startGithubRunner } from '../client/support/github-runner.ts'
import { Workload } from '../client/support/workload.ts'
import { startWorkloadApi } from '../client/support/workload-api.ts'
import { startSts, webIdentityToken } from '../targets/aws/sts/sts-endpoint.ts'
import { installed, strangersEnv } from './support/installed.ts'

/** Identity sources that load a library on use, from the bundles and on the oldest Node. */

const workload = new Workload()
const token = workload.token()
/** An API that refuses every token, and the tokens that it was shown. */
let api: Awaited<ReturnType<typeof listenOnLoopback>>
let shown: (string | undefined)[]

beforeAll(async () => {
  api = await listenOnLoopback()
  api.handle((request, response) => {
    shown.push(request.headers.authorization)
    response.writeHead(401, { 'content-type': 'application/problem+json' })
    response.end(JSON.stringify({ type: 'urn:x:invalid_token', title: 'no', status: 401 }))
  })
})
beforeEach(() => {
  shown = []
})
afterAll(async () => {
  workload.close()
  await api.close()
})

/** The environment without an identity of this machine, which may be a job of GitHub Actions, or a role of AWS. */
const withoutIdentity = Object.entries(strangersEnv()).filter(([name]) => !/^(ACTIONS|AWS|SPIFFE)_/.test(name))

/** Asks as an agent with the identity of its environment. */
function request(env: { [name: string]: string }): Promise<{ exit: number; err: string }> {
  const file = join(__dirname, '../../examples/requests/staging-payment-timeout.json')
  const own = { XDG_STATE_HOME: workload.folder, HOME: workload.folder, ...env }
  const options = { cwd: workload.folder, env: { ...Object.fromEntries(withoutIdentity), ...own } }
  return new Promise((resolve) => {
    const hotwork = join(installed(), 'node_modules/.bin/hotwork')
    execFile(hotwork, ['request', file, '--api', api.url], options, (fault, _out, err) =>
      resolve({ exit: Number(fault?.code ?? 0), err }),
    )
  })
}

test('an agent is known by GitHub Actions', async () => {
  const runner = await startGithubRunner(() => token)
  const { exit } = await request(runner.env)
  await runner.close()
  expect([exit, shown[0]]).toEqual([4, `Bearer ${token}`])
})

test('an agent is known by the SPIFFE Workload API', async () => {
  const workloadApi = await startWorkloadApi(() => [token], join(workload.folder, 'api.sock'))
  const { exit } = await request(workloadApi.env)
  await workloadApi.close()
  expect([exit, shown[0]]).toEqual([4, `Bearer ${token}`])
})

test('an agent is known by its AWS role', async () => {
  const sts = await startSts({ GetWebIdentityToken: () => webIdentityToken(token) })
  const role = { AWS_ACCESS_KEY_ID: 'ASIAROLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'secret' }
  const { exit } = await request({ AWS_ENDPOINT_URL_STS: sts.url, AWS_REGION: 'eu-west-1', ...role })
  await sts.close()
  expect([exit, shown[0]]).toEqual([4, `Bearer ${token}`])
})

test('an agent without an identity is told the possible sources: exit 2', async () => {
  const { exit, err } = await request({ AWS_EC2_METADATA_DISABLED: 'true' })
  expect([exit, shown]).toEqual([2, []])
  expect(err).toContain('HOTWORK_WORKLOAD_TOKEN_FILE')
})
