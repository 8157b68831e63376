import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import type { Local } from '../../infra/local/local-file.ts'
import { installed, strangersEnv, strangersNode } from '../package/support/installed.ts'
import { administrator, connection } from './support/aws.ts'
import { installAwsTools } from './support/aws-tools.ts'
import { Deployment, prod, setParameter } from './support/deployment.ts'

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
function npx(...words: string[]): Promise<Ran> {
  const env = strangersEnv({
    ...{ HOTWORK_LOCAL: join(home, 'local.json'), XDG_STATE_HOME: home, HOME: home, AWS_PAGER: '' },
    ...{ npm_config_cache: join(home, '.npm'), npm_config_update_notifier: 'false' },
  })
  return new Promise((resolve) => {
    const npx = join(dirname(strangersNode), 'npx')
    execFile(npx, ['hotwork', ...words], { cwd: installed(), env }, (fault, out, err) =>
      resolve({ exit: fault ? Number(fault.code ?? 1) : 0, out, err }),
    )
  })
}

const ssm = new SSMClient({ ...connection(local), credentials: administrator(local) })
const version = async () => (await ssm.send(new GetParameterCommand({ Name: prod }))).Parameter?.Version ?? 0

test('an agent asks, two people approve, and an unchanged AWS CLI does it once', async () => {
  const file = join(home, 'ask.json')
  writeFileSync(file, JSON.stringify(setParameter(prod, '3001')))
  const before = await version()

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
  expect(await version()).toBe(before + 1)
  // The key is gone with the request.
  expect((await npx('exec', id, '--', ...put)).exit).toBe(2)

  const shown = await npx('show', id, '--as', 'person:ana')
  expect([shown.exit, shown.out]).toEqual([0, expect.stringContaining('completed: succeeded')])
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
