import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { columns } from '../../../client/ledger/csv.ts'
import { type Entry, entryHash } from '../../../functions/domain/ledger/ledger.ts'
import { useServer } from '../../support/http-server.ts'
import { parameter, prodParameter } from '../../support/world.ts'
import { useScene } from '../support/scene.ts'
import { tokenFor } from '../support/scripted-provider.ts'
import { wrongBy } from './published-ocsf.ts'

/** `hotwork ledger export`: all entries that match, from the deployed handlers. */

const scene = useScene()
const hana = () => scene.at('hana')
const entriesIn = (text: string): Entry[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
const fill = async (count: number) => {
  for (let n = 0; n < count; n++) await scene.api.world.submitted(parameter(`/staging/checkout/${n}`))
}

test('an export has every entry once, oldest first, exactly as it is hashed, page after page', async () => {
  await fill(120)
  const { exit, out, err } = await hana().type('ledger', 'export')
  const all = entriesIn(out)
  expect({ exit, err }).toEqual({
    exit: 0,
    err: expect.stringMatching(/^240 entries, up to 2027-01-15T08:00:00Z\nentries of the last minute/),
  })
  expect(new Set(all.map(({ id }) => id)).size).toBe(240)
  for (const entry of all) expect(entryHash(entry)).toBe(entry.hash)
  expect(scene.api.calls.filter((call) => call === 'GET /v1/ledger')).toHaveLength(3)
})

test('filters are those of the API, and spans are ago', async () => {
  await scene.api.world.submitted(prodParameter)
  scene.advance(3600)
  const { ask } = await scene.api.world.submitted(parameter('/staging/checkout/x'))
  const filters = ['--since', '30m', '--type', 'Submitted', '--agent', 'agent:remediator']
  const { out } = await hana().type('ledger', 'export', ...filters)
  expect(entriesIn(out).map(({ id }) => id)).toEqual([`${ask.id}/1`])
  const before = await hana().type('ledger', 'export', '--until', '30m', '--type', 'Submitted')
  expect(entriesIn(before.out)).toHaveLength(1)
  // Entries older than a minute are in the index.
  expect(before.err).not.toContain('entries of the last minute')
})

test.each([
  [['--since', 'yesterday'], /`--since` is not a time/],
  [['--since', '1h', '--until', '2h'], /`until` should be later than `since`/],
  [['--agent', 'remediator'], /`agent`/],
  [['--type', 'decided'], /`type`: should be as in an entry/],
  [['--format', 'xml'], /ndjson, csv, ocsf/],
  [['--json'], /`--json` needs `--out`/],
])('%j is wrong usage, and says what to give', async (words, why) => {
  const { exit, out, err } = await hana().type('ledger', 'export', ...words)
  expect({ exit, said: `${out}${err}` }).toEqual({ exit: 2, said: expect.stringMatching(why) })
})

test('an export into a file is private and whole, with its summary as JSON', async () => {
  await fill(3)
  const { exit, body } = await hana().json('ledger', 'export', '--out', 'record.ndjson', '--until', '0s')
  const file = join(hana().folder, 'record.ndjson')
  const all = entriesIn(readFileSync(file, 'utf8'))
  expect({ exit, body }).toEqual({
    exit: 0,
    body: expect.objectContaining({ entries: all.length, format: 'ndjson', settled: false }),
  })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(existsSync(`${file}.partial`)).toBe(false)
})

test('an existing file is never overwritten', async () => {
  const file = join(hana().folder, 'record.csv')
  writeFileSync(file, 'evidence')
  const { exit, err } = await hana().type('ledger', 'export', '--format', 'csv', '--out', 'record.csv')
  expect([exit, err]).toEqual([2, expect.stringContaining('exists')])
  expect(readFileSync(file, 'utf8')).toBe('evidence')
})

test('a missing folder is a fault with its name', async () => {
  const { exit, err } = await hana().type('ledger', 'export', '--out', 'nowhere/record.ndjson')
  expect([exit, err]).toEqual([1, expect.stringMatching(/`nowhere\/record.ndjson` cannot be written.*\n {2}ENOENT/)])
})

test('a lost answer is asked for again from the same place: no entry is missing or doubled', async () => {
  await fill(120)
  scene.api.nextCalls.push('answered', 'answer_lost', 'busy', 'unheard')
  const { exit, out } = await hana().type('ledger', 'export')
  expect(exit).toBe(0)
  const ids = entriesIn(out).map(({ id }) => id)
  expect([ids.length, new Set(ids).size]).toEqual([240, 240])
})

test('an export that breaks off leaves no file that looks whole, and says how far it came', async () => {
  await fill(120)
  scene.api.nextCalls.push('answered', ...(['unheard', 'unheard', 'unheard', 'unheard'] as const))
  const { exit, err } = await hana().type('ledger', 'export', '--out', 'record.ndjson')
  const file = join(hana().folder, 'record.ndjson')
  expect(exit).toBe(1)
  expect(err).toMatch(/^incomplete: it stopped after 100 entries, up to /m)
  expect([existsSync(file), entriesIn(readFileSync(`${file}.partial`, 'utf8')).length]).toEqual([false, 100])
  // A second export starts from the beginning.
  const again = await hana().type('ledger', 'export', '--out', 'record.ndjson')
  expect([again.exit, entriesIn(readFileSync(file, 'utf8')).length]).toEqual([0, 240])
})

test('`hotwork verify` takes an export, and names the entry that was altered or left out', async () => {
  await scene.api.world.approved(prodParameter)
  await scene.api.world.evaluate({ ...prodParameter, action: 'no:Such' })
  const { out } = await hana().type('ledger', 'export', '--out', 'record.ndjson')
  expect(out).toBe('')
  expect((await hana().type('verify', 'record.ndjson')).exit).toBe(0)
  const lines = readFileSync(join(hana().folder, 'record.ndjson'), 'utf8').split('\n').slice(0, -1)
  const altered = lines.findIndex((line) => line.includes('"type":"Decided"'))
  const { id } = JSON.parse(lines[altered] ?? '') as Entry
  const forged = lines.with(altered, (lines[altered] ?? '').replace('person:ana', 'person:chloe'))
  for (const [file, kept] of [
    ['forged.ndjson', forged] as const,
    ['cut.ndjson', lines.toSpliced(altered, 1)] as const,
  ]) {
    writeFileSync(join(hana().folder, file), `${kept.join('\n')}\n`)
    const { exit, out: said } = await hana().type('verify', file)
    expect([exit, said]).toEqual([4, expect.stringContaining(id)])
  }
})

test('an export as CSV is a header, and a line for each entry', async () => {
  await fill(2)
  const { out } = await hana().type('ledger', 'export', '--format', 'csv')
  const [header, ...rows] = out.split('\n').slice(0, -1)
  expect(header).toBe(columns.join(','))
  expect(rows).toHaveLength(4)
  expect((await hana().type('ledger', 'export', '--format', 'csv', '--type', 'None')).out).toBe(`${header}\n`)
})

test('each line of an export as OCSF is valid by the published schema', async () => {
  await scene.api.world.approved(prodParameter)
  await scene.api.world.evaluate({ ...prodParameter, action: 'no:Such' })
  const { out } = await hana().type('ledger', 'export', '--format', 'ocsf')
  const events = out
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
  expect(events.length).toBeGreaterThan(5)
  expect(events.flatMap(wrongBy)).toEqual([])
})

test('a person who may not read is refused: exit 4', async () => {
  scene.api.world.policy = {
    bundle: scene.api.world.policy.bundle,
    ask: () => ({ permit: false, policies: [], error: false }),
  }
  expect(await hana().type('ledger', 'export')).toMatchObject({ exit: 4, out: '' })
})

describe('an API that misbehaves', () => {
  let answer: (page: number) => { body: string; link?: string }
  let asked: string[]
  const url = useServer((request, response) => {
    asked.push(request.url ?? '')
    const { body, link } = answer(asked.length)
    response.writeHead(200, { 'content-type': 'application/x-ndjson', ...(link ? { link } : {}) }).end(body)
  })
  beforeEach(() => {
    asked = []
  })
  const line = (n: number) =>
    `${JSON.stringify({ id: `agent:x/${n}`, type: 'Refused', at: '2027-01-15T08:00:00Z', actor: { type: 'agent', id: 'agent:x' }, hash: 'h' })}\n`
  const run = () => {
    hana().env['HOTWORK_TOKEN'] = tokenFor(`${url()}/people`)
    return hana().type('ledger', 'export', '--api', url())
  }

  test('a thousand pages are read to the last', async () => {
    answer = (page) => ({
      body: line(page),
      ...(page < 1000 ? { link: `<${url()}/v1/ledger?after=p${page}>; rel="next"` } : {}),
    })
    const { exit, out } = await run()
    expect([exit, entriesIn(out).length, asked.at(-1)]).toEqual([0, 1000, '/v1/ledger?after=p999'])
  })

  test('a cut or invalid page is a fault', async () => {
    for (const body of [line(1).slice(0, -1), '{"id":1}\n', '<html>\n']) {
      answer = () => ({ body })
      expect((await run()).exit).toBe(1)
    }
  })

  test('a next page that is the same page is a fault, and ends', async () => {
    answer = () => ({ body: line(1), link: `<${url()}/v1/ledger?after=same>; rel="next"` })
    expect((await run()).exit).toBe(1)
    expect(asked).toHaveLength(2)
  })

  test('the next page is asked for at the same API: no token goes to another address', async () => {
    answer = (page) => ({
      body: line(page),
      ...(page < 2 ? { link: '<https://elsewhere.example/v1/ledger?after=p1>; rel="next"' } : {}),
    })
    expect((await run()).exit).toBe(0)
    expect(asked).toEqual(['/v1/ledger', '/v1/ledger?after=p1'])
  })
})
