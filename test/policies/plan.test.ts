import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type * as z from 'zod'
import { WrongUsage } from '../../policy-tools/verbs/io.ts'
import * as verb from '../../policy-tools/verbs/plan.ts'
import { read, root } from '../support/repository.ts'
import { runVerb } from './run-verb.ts'
import { Copy, sampleDeployment, sampleFolder } from './sample.ts'

// `hotwork policy plan`: the result of a request, before people are asked.

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hotwork-plan-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Run as `npm run plan` runs it. */
function typed(...args: string[]) {
  const verb = ['client/hotwork.ts', 'policy', 'plan', '--deployment', sampleDeployment, '--host', 'denied']
  const { status, stdout, stderr } = spawnSync(process.execPath, [...verb, ...args], { cwd: root, encoding: 'utf8' })
  return { status, stdout, stderr }
}
async function plan(path: string, options: Partial<z.infer<typeof verb.Options>> = {}) {
  const asked = {
    file: path,
    policies: sampleFolder,
    deployment: sampleDeployment,
    recent: 0,
    host: 'denied' as const,
    json: false,
  }
  const { exit, out, err } = await runVerb(verb, { ...asked, ...options })
  return { status: exit, stdout: out, stderr: err }
}
const example = (name: string) => join(root, 'examples/requests', `${name}.json`)
function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

test('the plan of a request has its tier and reasons, its stages and their people, the effect of silence, and the grant', () => {
  const { status, stdout } = typed(example('prod-payment-timeout'))
  expect(stdout.split('\n').map((line) => line.trim())).toEqual(
    expect.arrayContaining([
      'Set the parameter /prod/checkout/payment-timeout-ms to 3000',
      'Tier 2, two pairs of eyes',
      'permitted by prod-remediation',
      'one rung lower: no policy permits it',
      'Stage 1, owner: 1 of 3',
      'may decide: Ana Alves (person:ana), Ben Baker (person:ben), Chloe Chen (person:chloe)',
      'card in hotwork-approvals; will notify 0 people',
      'deadline: 30 min',
      'silence: it is widened to on-call for 15 min: Jade Jones (person:jade), Kofi Kaya (person:kofi); will notify 2 people: Jade Jones (person:jade), Kofi Kaya (person:kofi); then it expires',
      'reminders: after 10 min, to each who has not decided and is not quiet',
      'login: a click in Slack is enough to approve',
      'silence: it expires',
      'Then a grant: claimed within 1 h, good for 15 min and 1 use, as AWS credentials',
      '- one use is one credential: AWS does not count its calls, so this call can be repeated until it ends',
      'Why tier 1 is not enough: no policy permits it. What is nearest lacks:',
      '- staging-remediation: the environment is prod, not staging',
      '- it would need no approval if the environment were staging',
    ]),
  )
  expect(status).toBe(0)
})

test('the plan of several steps has each step with its agent, and the people who decide the whole', async () => {
  const { status, stdout } = await plan(join(root, 'examples/plan/change.json'))
  const lines = stdout.split('\n').map((line) => line.trim())
  expect(lines[0]).toBe('Plan of 3 steps')
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^Step 1, by agent:\w+: /),
      expect.stringMatching(/^Step 2, by agent:\w+: /),
      expect.stringMatching(/^Step 3, by agent:\w+: /),
      expect.stringMatching(/^Stage 1, owner: 1 of \d$/),
      'Step 1: tier 2',
      'Then a grant for each step, in turn: claimed within 1 h, good for 15 min and 1 use',
    ]),
  )
  expect(status).toBe(0)
  const text = read('examples/plan/change.json')
  const wrong = await plan(file('wrong-step.json', text.replace('"agent:builder"', '"agent:stranger"')))
  expect([wrong.status, wrong.stdout]).toEqual([
    1,
    expect.stringMatching(/step \d: `agent:stranger` is not registered/),
  ])
})

test('the plan says in which channels of owners the cards are, and where they fall back to', async () => {
  using copy = new Copy()
  copy.editJson('policies/ladder.json', ({ tiers }) =>
    Object.assign(tiers[2].stages[0], { channel: '{owners}', fallbackChannel: 'hotwork-approvals' }),
  )
  copy.editJson('policies/directory.json', ({ groups }) => {
    groups['payments-owners'] = { people: groups['payments-owners'], channel: 'hotwork-agents' }
  })
  const at = { policies: copy.at('policies'), deployment: copy.at('deployment.json') }
  const { stdout } = await plan(example('prod-payment-timeout'), at)
  expect(stdout.match(/card in [^;]*/g)).toEqual([
    'card in hotwork-agents, or in hotwork-approvals if it cannot be posted to',
    'card in hotwork-approvals',
  ])
})

