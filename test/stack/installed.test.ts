import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import type { Local } from '../../local/local-file.ts'
import { installed, strangersEnv } from '../package/support/installed.ts'
import { read, root } from '../support/repository.ts'
import { administrator, connection, until } from './support/aws.ts'
import { installAwsTools } from './support/aws-tools.ts'
import { deployed, remediator, setParameter, staging } from './support/deployment.ts'

/** The commands of the README: the package in a stranger's folder, on the oldest Node that it promises, against the deployed stack. */

const deployment = deployed()
const { local } = deployment
const readme = read('README.md')
const home = mkdtempSync(join(tmpdir(), 'hotwork-installed-'))
const folder = join(home, 'app')
/** A parameter that no other test sets. */
const own = '/prod/checkout/of-the-readme'
const ownParameter = (text: string) => text.replaceAll('/prod/checkout/payment-timeout-ms', own)
let env: NodeJS.ProcessEnv

beforeAll(async () => {
  const { aws } = await installAwsTools()
  writeFileSync(join(home, 'local.json'), JSON.stringify(local satisfies Local), { mode: 0o600 })
  const modules = join(folder, 'node_modules')
  mkdirSync(modules, { recursive: true })
  for (const name of ['hotwork', '.bin']) symlinkSync(join(installed(), 'node_modules', name), join(modules, name))
  symlinkSync(join(root, 'node_modules/@aws-sdk'), join(modules, '@aws-sdk'))
  const stranger = strangersEnv({
    ...{ HOTWORK_LOCAL: join(home, 'local.json'), XDG_STATE_HOME: home, HOME: home, AWS_PAGER: '' },
    ...{ npm_config_cache: join(home, '.npm'), npm_config_update_notifier: 'false' },
  })
  env = { ...stranger, PATH: `${stranger['PATH']}${delimiter}${dirname(aws)}` }
})
afterAll(() => rmSync(home, { recursive: true, force: true }))
beforeEach(() => put('30'))

/** The line of the README with this beginning, as a shell reads it, with the parameter of this test. */
function line(begins: string, id = ''): string {
  const found = readme
    .replaceAll('\\\n', ' ')
    .split('\n')
    .find((each) => each.startsWith(begins))
  if (found === undefined) throw new Error(`the README has no line that begins with \`${begins}\``)
  const file = /\S+\/prod-payment-timeout\.json/.exec(found)?.[0]
  if (file === undefined) return ownParameter(found).replace('req_...', id)
  writeFileSync(join(folder, 'request.json'), ownParameter(readFileSync(join(folder, file), 'utf8')))
  return found.replace(file, 'request.json')
}

class Shell {
  out = ''
  err = ''
  readonly exit: Promise<number | null>
  readonly #child: ChildProcess
  constructor(command: string, more: NodeJS.ProcessEnv = {}) {
    this.#child = spawn('bash', ['-c', command], { cwd: folder, env: { ...env, ...more } })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.out += text))
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.err += text))
    this.exit = new Promise((resolve) => this.#child.once('close', resolve))
  }
  /** The id of the request that it waits for. */
  waitsFor(): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const id = /(req_[0-9a-z]{26}): waiting/.exec(this.err)?.[1]
        if (id) resolve(id)
      }
      this.#child.stderr?.on('data', look)
      void this.exit.then(() => reject(new Error(this.err)))
    })
  }
}
async function type(begins: string, id?: string): Promise<Shell> {
  const shell = new Shell(line(begins, id))
  expect({ line: begins, exit: await shell.exit, err: shell.err }).toMatchObject({ exit: 0, err: expect.anything() })
  return shell
}

const ssm = new SSMClient({ ...connection(local), credentials: administrator(local) })
const put = (Value: string) => ssm.send(new PutParameterCommand({ Name: own, Value, Type: 'String', Overwrite: true }))
const version = async () => (await ssm.send(new GetParameterCommand({ Name: own }))).Parameter?.Version ?? 0

test('an agent asks, two people approve, and an unchanged AWS CLI does it', async () => {
  const before = await version()
  const asking = new Shell(line('npx --no-install hotwork request'))
  const id = await asking.waitsFor()
  expect((await type('npx --no-install hotwork ls')).out).toContain(id)
  await type('npx --no-install hotwork approve req_... --as person:ben', id)
  await type('npx --no-install hotwork approve req_... --as person:eve', id)
  expect([await asking.exit, asking.out]).toEqual([0, expect.stringMatching(/^APPROVED[\s\S]*^tier {5}2$/m)])
  await type('npx --no-install hotwork exec', id)
  expect(await version()).toBe(before + 1)
  expect((await type('npx --no-install hotwork show', id)).out).toContain('completed: succeeded')
  // The key is gone with the request.
  expect(await new Shell(line('npx --no-install hotwork exec', id)).exit).toBe(6)
})

test('the ten lines of README and docs/start/agent.md, run twice at once and once more, change the parameter once', async () => {
  const [script = '', other] = [readme, read('docs/start/agent.md')].map(
    (page) => /```js\n(import [\s\S]*?new Hotwork\(\)[\s\S]*?)```/.exec(page)?.[1],
  )
  expect(other).toBe(script)
  // A new call id, so that the test can run again on the same stack.
  writeFileSync(join(folder, 'agent.mjs'), ownParameter(script).replace("'INC-4822/timeout'", `'${randomUUID()}'`))
  const before = await version()
  const command = `${line('export AWS_REGION')}\n${line('HOTWORK_AS=agent:remediator node')}`
  const both = [1, 2].map(() => new Shell(command))
  const pending = await untilAsked()
  for (const who of ['person:ben', 'person:eve']) await deployment.decide(who, pending)
  expect((await Promise.all(both.map(({ exit }) => exit))).filter((exit) => exit === 0)).toHaveLength(1)
  expect(both.filter(({ out, err }) => /AlreadyRun|^refused completed/.test(out + err))).toHaveLength(1)
  expect(await version()).toBe(before + 1)
  const again = new Shell(command)
  expect([await again.exit, again.out]).toEqual([4, expect.stringMatching(/^refused completed/)])
  expect(await version()).toBe(before + 1)
})

/** The pending request of the script. */
async function untilAsked(): Promise<string> {
  const ask = `/v1/requests?status=pending&agent=agent:remediator`
  for (;;) {
    const { body } = await deployment.as('person:ana', 'GET', ask)
    const found = body.requests.find(({ arguments: { Name, Value } }: never) => Name === own && Value === '3000')
    if (found) return found.id
  }
}

test('one line stops the agent, and another person lets it go on', async () => {
  const halted = new Shell(`${line('npx --no-install hotwork halt').replace(/ +#.*/, '')} --json`)
  expect([await halted.exit, halted.err]).toEqual([0, ''])
  const { id } = JSON.parse(halted.out)
  try {
    const refused = new Shell(line('npx --no-install hotwork request'))
    expect([await refused.exit, refused.err]).toEqual([4, expect.stringContaining('agent_suspended')])
  } finally {
    expect(await new Shell(`npx --no-install hotwork lift ${id} --as person:hana`).exit).toBe(0)
    // The next test uses the same agent. AWS denies sessions of the first seconds after a halt, too.
    expect(await until(setStaging, (answer) => answer === 'done', 30)).toBe('done')
  }
})

async function setStaging(): Promise<string> {
  const id = await deployment.submitted(remediator, setParameter(staging))
  const { putParameter } = await deployment.session(remediator, id)
  return putParameter(staging)
}
