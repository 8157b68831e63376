import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { read, root } from '../../support/repository.ts'
import { AgentMachine, approve, useRealTime } from '../support/agent-machine.ts'
import { startGithubRunner } from '../support/github-runner.ts'
import { useScene } from '../support/scene.ts'

/** The action `permit` in a job of GitHub: its steps as the runner runs them, against the deployed handlers. */

type Step = { id?: string; if?: string; env: { [name: string]: string }; run: string }
type Input = { default?: string; required?: boolean }
type Action = { inputs: { [name: string]: Input }; runs: { steps: [Step, Step, Step] } }
// The library that reads YAML is no CommonJS.
const parse = `import { parseYaml } from '@redocly/openapi-core'; import { readFileSync } from 'node:fs'
console.log(JSON.stringify(parseYaml(readFileSync('.github/actions/permit/action.yml', 'utf8'))))`
const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', parse], { cwd: root, encoding: 'utf8' })
const { inputs, runs } = JSON.parse(stdout) as Action

const scene = useScene()
let job: AgentMachine
let runner: Awaited<ReturnType<typeof startGithubRunner>>
beforeEach(async () => {
  useRealTime(scene)
  job = new AgentMachine(scene, 'builder')
  runner = await startGithubRunner(({ aud }) => scene.workload('agent-builder', { aud }))
  delete job.env['HOTWORK_WORKLOAD_TOKEN_FILE']
  Object.assign(job.env, runner.env, { HOTWORK_API: undefined, GITHUB_OUTPUT: join(job.home, 'output') })
})
afterEach(async () => {
  job.close()
  await runner.close()
})

const asked = {
  agent: 'agent:builder',
  action: 'ssm:PutParameter',
  arguments: '{ "Name": "/prod/checkout/payment-timeout-ms", "Value": "3000", "Overwrite": true }',
  'resource-type': 'ssm:parameter',
  resource: 'arn:aws:ssm:us-east-1:000000000000:parameter/prod/checkout/payment-timeout-ms',
  purpose: 'release',
  'github.server_url': 'https://github.com',
  'github.repository': 'acme/checkout',
  'github.run_id': '4711',
  'github.workflow': 'release',
  'github.actor': 'lena',
  client: `${process.execPath} ${join(root, 'client/hotwork.ts')}`,
}

/** Starts a step with these inputs, as a runner does. */
function start({ env, run }: Step, given: object) {
  const defaults = Object.entries(inputs).map(([name, input]) => [name, input.default] as const)
  const values: { [name: string]: string } = { ...Object.fromEntries(defaults), api: scene.api.url, ...given }
  const known = (expression: string) => {
    if (expression === 'steps.ask.outputs.request') return request()
    return values[expression.replace('inputs.', '')] ?? ''
  }
  const filled = (text: string) => text.replaceAll(/\$\{\{ (.+?) \}\}/g, (_, expression: string) => known(expression))
  const variables = Object.entries(env).map(([name, text]) => `${name}=${filled(filled(text))}`)
  const script = join(job.home, 'script.sh')
  writeFileSync(script, run)
  return job.startProgram('env', ...variables, 'bash', '--noprofile', '--norc', '-eo', 'pipefail', script)
}
/** The output of the first step. */
const request = () => /^request=(.+)$/m.exec(readFileSync(join(job.home, 'output'), 'utf8'))?.[1] ?? ''
const [ask, wait, giveBack] = runs.steps
const stateOf = async (id: string) => (await scene.state(id)).status

test('a job asks as itself, runs its command once people have approved, and completes', async () => {
  const command = 'printenv AWS_CONTAINER_CREDENTIALS_FULL_URI; ! printenv ACTIONS_ID_TOKEN_REQUEST_TOKEN'
  expect(await start(ask, { ...asked, command }).ends).toBe(0)
  const waiting = start(wait, { ...asked, command })
  await waiting.prints(/waiting for owner/)
  await approve(scene, request())
  expect(await waiting.ends).toBe(0)
  expect(waiting.out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/credentials\n$/)
  expect(await scene.state(request())).toMatchObject({ status: 'completed', outcome: 'succeeded' })
  expect((await scene.state(request())).ask).toMatchObject({ agent: { id: 'agent:builder' }, purpose: 'release' })
})

test('a job that policy refuses fails at its first step, and no person is asked', async () => {
  expect(await start(ask, { ...asked, purpose: 'remediation' }).ends).toBe(4)
  expect(await scene.requests()).toEqual([])
})

test('a job that ends before the decision withdraws its request', async () => {
  expect(giveBack.if).toBe("always() && steps.ask.outputs.request != '' && steps.run.outcome != 'success'")
  await start(ask, asked).ends
  expect(await start(wait, { ...asked, wait: '0s', command: 'true' }).ends).toBe(3)
  expect([await start(giveBack, asked).ends, await stateOf(request())]).toEqual([0, 'withdrawn'])
})

test('a job whose command fails fails with it, and its request has ended already', async () => {
  await start(ask, asked).ends
  await approve(scene, request())
  expect(await start(wait, { ...asked, command: 'false' }).ends).toBe(1)
  expect([await start(giveBack, asked).ends, await stateOf(request())]).toEqual([0, 'completed'])
})

test('the page about the action gives each input that must be given, and no other', () => {
  const [, given = ''] = read('docs/agents/github-actions.md').split(' with:\n')
  const names = Array.from(given.split('```')[0]?.matchAll(/^ +([a-z-]+): /gm) ?? [], ([, name]) => name)
  const needed = Object.keys(inputs).filter((name) => inputs[name]?.required)
  expect(names.toSorted()).toEqual(needed.toSorted())
})

test('no script has an expression in it, so that a value of a caller is not run', () => {
  for (const { run } of runs.steps) expect(run).not.toContain('${{')
})