test('a value with lookalike letters is marked', async () => {
  const text = readFileSync(example('prod-payment-timeout'), 'utf8')
  const { stdout } = await plan(file('lookalike.json', text.replace('"3000"', '"оff"')))
  expect(stdout.split('\n')[0]).toMatch(/^Set the parameter .* to оff {3}← mixes alphabets that look alike$/)
})

test('the plan for programs is one JSON document', async () => {
  const { status, stdout } = await plan(example('prod-payment-timeout'), { json: true })
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    outcome: 'requestable',
    tier: 2,
    stages: [
      {
        name: 'owner',
        quorum: 1,
        notified: [],
        reminders: [600],
        silence: { notified: ['person:jade', 'person:kofi'] },
      },
      { name: 'sre', people: ['person:ana', 'person:eve', 'person:finn'], silence: 'expire' },
    ],
    explanation: [
      {
        explanation: { tier: 2, against: 1, permits: [{ id: 'prod-remediation' }], alternatives: [{ tier: 0 }] },
        words: expect.arrayContaining(['  - prod-remediation: it takes tier 2']),
      },
    ],
  })
})

test('the plan at tier 0 says that no approval is needed', async () => {
  const { status, stdout } = await plan(example('staging-payment-timeout'))
  expect([status, stdout]).toEqual([0, expect.stringMatching(/Tier 0, automatic[\s\S]*No approval is needed\./)])
})

test('the plan of a hopeless request names the policy that refuses it', async () => {
  const { status, stdout } = await plan(example('forbidden-planner-parameter'))
  expect([status, stdout]).toEqual([
    1,
    expect.stringMatching(
      /^Refused: policy_denied[\s\S]*Why no approval helps: it is forbidden\.\n {2}- orchestrators-change-nothing: /,
    ),
  ])
})

test('the plan of an agent whose host is not known has one tier more, and names the policy', async () => {
  const { stdout } = await plan(example('prod-payment-timeout'), { host: undefined })
  expect(stdout).toMatch(/^Tier 3, security$[\s\S]*one rung lower: refused by a-host-that-is-not-known/m)
  const steps = await plan(join(root, 'examples/plan/change.json'), { host: 'unknown' })
  expect(steps.stdout).toMatch(/^Tier 3, security$/m)
})

test('the plan counts recent requests if it is told of them', async () => {
  const tierOf = async (recent: number) =>
    JSON.parse((await plan(example('prod-flag-item'), { json: true, recent })).stdout).tier
  expect([await tierOf(0), await tierOf(30)]).toEqual([2, 3])
})

test('the plan of a broken policy folder lists its problems', () => {
  const { status, stderr } = typed(example('prod-payment-timeout'), '--policies', folder)
  expect([status, stderr]).toEqual([1, expect.stringContaining('ladder.json')])
})

test.each([
  ['a call without a file', []],
  ['a call with two files', ['a.json', 'b.json']],
  ['an unknown option', [example('prod-payment-timeout'), '--tier', '1']],
  ['an invalid number', [example('prod-payment-timeout'), '--recent', 'many']],
])('%s gets the usage', (_what, args) => {
  const { status, stderr } = typed(...args)
  expect([status, stderr]).toEqual([2, expect.stringContaining('`npx --no-install hotwork policy plan --help`')])
})

test.each([
  ['a missing file', () => 'nowhere.json', /no such file/],
  ['a file of invalid JSON', () => file('no.json', '{'), /no\.json: /],
  ['a file without an evaluation', () => file('empty.json', '{}'), /`subject`/],
  ['a file with a duplicate key', () => file('twice.json', '{"subject":{},"subject":{}}'), /twice\.json: .*subject/],
  [
    'a file whose subject is a person',
    () =>
      file(
        'person.json',
        JSON.stringify({
          subject: { type: 'person', id: 'person:ana' },
          action: { name: 'flags:set' },
          resource: { type: 'flags:flag', id: 'prod/x' },
        }),
      ),
    /should be an agent/,
  ],
])('%s is wrong usage, with the reason', async (_what, path, words) => {
  const wrong = plan(path())
  await expect(wrong).rejects.toThrow(WrongUsage)
  await expect(wrong).rejects.toThrow(words)
})
