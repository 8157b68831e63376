import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Entry } from '../../../functions/domain/ledger/ledger.ts'
import type { RequestId } from '../../../functions/domain/values.ts'
import { filesOf, writeFolder } from '../../support/anchor/log-folder.ts'
import { PlainLog } from '../../support/anchor/plain-log.ts'
import { anchored, receiptOf } from '../../support/anchor/receipts.ts'
import { useServer } from '../../support/http-server.ts'
import { start } from '../../support/world.ts'
import { tokenFor } from '../support/scripted-provider.ts'
import { Terminal } from '../support/terminal.ts'

/** `hotwork verify` of a log, and of entries, checkpoints and receipts by it. */

let log: PlainLog
let id: RequestId
let entries: readonly Entry[]
let terminal: Terminal

beforeAll(async () => {
  ;({ log, id, entries } = await anchored())
  // More than one tile of each kind.
  log.add(
    Array.from({ length: 600 }, (_, at) => ({
      id: `agent:builder/${at + 1}`,
      hash: `sha-256:${`${at}`.padEnd(43, 'y')}`,
    })),
  )
})
beforeEach(() => {
  terminal = new Terminal({})
  terminal.now = () => new Date((start + 60) * 1000)
  put('jwks.json', JSON.stringify({ keys: [log.jwk] }))
})
afterEach(() => terminal.close())

const put = (name: string, text: string | Uint8Array) => writeFileSync(join(terminal.home, name), text)
const ndjson = (all: readonly object[]) => all.map((each) => `${JSON.stringify(each)}\n`).join('')
const keys = ['--keys', 'jwks.json']
type Finding = { check: string; holds: boolean; words: string; entry?: string }

async function verify(...words: string[]) {
  const { exit, body } = await terminal.json('verify', ...words, ...keys)
  const findings = (body.files ?? []).flatMap((each: { findings: Finding[] }) => each.findings) as Finding[]
  return { exit, body, wrong: findings.filter((each) => !each.holds) }
}

/** A changed copy of our log, in a folder. */
function logFolder(change: (log: PlainLog, files: Map<string, Uint8Array>) => void = () => {}): string {
  const files = filesOf(log)
  change(log, files)
  const folder = join(terminal.home, 'log')
  writeFolder(folder, files)
  return folder
}

test('a whole log holds: its signature, each entry and each tile', async () => {
  logFolder()
  expect(await verify('log')).toMatchObject({ exit: 0 })
})

test('a checkpoint holds by the signature of the notary, and by no other key', async () => {
  put('checkpoint', log.checkpoint())
  expect(await verify('checkpoint')).toMatchObject({ exit: 0 })
  put('checkpoint', new PlainLog(log.issuer).checkpoint())
  expect(await verify('checkpoint')).toMatchObject({ exit: 4, wrong: [{ check: 'checkpoint' }] })
})

const paths = ['tile/0/000', 'tile/0/002.p/', 'tile/1/000.p/2', 'tile/entries/001']
test.each(paths)('a log with an altered or missing %s is refused, and the file is named', async (beginning) => {
  const cut = (files: Map<string, Uint8Array>) => [...files.keys()].find((path) => path.startsWith(beginning)) as string
  let path = ''
  const folder = logFolder((_, files) => {
    path = cut(files)
    const bytes = Buffer.from(files.get(path) as Uint8Array)
    // Inside the hash of an entry, so that a bundle stays one.
    bytes[50] = bytes[50] === 65 ? 66 : 65
    files.set(path, bytes)
  })
  const altered = await verify('log')
  expect([altered.exit, altered.wrong.map(({ words }) => words).join()]).toEqual([
    4,
    expect.stringContaining(beginning.replace('entries', '0')),
  ])
  rmSync(join(folder, path))
  const missing = await verify('log')
  expect([missing.exit, missing.wrong.map(({ words }) => words).join()]).toEqual([4, expect.stringContaining(path)])
})

test('a log with another or no checkpoint is refused', async () => {
  logFolder((_, files) => files.set('checkpoint', Buffer.from(log.checkpoint(600))))
  expect(await verify('log')).toMatchObject({ exit: 4 })
  logFolder((_, files) => files.delete('checkpoint'))
  rmSync(join(terminal.home, 'log/checkpoint'))
  expect(await verify('log')).toMatchObject({ exit: 4, wrong: [{ check: 'checkpoint' }] })
})

