import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import type { Local } from '../../local/local-file.ts'
import { endPrograms, makeFolder, processesOf, removeFolders, startProgram } from './support/programs.ts'

/** `npm start`, with a minimal app in place of Hotwork's. */
const start = (state: string, ...more: string[]) =>
  startProgram(['local/start.ts', '--state', state, '--app', 'test/local/support/small-app.ts', ...more])
const ready = 'Ctrl-C ends it all'
const readLocal = (state: string) => JSON.parse(readFileSync(join(state, 'local.json'), 'utf8')) as Local

const isReachable = (url: string) =>
  fetch(url).then(
    () => true,
    () => false,
  )
const addressesOf = ({ apiUrl, aws, identityProviderUrl, slack }: Local) => [
  apiUrl,
  aws.endpointUrl,
  identityProviderUrl,
  slack.deskUrl,
]

/** Reads parameters with the target role. @returns the value, or the name of the refusal */
async function asTargetRole({ aws }: Local) {
  const { endpointUrl: endpoint, region, accessKeyId, secretAccessKey } = aws
  const sts = new STSClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } })
  const session = { RoleArn: aws.targetRoleArn, RoleSessionName: 'probe' }
  const { Credentials: keys } = await sts.send(new AssumeRoleCommand(session))
  const credentials = {
    accessKeyId: keys?.AccessKeyId as string,
    secretAccessKey: keys?.SecretAccessKey as string,
    sessionToken: keys?.SessionToken as string,
  }
  const ssm = new SSMClient({ endpoint, region, credentials })
  return (Name: string) =>
    ssm.send(new GetParameterCommand({ Name })).then(
      ({ Parameter }) => Parameter?.Value,
      ({ name }: Error) => name,
    )
}

/** Waits until no process that was started for this folder is alive. */
async function untilNothingRuns(state: string): Promise<void> {
  while (processesOf(state).length > 0) await new Promise((resolve) => setTimeout(resolve, 20))
}

jest.setTimeout(240_000)
afterEach(async () => {
  await endPrograms()
  removeFolders()
})

test('the stack serves the deployed app under its own address, and all ends on SIGTERM', async () => {
  const state = makeFolder()
  const program = start(state)
  await program.prints(ready)
  const local = readLocal(state)

  expect(program.printed()).toContain(local.apiUrl)
  expect(program.printed()).toContain(local.slack.deskUrl)
  expect(program.printed()).toContain(local.identityProviderUrl)
  // The file holds private keys.
  expect(statSync(join(state, 'local.json')).mode & 0o077).toBe(0)
  expect(addressesOf(local).map((address) => new URL(address).hostname)).toEqual(Array(4).fill('127.0.0.1'))
  expect(local).toMatchObject({ issuer: local.apiUrl, slack: { interactivityUrl: `${local.apiUrl}/slack/events` } })
  expect(new URL(local.issuer).origin).toBe(local.issuer)

  const response = await fetch(`${local.apiUrl}/some/path`, { method: 'POST', body: 'as it was' })
  // The app's Lambda, on Node 24, with its issuer and its role's rights alone.
  expect(await response.json()).toMatchObject({
    node: expect.stringMatching(/^v24\./),
    issuer: local.issuer,
    path: '/some/path',
    body: 'as it was',
    granted: 'allowed',
    notGranted: 'AccessDeniedException',
    batch: 'allowed',
  })
  expect(readFileSync(join(state, 'log/lambda.log'), 'utf8')).toContain('the probe was asked for /some/path')

  // A role is limited by its boundary, and the sample target exists.
  const read = await asTargetRole(local)
  expect(await read('/prod/checkout/other')).toBe('must not change')
  expect(await read('/prod/checkout/payment-timeout-ms')).toBe('AccessDeniedException')

  program.child.kill('SIGTERM')
  expect(await program.ends).toBe(0)
  expect(program.printed()).toContain('ending the local stack: its requests, its record and its keys are gone')
  await untilNothingRuns(state)
  expect(await Promise.all(addressesOf(local).map(isReachable))).toEqual([false, false, false, false])
  expect(existsSync(join(state, 'local.json'))).toBe(false)
})

