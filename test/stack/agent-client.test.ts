import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { installed, strangersEnv, strangersNode } from '../package/support/installed.ts'
import { administrator, connection, until } from './support/aws.ts'
import { Deployment } from './support/deployment.ts'

/** The ten lines of docs/start/agent.md, from the package, on the oldest Node that it promises. */

jest.setTimeout(300_000)
const root = join(import.meta.dirname, '../..')
const deployment = new Deployment()
const { local } = deployment
const name = '/prod/checkout/ten-lines'
const ssm = new SSMClient({ ...connection(local), credentials: administrator(local) })
const folder = mkdtempSync(join(tmpdir(), 'hotwork-script-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

beforeAll(async () => {
  await ssm.send(new PutParameterCommand({ Name: name, Value: '2000', Type: 'String', Overwrite: true }))
  const script = /```js\n(.*?)```/s.exec(readFileSync(join(root, 'docs/start/agent.md'), 'utf8'))?.[1] ?? ''
  // Its own parameter, which no other test changes, and a call id that no earlier run on this stack has used.
  const own = script.replace(/Name: '[^']+'/, `Name: '${name}'`).replace(/callId: '[^']+'/, `callId: '${randomUUID()}'`)
  writeFileSync(join(folder, 'agent.mjs'), own)
  writeFileSync(join(folder, 'local.json'), JSON.stringify(local), { mode: 0o600 })
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(join(installed(), 'node_modules/hotwork'), join(folder, 'node_modules/hotwork'))
  symlinkSync(join(root, 'node_modules/@aws-sdk'), join(folder, 'node_modules/@aws-sdk'))
})

async function run(): Promise<string> {
  const { endpointUrl, region } = local.aws
  const child = spawn(strangersNode, ['--no-warnings', 'agent.mjs'], {
    cwd: folder,
    env: strangersEnv({
      ...{ HOTWORK_LOCAL: join(folder, 'local.json'), HOTWORK_AS: 'agent:remediator', XDG_STATE_HOME: folder },
      ...{ AWS_ENDPOINT_URL: endpointUrl, AWS_REGION: region },
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return `${out}${err}`
}

const version = async () => (await ssm.send(new GetParameterCommand({ Name: name }))).Parameter?.Version ?? 0
const asked = async (): Promise<readonly string[]> => {
  const { body } = await deployment.as('person:ana', 'GET', '/v1/requests?status=pending')
  const ours = body.requests.filter(({ arguments: { Name } }: { arguments: { Name?: string } }) => Name === name)
  return ours.map(({ id }: { id: string }) => id)
}

test('the script, run twice at once and once more, sets the parameter once', async () => {
  const before = await version()
  const running = [run(), run()]
  const [id = ''] = await until(asked, ({ length }) => length > 0, 60)
  for (const person of ['person:ana', 'person:eve']) expect((await deployment.decide(person, id)).status).toBe(200)
  const told = await Promise.all(running)
  expect(told.filter((each) => each.includes('AlreadyRun') || each.startsWith('refused completed'))).toHaveLength(1)
  expect(await version()).toBe(before + 1)
  expect(await run()).toMatch(/^refused completed/)
  expect(await version()).toBe(before + 1)
})
