import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keepBundle } from '../../../functions/operations/policy/keep-bundle.ts'
import { root } from '../../support/repository.ts'
import { prodParameter, sampleBundle } from '../../support/world.ts'
import { useScene } from '../support/scene.ts'
import type { Terminal } from '../support/terminal.ts'

/** `hotwork policy replay`, as it is typed: with an exported file, and with the ledger of this Hotwork. */

const scene = useScene()
/** The folder of temporary files. */
const temporary = mkdtempSync(join(tmpdir(), 'hotwork-temporary-'))
const before = process.env['TMPDIR']
beforeAll(() => {
  process.env['TMPDIR'] = temporary
})
afterAll(() => {
  if (before === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = before
  rmSync(temporary, { recursive: true })
})

/** Hana's machine with a policy folder, in which prod needs `tier`. */
function author(tier: 1 | 2): Terminal {
  const at = scene.at('hana')
  at.program = join(root, 'client/hotwork.ts')
  cpSync(join(root, 'policies'), join(at.home, 'policies'), { recursive: true })
  const file = join(at.home, 'policies/agents.cedar')
  const needs = `context.resource.environment == "prod" &&\n  context.approval.tier >= `
  writeFileSync(file, readFileSync(file, 'utf8').replace(`${needs}2`, `${needs}${tier}`))
  return at
}

async function approvedAnHourAgo(): Promise<void> {
  await scene.api.world.approved(prodParameter)
  scene.advance(3600)
}

test('`policy replay --since` reads the ledger of this Hotwork, and leaves no file of it', async () => {
  await approvedAnHourAgo()
  const at = author(1)
  const there = readdirSync(temporary)
  const { exit, body } = await at.json('policy', 'replay', 'policies', '--since', 'P1D')
  expect({ exit, body }).toMatchObject({
    exit: 6,
    body: { questions: 4, widened: [{ action: 'ssm:PutParameter', from: 'tier 2', to: 'tier 1' }] },
  })
  expect(readdirSync(temporary)).toEqual(there)
})

test('`policy replay --ledger` asks Hotwork nothing', async () => {
  await approvedAnHourAgo()
  const at = author(2)
  await at.type('ledger', 'export', '--out', 'ledger.ndjson')
  scene.api.calls.length = 0
  const { exit, out } = await at.type('policy', 'replay', 'policies', '--ledger', 'ledger.ndjson')
  expect({ exit, out }).toEqual({ exit: 0, out: expect.stringMatching(/^4 questions of 1 request, /) })
  expect(scene.api.calls).toEqual([])
})

const bundle = sampleBundle()

test('`policy replay --own` asks each entry under the bundle that decided it, and leaves no file', async () => {
  const { world } = scene.api
  await keepBundle(bundle, { ...world.ports, bundles: world.bundles })
  await approvedAnHourAgo()
  const at = author(2)
  const there = readdirSync(temporary)
  const { exit, body } = await at.json('policy', 'replay', '--own', '--since', 'P1D')
  expect({ exit, body }).toMatchObject({ exit: 0, body: { questions: 4, notAsked: {}, widened: [], narrowed: [] } })
  expect(readdirSync(temporary)).toEqual(there)
})

test('`policy replay --own` counts decisions under a bundle that is not kept, in an exported file too', async () => {
  await approvedAnHourAgo()
  const at = author(2)
  await at.type('ledger', 'export', '--out', 'ledger.ndjson')
  const { exit, out, err } = await at.type('policy', 'replay', '--own', '--ledger', 'ledger.ndjson')
  expect({ exit, out }).toEqual({
    exit: 0,
    out: expect.stringMatching(/^0 questions[\s\S]*\n {2}4: the bundle .* not kept/),
  })
  expect(err).toBe(`${bundle.hash}: it is not kept\n`)
})

test('a ledger that broke off is not replayed', async () => {
  await approvedAnHourAgo()
  const at = author(1)
  const { meet } = scene.api
  scene.api.meet = () => 'unheard'
  const { exit, out } = await at.type('policy', 'replay', 'policies', '--since', '30d')
  scene.api.meet = meet
  expect([exit, out]).toEqual([1, ''])
})

test.each([
  [['--since', '1d'], /it takes NEW or `--own`/],
  [['policies', '--own', '--since', '1d'], /it takes NEW or `--own`/],
  [['--own', '--ledger', '-'], /reads the ledger twice/],
  [['--own', '--ledger', 'nowhere.ndjson'], /`nowhere.ndjson` cannot be read/],
  [['policies'], /give `--ledger FILE`/],
  [['policies', '--ledger', 'a', '--since', '1d'], /--ledger.*cannot be used with.*--since/],
  [['policies', '--since', 'yesterday'], /`--since` is not a time/],
  [['policies', '--ledger', 'nowhere.ndjson'], /`nowhere.ndjson` cannot be read/],
])('%j is wrong usage, and says what to give', async (words, why) => {
  const { exit, out, err } = await author(2).type('policy', 'replay', ...words)
  expect({ exit, out, err }).toEqual({ exit: 2, out: '', err: expect.stringMatching(why) })
})
