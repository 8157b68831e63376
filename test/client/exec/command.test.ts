import { devNull } from 'node:os'
import {
  endpointVariables,
  runCommand,
  Signals,
  whereVariables,
  withoutCredentials,
} from '../../../client/exec/command.ts'

/** The environment and the exit code of a command under `hotwork exec`. */

test.each([
  ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_SECURITY_TOKEN'],
  ...['AWS_ACCESS_KEY', 'AWS_SECRET_KEY', 'AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_CREDENTIAL_FILE'],
  ...['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'],
  ...['AWS_CONTAINER_AUTHORIZATION_TOKEN', 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'],
  ...['AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_ROLE_ARN', 'AWS_ROLE_SESSION_NAME', 'AWS_CREDENTIAL_EXPIRATION'],
  ...['AWS_BEARER_TOKEN_BEDROCK', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE', 'aws_access_key_id'],
  ...['HOTWORK_TOKEN', 'HOTWORK_AS', 'HOTWORK_WORKLOAD_TOKEN_FILE', 'HOTWORK_TOOL_TOKEN_FILE'],
  ...['SPIFFE_ENDPOINT_SOCKET', 'HOTWORK_SIDECAR_TOKEN'],
  ...['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'],
])('%s is taken out of the environment', (name) => {
  expect(withoutCredentials({ [name]: 'mine', PATH: '/bin' })).toEqual({ PATH: '/bin' })
})

test.each([
  ...['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_SSM', 'AWS_CA_BUNDLE'],
  ...['AWS_ENDPOINT_URL_CUSTOMER_PROFILES', 'AWS_MAX_ATTEMPTS', 'AWS_PAGER', 'AWS_USE_FIPS_ENDPOINT'],
  ...['HOTWORK_API', 'HTTPS_PROXY', 'GITHUB_TOKEN', 'HOME'],
])('%s stays in the environment', (name) => {
  expect(withoutCredentials({ [name]: 'mine' })).toEqual({ [name]: 'mine' })
})

test('the files of ~/.aws, which SDKs prefer to a container, are hidden', () => {
  expect(endpointVariables({ url: 'http://127.0.0.1:1/credentials', authorization: 'x' })).toMatchObject({
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
  })
})

test("the Region and the endpoint are the environment's own, else those of the approval", () => {
  const approved = { region: 'eu-west-1', endpointUrl: 'http://127.0.0.1:4566' }
  expect(whereVariables({}, approved)).toEqual({
    ...{ AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1', AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' },
  })
  expect(whereVariables({ AWS_DEFAULT_REGION: 'us-east-2' }, approved)).toMatchObject({
    ...{ AWS_REGION: 'us-east-2', AWS_DEFAULT_REGION: 'us-east-2' },
  })
  expect(whereVariables({ AWS_REGION: 'us-east-2', AWS_ENDPOINT_URL: 'http://own' }, approved)).not.toMatchObject({
    AWS_ENDPOINT_URL: expect.anything(),
  })
  expect(whereVariables({}, {})).toEqual({})
})

const run = (...command: string[]) =>
  runCommand(command, { env: { PATH: process.env['PATH'] ?? '' }, folder: __dirname, stdio: 'ignore' }, () => {})

test('a command ends with its exit code', async () => {
  expect(await run(process.execPath, '-e', 'process.exit(7)')).toEqual({ exit: 7 })
})
test('a killed command ends with 128 and the signal', async () => {
  const own = "process.kill(process.pid, 'SIGKILL')"
  expect(await run(process.execPath, '-e', own)).toEqual({ exit: 137, signal: 'SIGKILL' })
})
test('a missing program ends with 127, one that cannot be run with 126', async () => {
  expect(await run('hotwork-has-no-such-program')).toEqual({ exit: 127, fault: 'ENOENT' })
  expect(await run(__filename)).toEqual({ exit: 126, fault: 'EACCES' })
})

test('a signal that came before the wait for it counts', async () => {
  const signals = new Signals()
  process.emit('SIGTERM')
  await signals.stopped
  expect(signals.first).toBe('SIGTERM')
  signals.close()
})
