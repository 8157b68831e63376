import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Entry, entryVersion } from '../../functions/domain/ledger/ledger.ts'
import { hashOfBundle } from '../../functions/domain/policy/bundle.ts'
import * as replay from '../../policy-tools/verbs/replay.ts'
import { manyLives } from '../support/ledger/many-lives.ts'
import { root } from '../support/repository.ts'
import { parameter, prodParameter, sampleBundle, stagingParameter, World } from '../support/world.ts'
import { runVerb } from './run-verb.ts'
import { Copy } from './sample.ts'

/** `hotwork policy replay NEW --ledger FILE`: an exported ledger under a policy folder, or a bundle. */

const policies = join(root, 'policies')
const deployment = join(root, 'test/policies/deployment.json')

let home: string
let entries: readonly Entry[]
/** The compiled sample, which opens at once. */
let bundle: string
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'hotwork-replay-test-'))
  const world = new World()
  await world.issueToken(await world.approved(prodParameter))
  await world.issueToken(await world.submitted(stagingParameter))
  await world.decide(await world.submitted(parameter('/prod/checkout/size')), 'ana', 'deny')
  entries = (await world.ledger.search({}, { limit: 1000 })).entries
  bundle = file('bundle.json', JSON.stringify(sampleBundle()))
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

const linesOf = (all: Iterable<Entry>) => [...all].map((each) => `${JSON.stringify(each)}\n`).join('')
function file(name: string, text: string): string {
  const path = join(home, name)
  writeFileSync(path, text)
  return path
}
const ledger = (all: Iterable<Entry> = entries) => file('ledger.ndjson', linesOf(all))

const copies: Copy[] = []
afterAll(() => {
  for (const copy of copies) copy[Symbol.dispose]()
})
/** A copy of the sample folder with one text replaced. */
function folderWith(name: string, from: string, to: string): string {
  const copy = new Copy()
  copies.push(copy)
  copy.edit(`policies/${name}`, (text) => text.replace(from, to))
  return copy.at('policies')
}
const remediation = `context.resource.environment == "prod" &&
  context.approval.tier >= 2`
const widened = () => folderWith('agents.cedar', remediation, remediation.replace('>= 2', '>= 1'))

const run = (options: Partial<Parameters<typeof replay.run>[0]> = {}, stdin?: string) =>
  runVerb(replay, { policies: bundle, ledger: options.ledger ?? ledger(), deployment, json: false, ...options }, stdin)

test('a replay without changed answers ends with 0', async () => {
  expect(await run({ policies })).toEqual({
    exit: 0,
    out: expect.stringMatching(/^9 questions of 3 requests, .*: none would be answered otherwise\n/),
    err: '',
  })
})

test('a replay without a deployment file takes the accounts from the record', async () => {
  const { deployment: _, ...options } = { policies, ledger: ledger(), deployment, json: false }
  expect(await runVerb(replay, options)).toMatchObject({ exit: 0, out: expect.stringContaining('none would be') })
})

test('a bundle that was compiled before is as good as its folder', async () => {
  expect(await run()).toEqual(await run({ policies }))
})

test('an entry is asked under its own bundle if the file has the bundle’s hash', async () => {
  const { hash } = sampleBundle()
  const [path, own] = [ledger(), { policies: undefined, deployment: undefined }] as const
  const there = await run({ ...own, own: { [hash]: bundle }, ledger: path })
  expect(there).toEqual({ exit: 0, out: expect.stringMatching(/^9 questions .* none would be/), err: '' })
  const other = file('other.json', JSON.stringify({ ...sampleBundle(), hash: hashOfBundle('other') }))
  expect(await run({ ...own, own: { [hash]: other }, ledger: path })).toEqual({
    exit: 0,
    out: expect.stringMatching(/^0 questions[\s\S]*\n {2}9: the bundle that decided them was not kept/),
    err: `${hash}: it cannot be read by this version\n`,
  })
})

test("a replay under wider policies ends with 6, and reports the folder's failing cases", async () => {
  const { exit, out, err } = await run({ policies: widened() })
  expect(exit).toBe(6)
  expect(out).toContain('request agent:remediator ssm:PutParameter: tier 2 -> tier 1 (by prod-remediation')
  expect(err).toMatch(/^\d+ cases of .* fail: `hotwork policy check` says which\n$/)
})

