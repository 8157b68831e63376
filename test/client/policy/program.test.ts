import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runPolicyProgram } from '../../../client/policy/program.ts'
import { thisMachine } from '../../../client/surroundings.ts'
import { root } from '../../support/repository.ts'
import { Terminal } from '../support/terminal.ts'

/** The verbs of a policy author, as they are typed. `test/policies/` tests their findings. */

const example = join(root, 'examples/requests/prod-payment-timeout.json')
const at = new Terminal({ PATH: process.env['PATH'] }, 'policy')
at.program = join(root, 'client/hotwork.ts')
cpSync(join(root, 'policies'), join(at.home, 'policies'), { recursive: true })
afterAll(() => at.close())

test('the default policy folder is the one in the working folder', async () => {
  expect(await at.json('check')).toMatchObject({ exit: 0, body: { ok: true, deployment: null } })
  expect(await at.json('plan', example)).toMatchObject({ exit: 0, body: { outcome: 'requestable', tier: 3 } })
})

test('problems exit with 1, and are the one document', async () => {
  writeFileSync(join(at.home, 'broken.json'), '{')
  expect(await at.json('check', 'broken.json')).toMatchObject({
    exit: 1,
    body: { ok: false, problems: [{ file: 'broken.json', line: 1 }] },
  })
  expect(await at.json('plan', example, '--policies', 'broken.json')).toMatchObject({
    exit: 1,
    body: { error: 'problems', problems: [{ file: 'broken.json' }], exit: 1 },
  })
})

test('wrong usage exits with 2, whichever program finds it', async () => {
  expect(await at.type('plan')).toMatchObject({ exit: 2, out: '', err: expect.stringMatching(/missing .*'file'/) })
  expect(await at.type('check', 'nowhere')).toMatchObject({
    exit: 2,
    out: '',
    err: expect.stringMatching(/^hotwork: .*`nowhere`/),
  })
  expect(await at.json('check', 'nowhere')).toMatchObject({
    exit: 2,
    body: { error: 'usage', title: expect.stringContaining('`nowhere`'), exit: 2 },
  })
})

const machine = (told: { out: string; err: string }) => ({
  ...thisMachine({ file: at.program, version: '' }),
  folder: at.home,
  out: (text: string) => {
    told.out += text
  },
  err: (text: string) => {
    told.err += text
  },
})

test('a verb reads the fetched ask from its standard input', async () => {
  const told = { out: '', err: '' }
  const ask = { file: '-', policies: 'policies', recent: 0, json: true }
  const exit = await runPolicyProgram({ verb: 'plan', ...ask }, machine(told), ['{ "subject": ', '{} }'])
  expect([exit, JSON.parse(told.out)]).toEqual([2, expect.objectContaining({ error: 'usage' })])
})

test('a verb that leaves its standard input unread still ends', async () => {
  const told = { out: '', err: '' }
  const endless = Array.from({ length: 100 }, () => 'x'.repeat(100_000))
  const exit = await runPolicyProgram({ verb: 'check', folder: 'nowhere', json: false }, machine(told), endless)
  expect(exit).toBe(2)
})

test('an unknown verb is wrong usage', async () => {
  const told = { out: '', err: '' }
  expect(await runPolicyProgram({ verb: 'dance', json: false }, machine(told))).toBe(2)
  expect(told.err).toMatch(/`dance`.*\n.*check, plan/)
})
