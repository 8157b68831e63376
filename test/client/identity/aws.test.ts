import { join } from 'node:path'
import { refusal, startSts, webIdentityToken } from '../../targets/aws/sts/sts-endpoint.ts'
import { troubleOf, Workload } from '../support/workload.ts'

/** A role of AWS: STS gives it a web identity token. The SDK finds its credentials in the environment, as elsewhere. */

const audience = 'https://hotwork.example'
let sts: Awaited<ReturnType<typeof startSts>>
let answer: () => ReturnType<typeof refusal>
let workload: Workload
const before = { ...process.env }

beforeEach(async () => {
  workload = new Workload()
  answer = () => webIdentityToken(workload.token(300, { aud: audience }))
  sts = await startSts({ GetWebIdentityToken: () => answer() })
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name]
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'ASIAROLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'secret',
    // Hides the AWS settings of the machine that the test runs on.
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: join(workload.folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(workload.folder, 'credentials'),
  })
})
afterEach(async () => {
  process.env = { ...before }
  workload.close()
  await sts.close()
})

test('a role is known by its web identity token: for Hotwork alone, ES384, for five minutes', async () => {
  expect(await workload.identity()(audience)).toBe(workload.token(300, { aud: audience }))
  const [{ form, accessKeyId, signedFor } = { form: new URLSearchParams() }] = sts.asked('GetWebIdentityToken')
  expect([accessKeyId, signedFor]).toEqual(['ASIAROLE', 'eu-west-1/sts'])
  const { Action, Version, ...rest } = Object.fromEntries(form)
  expect(rest).toEqual({ 'Audience.member.1': audience, SigningAlgorithm: 'ES384', DurationSeconds: '300' })
})

test('a program without any source is refused, with every possible source', async () => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_REGION']) delete process.env[name]
  const { exit, detail } = await troubleOf(workload.identity()(audience))
  expect(exit).toBe(2)
  for (const source of [
    ...['`--as`', 'HOTWORK_WORKLOAD_TOKEN_FILE', 'ACTIONS_ID_TOKEN_REQUEST_URL', 'SPIFFE_ENDPOINT_SOCKET'],
    'AWS role',
  ])
    expect(detail).toContain(source)
})

test.each<[string, () => void, string]>([
  ['AWS is named and has no credentials', () => delete process.env['AWS_ACCESS_KEY_ID'], 'aws sts get-caller-identity'],
  ['no Region is set', () => delete process.env['AWS_REGION'], 'AWS_REGION'],
  ['the role may not', () => setAnswer('AccessDenied', 403), 'sts:GetWebIdentityToken'],
  [
    'the account lacks it',
    () => setAnswer('OutboundWebIdentityFederationDisabled', 403),
    'enable-outbound-web-identity-federation',
  ],
])('a refusal says what to do if %s', async (_, make, says) => {
  make()
  const { exit, detail } = await troubleOf(workload.identity('aws')(audience))
  expect([exit, detail]).toEqual([2, expect.stringContaining(says)])
})

test.each([
  ['ServiceUnavailable', 503],
  ['ExpiredToken', 403],
])('an STS that answers %s is a fault with that name', async (code, status) => {
  setAnswer(code, status)
  const { exit, detail } = await troubleOf(workload.identity('aws')(audience))
  expect([exit, detail]).toEqual([1, expect.stringContaining(code)])
})

function setAnswer(code: string, status: number): void {
  answer = () => refusal(code, status)
}