test('entries hold without any key, and the output says what that does not show', async () => {
  put('entries.ndjson', ndjson(entries))
  const { exit, out } = await terminal.type('verify', 'entries.ndjson')
  expect([exit, out]).toEqual([0, expect.stringContaining('--log compares')])
})

test('entries hold if the log has each of them, and no other of their chains', async () => {
  logFolder()
  put('entries.ndjson', ndjson(entries))
  expect(await verify('entries.ndjson', '--log', 'log')).toMatchObject({ exit: 0 })
})

test('entries of a selection may be left out with --part', async () => {
  put('entries.ndjson', ndjson(entries.slice(2, 5)))
  logFolder()
  expect(await verify('entries.ndjson', '--log', 'log')).toMatchObject({ exit: 4 })
  expect(await verify('entries.ndjson', '--log', 'log', '--part')).toMatchObject({ exit: 0 })
})

test.each<[string, (all: Entry[]) => readonly object[], number, string]>([
  [
    'that the log has with another hash',
    (all) => [...all.slice(0, -1), { ...all.at(-1), hash: `sha-256:${'z'.repeat(43)}` }],
    -1,
    'was replaced',
  ],
  ['that the log does not have', (all) => [...all, { ...all.at(-1), id: `${id}/${all.length + 1}` }], 0, 'was added'],
  ['that the log has, and the file not', (all) => all.slice(0, -1), -1, 'is missing'],
])('entries %s are named', async (_what, change, from, words) => {
  logFolder()
  put('entries.ndjson', ndjson(change([...entries])))
  const { exit, wrong } = await verify('entries.ndjson', '--log', 'log')
  expect(exit).toBe(4)
  const entry = `${id}/${entries.length + 1 + from}`
  expect(wrong).toContainEqual(expect.objectContaining({ check: 'log', entry, words: expect.stringContaining(words) }))
})

describe('a receipt by a log', () => {
  const receipt = () => put('receipt.jwt', receiptOf(log, id, entries, log.proof(`${id}/${entries.length}`, 40)))

  test('a receipt holds by a log that begins with its tree', async () => {
    receipt()
    logFolder()
    expect(await verify('receipt.jwt', '--log', 'log')).toMatchObject({ exit: 0 })
  })

  test('a receipt shows a notary that signed two histories', async () => {
    receipt()
    const other = log.forged((leaves) => leaves.splice(2, 1))
    writeFolder(join(terminal.home, 'log'), filesOf(other))
    const { exit, wrong } = await verify('receipt.jwt', '--log', 'log')
    expect([exit, wrong]).toEqual([
      4,
      [expect.objectContaining({ check: 'log', words: expect.stringContaining('two histories') })],
    ])
  })

  test('a receipt needs a log that is as new as itself', async () => {
    receipt()
    writeFolder(join(terminal.home, 'log'), filesOf(log.forged((leaves) => leaves.splice(20))))
    const { exit, wrong } = await verify('receipt.jwt', '--log', 'log')
    expect([exit, wrong]).toEqual([4, [expect.objectContaining({ words: expect.stringContaining('get a newer one') })]])
  })
})