test('a replay with --json prints one document, with times in the form of entries', async () => {
  const { exit, out } = await run({ policies: widened(), json: true })
  expect({ exit, body: JSON.parse(out) }).toEqual({
    exit: 6,
    body: {
      ...{ questions: 9, requests: 3, entries: entries.length, narrowed: [], approvals: [], notAsked: {}, broken: [] },
      ...{ from: '2027-01-15T08:00:00Z', until: '2027-01-15T08:00:00Z', unreadable: { newer: 0, others: 0 } },
      widened: [expect.objectContaining({ question: 'request', from: 'tier 2', to: 'tier 1', count: 2 })],
    },
  })
})

test('a ledger may come from standard input', async () => {
  expect(await run({ ledger: '-' }, linesOf(entries))).toMatchObject({
    exit: 0,
    out: expect.stringMatching(/^9 questions/),
  })
})

test('a folder that does not compile is reported with file and line', async () => {
  const broken = folderWith('agents.cedar', 'permit (', 'permits (')
  expect(await run({ policies: broken })).toMatchObject({
    exit: 1,
    out: '',
    err: expect.stringMatching(/agents\.cedar:\d+: /),
  })
})

test('a ledger with a forged entry ends with 1', async () => {
  const [first, ...others] = entries
  const forged = file(
    'forged.ndjson',
    linesOf([{ ...(first as (typeof entries)[number]), policies: ['mine'] }, ...others]),
  )
  expect(await run({ ledger: forged })).toMatchObject({ exit: 1, out: expect.stringMatching(/with invalid hashes/) })
})

test('a ledger with an endless line is refused', async () => {
  const endless = file('endless.ndjson', ' '.repeat(17 * 1024 * 1024))
  await expect(run({ ledger: endless })).rejects.toThrow(/has a line/)
})

test('a ledger with a cut last line is replayed up to it, with a warning, and ends with 1', async () => {
  const cut = file('cut.ndjson', linesOf(entries).slice(0, -20))
  expect(await run({ ledger: cut })).toMatchObject({
    exit: 1,
    err: `the last line of ${cut} is cut, and was left out\n`,
  })
})

test('a ledger with entries of a newer version is replayed without them, and ends with 1', async () => {
  const newer = entries.map((each) => (each.type === 'CredentialIntended' ? { ...each, v: entryVersion + 1 } : each))
  const { exit, out } = await run({ ledger: ledger(newer) })
  expect({ exit, out }).toEqual({
    exit: 1,
    out: expect.stringMatching(/2 entries of a newer version, the first is req_\S+:/),
  })
})

test.each([
  ['a file of notes', '# Notes\n\nnone\n', /:1 is not an entry of a ledger: it is not JSON/],
  ['one line of text', 'notes', /:1 is not an entry of a ledger: it is not JSON/],
  ['other JSON', '{"id":1}\n', /:1 is not an entry of a ledger: `id`: /],
  ['an invalid line among entries', 'first\nx\nfirst\n', /:2 is not an entry of a ledger: it is not JSON/],
])('%s is wrong usage, with the line', async (_, text, why) => {
  const path = file('other.txt', text.replaceAll('first', JSON.stringify(entries[0])))
  await expect(run({ ledger: path })).rejects.toMatchObject({ name: 'WrongUsage', message: expect.stringMatching(why) })
})

test('a missing ledger is wrong usage', async () => {
  const gone = join(home, 'a missing ledger is wrong usage')
  await expect(run({ ledger: gone })).rejects.toMatchObject({
    name: 'WrongUsage',
    message: expect.stringContaining('ENOENT'),
  })
})

test("ten thousand recorded questions are asked within a test's minute", async () => {
  const { exit, out, err } = await run({ ledger: ledger(manyLives(entries, 1200)), json: true })
  const { questions, requests, widened: wider, narrowed, broken } = JSON.parse(out)
  expect({ exit, questions, requests, wider, narrowed, broken }).toEqual({
    ...{ exit: 0, questions: 10_800, requests: 3600, wider: [], narrowed: [], broken: [] },
  })
  expect(err).toMatch(/^(?:\d+ entries, up to \S+ \.\.\.\n)?$/)
})
