import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Entry, entryVersion } from '../../functions/domain/ledger/ledger.ts'
import { hashOfBundle } from '../../functions/domain/policy/bundle.ts'
import * as replay from '../../policy-tools/verbs/replay.ts'
import { manyLives } from '../support/ledger/many-lives.ts'
import { parameter, prodParameter, sampleBundle, stagingParameter, World } from '../support/world.ts'
import { runVerb } from './run-verb.ts'
import { Copy } from './sample.ts'

/** `hotwork policy replay NEW --ledger FILE`: an exported ledger under a policy folder, or a bundle. */

const root = join(__dirname, '../..')
const policies = join(root, 'policies')
const deployment = join(root, 'test/policies/deployment.json')

let home: string
let entries: readonly Entry[]
/** What the folder compiles to: it is opened at once. */
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
/** A copy of the sample folder in which one text stands in place of another. */
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

test('ends with 0 where nothing would be decided otherwise', async () => {
  expect(await run({ policies })).toEqual({
    exit: 0,
    out: expect.stringMatching(/^9 questions of 3 requests, .*: none would be answered otherwise\n/),
    err: '',
  })
})

test('without a deployment file the accounts are those of the record', async () => {
  const { deployment: _, ...options } = { policies, ledger: ledger(), deployment, json: false }
  expect(await runVerb(replay, options)).toMatchObject({ exit: 0, out: expect.stringContaining('none would be') })
})

test('a bundle that was compiled before is as good as its folder', async () => {
  expect(await run()).toEqual(await run({ policies }))
})

test('each entry is asked under its own bundle, where the file has the hash by which the entry names it', async () => {
  const { hash } = sampleBundle()
  const [path, own] = [ledger(), { policies: undefined, deployment: undefined }] as const
  const there = await run({ ...own, own: { [hash]: bundle }, ledger: path })
  expect(there).toEqual({ exit: 0, out: expect.stringMatching(/^9 questions .* none would be/), err: '' })
  const other = file('other.json', JSON.stringify({ ...sampleBundle(), hash: hashOfBundle('other') }))
  expect(await run({ ...own, own: { [hash]: other }, ledger: path })).toEqual({
    exit: 0,
    out: expect.stringMatching(/^0 questions[\s\S]*\n {2}9: the bundle that decided them is not kept/),
    err: `${hash}: it cannot be read by this version\n`,
  })
})

test('ends with 6 where the policies are wider, and says so of a folder whose cases fail too', async () => {
  const { exit, out, err } = await run({ policies: widened() })
  expect(exit).toBe(6)
  expect(out).toContain('request agent:remediator ssm:PutParameter: tier 2 -> tier 1 (by prod-remediation')
  expect(err).toMatch(/^\d+ cases of .* fail: `hotwork policy check` says which\n$/)
})

test('with --json it prints one document, with times as they are in entries', async () => {
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

test('a ledger comes from standard input, too', async () => {
  expect(await run({ ledger: '-' }, linesOf(entries))).toMatchObject({
    exit: 0,
    out: expect.stringMatching(/^9 questions/),
  })
})

test('a folder that does not compile is told, with file and line', async () => {
  const broken = folderWith('agents.cedar', 'permit (', 'permits (')
  expect(await run({ policies: broken })).toMatchObject({
    exit: 1,
    out: '',
    err: expect.stringMatching(/agents\.cedar:\d+: /),
  })
})

describe('a ledger that is not whole', () => {
  test('ends with 1 where an entry is not as it was written', async () => {
    const [first, ...others] = entries
    const forged = file(
      'forged.ndjson',
      linesOf([{ ...(first as (typeof entries)[number]), policies: ['mine'] }, ...others]),
    )
    expect(await run({ ledger: forged })).toMatchObject({ exit: 1, out: expect.stringMatching(/hashes do not fit/) })
  })

  test('is refused where a line does not end', async () => {
    const endless = file('endless.ndjson', ' '.repeat(17 * 1024 * 1024))
    await expect(run({ ledger: endless })).rejects.toThrow(/has a line/)
  })

  test('is replayed up to a last line that is cut, which is told, and ends with 1', async () => {
    const cut = file('cut.ndjson', linesOf(entries).slice(0, -20))
    expect(await run({ ledger: cut })).toMatchObject({
      exit: 1,
      err: `the last line of ${cut} is cut, and was left out\n`,
    })
  })

  test('has entries of a newer version, which are left out: it ends with 1', async () => {
    const newer = entries.map((each) => (each.type === 'CredentialIntended' ? { ...each, v: entryVersion + 1 } : each))
    const { exit, out } = await run({ ledger: ledger(newer) })
    expect({ exit, out }).toEqual({
      exit: 1,
      out: expect.stringMatching(/2 entries of a newer version, the first is req_\S+:/),
    })
  })

  test.each([
    ['no ledger at all', '# Notes\n\nnone\n', /:1 is not an entry of a ledger: it is not JSON/],
    ['one line of text', 'notes', /:1 is not an entry of a ledger: it is not JSON/],
    ['other JSON', '{"id":1}\n', /:1 is not an entry of a ledger: `id`: /],
    ['a line that is no JSON among entries', 'first\nx\nfirst\n', /:2 is not an entry of a ledger: it is not JSON/],
  ])('%s is wrong usage, with the line', async (_, text, why) => {
    const path = file('other.txt', text.replaceAll('first', JSON.stringify(entries[0])))
    await expect(run({ ledger: path })).rejects.toMatchObject({
      name: 'WrongUsage',
      message: expect.stringMatching(why),
    })
  })

  test('a file that is not there is wrong usage', async () => {
    const gone = join(home, 'gone.ndjson')
    await expect(run({ ledger: gone })).rejects.toMatchObject({
      name: 'WrongUsage',
      message: expect.stringContaining('ENOENT'),
    })
  })
})

test('ten thousand recorded questions are asked within the minute that a test may take', async () => {
  const { exit, out, err } = await run({ ledger: ledger(manyLives(entries, 1200)), json: true })
  const { questions, requests, widened: wider, narrowed, broken } = JSON.parse(out)
  expect({ exit, questions, requests, wider, narrowed, broken }).toEqual({
    ...{ exit: 0, questions: 10_800, requests: 3600, wider: [], narrowed: [], broken: [] },
  })
  expect(err).toMatch(/^(?:\d+ entries, up to \S+ \.\.\.\n)?$/)
})