test('a second start names the running stack and ends with 1, and a killed one leaves no process', async () => {
  const state = makeFolder()
  const first = start(state)
  await first.prints(ready)
  const local = readLocal(state)

  const second = start(state)
  expect(await second.ends).toBe(1)
  expect(second.printed()).toContain(local.apiUrl)
  expect(await isReachable(local.aws.endpointUrl)).toBe(true)

  first.child.kill('SIGKILL')
  expect(await first.ends).toBe('SIGKILL')
  await untilNothingRuns(state)
  expect(await Promise.all(addressesOf(local).map(isReachable))).toEqual([false, false, false, false])

  // Its files in the folder do not block the next start.
  expect(existsSync(join(state, 'local.json'))).toBe(true)
  const third = start(state)
  await third.prints(ready)
  expect(readLocal(state).apiUrl).not.toBe(local.apiUrl)
  third.child.kill('SIGINT')
  expect(await third.ends).toBe(0)
  await untilNothingRuns(state)
})

test('Ctrl-C during a start ends all its processes, with 130', async () => {
  const state = makeFolder()
  const program = start(state)
  await program.prints('synthesize')
  program.child.kill('SIGINT')
  expect(await program.ends).toBe(130)
  await untilNothingRuns(state)
  expect(existsSync(join(state, 'stack.lock'))).toBe(false)
})

test('an app that cannot be synthesized ends the start with 1, its own words and no process left', async () => {
  const state = makeFolder()
  const broken = join(state, 'broken-app.ts')
  writeFileSync(broken, "process.stderr.write('policies/ladder.json:3 names no stage\\n'); process.exitCode = 1\n")
  const program = startProgram(['local/start.ts', '--state', state, '--app', broken])
  expect(await program.ends).toBe(1)
  expect(program.printed()).toContain('policies/ladder.json:3 names no stage')
  await untilNothingRuns(state)
  expect(existsSync(join(state, 'local.json'))).toBe(false)
})

/** The emulator of a state directory. */
const emulatorOf = (state: string) =>
  processesOf(join(state, 'emulator')).find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('emulator.py'),
  ) as number

test('a dead emulator ends the stack with 1, a sentence and the end of its log', async () => {
  const state = makeFolder()
  const program = start(state)
  await program.prints(ready)
  const local = readLocal(state)
  appendFileSync(join(state, 'log/ministack.log'), 'the last words of the emulator\n')

  process.kill(emulatorOf(state), 'SIGKILL')
  expect(await program.ends).toBe(1)
  expect(program.printed()).toMatch(/^the local AWS emulator has ended by itself \(SIGKILL\), .*ministack\.log:$/m)
  expect(program.printed().trimEnd()).toMatch(/\nthe last words of the emulator$/)
  await untilNothingRuns(state)
  expect(await Promise.all(addressesOf(local).map(isReachable))).toEqual([false, false, false, false])
  expect(existsSync(join(state, 'local.json'))).toBe(false)
  expect(existsSync(join(state, 'stack.lock'))).toBe(false)
})

test.each(['local/start.ts', 'local/demo.ts'])(
  '%s, whose emulator dies during the start, ends with 1 and the same sentence',
  async (script) => {
    const state = makeFolder()
    const program = startProgram([script, '--state', state])
    await program.prints('start the local AWS emulator')
    while (emulatorOf(state) === undefined || !existsSync(join(state, 'log/bootstrap.log')))
      await new Promise((resolve) => setTimeout(resolve, 20))
    process.kill(emulatorOf(state), 'SIGKILL')
    expect(await program.ends).toBe(1)
    expect(program.printed()).toMatch(/the local AWS emulator has ended by itself \(SIGKILL\)/)
    await untilNothingRuns(state)
    expect(existsSync(join(state, 'local.json'))).toBe(false)
  },
)
