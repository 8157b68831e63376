import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import type { Local } from '../../infra/local/local-file.ts'
import { installed, strangersEnv, strangersNode } from '../package/support/installed.ts'
import { administrator, connection } from './support/aws.ts'
import { installAwsTools } from './support/aws-tools.ts'
import { Deployment, prod, setParameter, staging } from './support/deployment.ts'

/** The package in an empty folder, on the oldest Node that it promises, against the deployed stack: as the README types it. */

jest.setTimeout(300_000)
const { local } = new Deployment()
const home = mkdtempSync(join(tmpdir(), 'hotwork-installed-'))
let aws = ''
beforeAll(async () => {
  aws = (await installAwsTools()).aws
  writeFileSync(join(home, 'local.json'), JSON.stringify(local satisfies Local), { mode: 0o600 })
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

type Ran = { exit: number; out: string; err: string }
const npx = (...words: string[]): Promise<Ran> =>
  run(join(dirname(strangersNode), 'npx'), ['hotwork', ...words], installed())

function run(program: string, words: readonly string[], cwd: string, more: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const env = strangersEnv({
    ...{ HOTWORK_LOCAL: join(home, 'local.json'), XDG_STATE_HOME: home, HOME: home, AWS_PAGER: '' },
    ...{ npm_config_cache: join(home, '.npm'), npm_config_update_notifier: 'false' },
    ...more,
  })
  return new Promise((resolve) => {
    execFile(program, words, { cwd, env }, (fault, out, err) =>
      resolve({ exit: fault ? Number(fault.code ?? 1) : 0, out, err }),
    )
  })
}

const ssm = new SSMClient({ ...connection(local), credentials: administrator(local) })
const version = async (Name: string) => (await ssm.send(new GetParameterCommand({ Name }))).Parameter?.Version ?? 0

test('an agent asks, two people approve, and an unchanged AWS CLI does it once', async () => {
  const file = join(home, 'ask.json')
  writeFileSync(file, JSON.stringify(setParameter(prod, '3001')))
  const before = await version(prod)

  const asked = await npx('request', file)
  expect([asked.exit, asked.out]).toEqual([3, expect.stringMatching(/^tier {5}2$/m)])
  const id = /req_[0-9a-z]{26}/.exec(asked.out)?.[0] ?? ''

  const waiting = await npx('ls', '--waiting', '--as', 'person:ana')
  expect([waiting.exit, waiting.out]).toEqual([0, expect.stringContaining(id)])
  for (const who of ['person:ana', 'person:eve'])
    expect((await npx('approve', id, '--comment', 'as in the incident', '--as', who)).exit).toBe(0)
  expect((await npx('wait', id)).exit).toBe(0)

  const put = [aws, 'ssm', 'put-parameter', '--name', prod, '--value', '3001', '--overwrite']
  const ran = await npx('exec', id, '--', ...put)
  expect([ran.exit, ran.err]).toEqual([0, ''])
  expect(await version(prod)).toBe(before + 1)
  // The key is gone with the request.
  expect((await npx('exec', id, '--', ...put)).exit).toBe(2)

  const shown = await npx('show', id, '--as', 'person:ana')
  expect([shown.exit, shown.out]).toEqual([0, expect.stringContaining('completed: succeeded')])
})

test('ten lines with the client, run twice at the same time, change the parameter once', async () => {
  const folder = join(home, 'agent')
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  symlinkSync(join(installed(), 'node_modules/hotwork'), join(folder, 'node_modules/hotwork'))
  symlinkSync(join(__dirname, '../../node_modules/@aws-sdk'), join(folder, 'node_modules/@aws-sdk'))
  writeFileSync(
    join(folder, 'agent.mjs'),
    `import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { Hotwork } from 'hotwork'
const hotwork = new Hotwork({ identity: { as: 'agent:remediator' } })
const permit = await hotwork.permit({
  action: 'ssm:PutParameter', arguments: { Name: '${staging}', Value: '2599', Overwrite: true },
  purpose: 'remediation', parentTask: { id: 'INC-4822' }, callId: '${randomUUID()}' })
if (permit.outcome !== 'approved') throw new Error(permit.outcome)
await permit.use(() =>
  new SSMClient({ credentials: permit.awsCredentials() }).send(new PutParameterCommand(permit.arguments)))
`,
  )
  const before = await version(staging)
  const { endpointUrl, region } = local.aws
  const both = await Promise.all(
    [1, 2].map(() => run(strangersNode, ['agent.mjs'], folder, { AWS_ENDPOINT_URL: endpointUrl, AWS_REGION: region })),
  )
  const [done, other] = both.toSorted((one, two) => one.exit - two.exit)
  expect(done?.exit).toBe(0)
  // It did nothing, and says so.
  expect([other?.exit, other?.err]).toEqual([1, expect.stringMatching(/AlreadyRun|refused/)])
  expect(await version(staging)).toBe(before + 1)
})

test('a person stops an agent with one line, and another person lets it go on', async () => {
  const halted = await npx(
    'halt',
    'agent:builder',
    '--reason',
    'INC-4822: it asks too much',
    '--as',
    'person:gus',
    '--json',
  )
  expect(halted.exit).toBe(0)
  const { id } = JSON.parse(halted.out)
  expect((await npx('halts', '--as', 'person:ana')).out).toContain(id)
  expect((await npx('lift', id, '--as', 'person:hana')).exit).toBe(0)
})