describe('a log at an address', () => {
  let answers: number[] = []
  const tokens: (string | undefined)[] = []
  const address = useServer((request, response) => {
    tokens.push(request.headers.authorization)
    const status = answers.shift() ?? 200
    const file = filesOf(log).get(request.url?.replace(/^\/(transparency|copy)\//, '') ?? '')
    if (status !== 200) response.writeHead(status, { location: '/elsewhere' }).end()
    else if (file) response.end(file)
    else response.writeHead(404).end()
  })
  beforeEach(() => {
    tokens.length = 0
    answers = []
    put('entries.ndjson', ndjson(entries))
  })

  /** Names this API, with a token for it from its provider. */
  const namedApi = (api: string, aud: string | string[] = `${api}/people`) => {
    const token = tokenFor(aud)
    terminal.env = { ...terminal.env, HOTWORK_API: api, HOTWORK_TOKEN: token }
    return `Bearer ${token}`
  }

  test("a log is read with the person's token at the origin of the Hotwork that they named", async () => {
    const token = namedApi(address())
    expect(await verify('entries.ndjson', '--log', `${address()}/transparency`)).toMatchObject({ exit: 0 })
    expect(new Set(tokens)).toEqual(new Set([token]))
  })

  test.each([
    ['another host', 'https://permits.example.com'],
    ['another port', 'http://127.0.0.1:1'],
    ['another name of this host', 'http://localhost'],
  ])('a stranger at the path of a Hotwork gets no token: the Hotwork is at %s', async (_where, api) => {
    namedApi(api === 'http://localhost' ? address().replace('127.0.0.1', 'localhost') : api)
    expect(await verify('entries.ndjson', '--log', `${address()}/transparency`)).toMatchObject({ exit: 0 })
    expect(new Set(tokens)).toEqual(new Set([undefined]))
  })

  test('a log at an address asks no person to log in without a named Hotwork, and says how to name one', async () => {
    terminal.env['DISPLAY'] = ':0'
    answers = [401]
    const { exit, body } = await verify('entries.ndjson', '--log', `${address()}/transparency`)
    expect([exit, body.error, body.detail, terminal.visited]).toEqual([
      1,
      'no_log',
      expect.stringContaining('`--api`'),
      [],
    ])
    expect(tokens).toEqual([undefined])
  })

  test('a token for another address is not sent to the Hotwork that was named', async () => {
    namedApi(address(), ['https://permits.example.com/people', 'https://id.example/userinfo'])
    const { exit, body } = await verify('entries.ndjson', '--log', `${address()}/transparency`)
    expect([exit, body.title]).toEqual([2, expect.stringContaining('`https://permits.example.com/people`')])
    expect(tokens).toEqual([])
  })

  test('a busy log is asked again, and its fault is no verdict: exit 1', async () => {
    answers = [503, 503]
    expect(await verify('entries.ndjson', '--log', `${address()}/copy`)).toMatchObject({ exit: 0 })
    answers = [403]
    expect(await verify('entries.ndjson', '--log', `${address()}/copy`)).toMatchObject({
      exit: 1,
      body: { error: 'no_log' },
    })
    answers = [302]
    expect(await verify('entries.ndjson', '--log', `${address()}/copy`)).toMatchObject({ exit: 1 })
    expect(await verify('entries.ndjson', '--log', 'http://127.0.0.1:9/copy')).toMatchObject({ exit: 1 })
  })

  test('a log at an address that lacks a file does not hold', async () => {
    answers = [404]
    expect(await verify('entries.ndjson', '--log', `${address()}/copy`)).toMatchObject({
      exit: 4,
      wrong: [{ check: 'checkpoint' }],
    })
  })
})

test.each<[string, string, number, string]>([
  ['a picture', '\u0089PNG\n\u001a\n', 4, 'it is not a receipt'],
  ['nothing', '', 4, 'it is empty'],
  ['JSON that is not an entry', '{"id":"req_1/1"}\n', 4, 'line 1 is not an entry'],
])('%s holds nothing', async (_what, text, code, words) => {
  put('file', text)
  const { exit, wrong } = await verify('file')
  expect([exit, wrong[0]?.words]).toEqual([code, expect.stringContaining(words)])
})

test.each<[string, string[], string]>([
  ['a file that there is not', ['verify', 'none.jwt', ...keys], 'none.jwt: it cannot be read (ENOENT)'],
  ['no keys', ['verify', 'checkpoint'], '`--keys` is missing'],
  ['keys that are none', ['verify', 'checkpoint', '--keys', 'checkpoint'], 'checkpoint: it is not a JWKS'],
  ['a log that is a file', ['verify', 'checkpoint', ...keys, '--log', 'checkpoint'], 'checkpoint: it is not a folder'],
  ['no entries', ['verify', 'checkpoint', ...keys, '--entries', 'jwks.json'], 'jwks.json: it has no entries'],
  ['no file', ['verify', ...keys], 'missing required argument'],
])('%s is wrong usage, and the file is named', async (_what, words, expected) => {
  put('checkpoint', log.checkpoint())
  expect(await terminal.type(...words)).toMatchObject({ exit: 2, err: expect.stringContaining(expected) })
})
