import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Entry } from '../../../functions/domain/ledger/ledger.ts'
import type { RequestId } from '../../../functions/domain/values.ts'
import { ensurePythonEnvironment } from '../../../local/python-environment.ts'
import { PlainLog } from '../../support/anchor/plain-log.ts'
import { anchored, claimsOf, receiptOf } from '../../support/anchor/receipts.ts'
import { World } from '../../support/world.ts'
import { Terminal } from '../support/terminal.ts'

/** `hotwork verify` and the Python program, by another author's libraries: both agree on one table of files. */

const example = join(import.meta.dirname, '../../../examples/verify-receipt')
const stored = join(import.meta.dirname, '../../../.hotwork')
const folder = mkdtempSync(join(tmpdir(), 'hotwork-receipt-'))
let log: PlainLog
let id: RequestId
let entries: readonly Entry[]
jest.setTimeout(240_000)

/** The first failing step of a file. `file`: a file is unreadable for a verifier. */
type Step = 'file' | 'signature' | 'claims' | 'time' | 'checkpoint' | 'inclusion' | 'entries'
type Files = { receipt?: string | Buffer; jwks?: object | string; entries?: string | Buffer }
type Case = readonly [what: string, files: () => Files, wrong?: Step]

const now = () => Math.floor(Date.now() / 1000)
const claims = (changes: object = {}) => claimsOf(log, id, entries, { iat: now() - 1, ...changes })
const receipt = (changes: object = {}): Files => ({ receipt: log.sign(claims(changes)) })
/** A receipt of a request that has gone on since. */
const ofFirst = (count: number) => receiptOf(log, id, entries.slice(0, count), { iat: now() - 1 })
const ndjson = (all: readonly object[]) => all.map((each) => `${JSON.stringify(each)}\n`).join('')
const withEntries = (text: string | Buffer): Files => ({ entries: text })
/** Our entries, among lines of another record. */
const beside = (line: string) => withEntries(`${line}\n${ndjson(entries)}`)
const other = (members = '') => `{"id":"agent:remediator/1","hash":"h","previous":null${members}}`
const changed = (change: (all: Entry[]) => readonly unknown[]) =>
  withEntries(ndjson(change([...entries]) as readonly object[]))
const last = () => entries.at(-1) as Entry
const stranger = () => new PlainLog(log.issuer)
const keys = (...all: object[]): Files => ({ jwks: { keys: all } })
const jwkOf = (pair: { publicKey: { export(options: { format: 'jwk' }): object } }) =>
  pair.publicKey.export({ format: 'jwk' })
const flipped = (at: number): Files => {
  const jws = Buffer.from(log.sign(claims()))
  const place = at < 0 ? jws.length + at : at
  jws[place] = (jws[place] as number) ^ 1
  return { receipt: jws.toString('latin1') }
}
/** The signed text, changed, with a signature of the notary. */
const noted = (change: (text: string) => string, more = ''): Files =>
  receipt({ checkpoint: log.note(change(`${log.checkpoint().split('\n\n')[0]}\n`)) + more })
const signatureBy = (by: PlainLog, name?: string) =>
  `${by.note(`${log.checkpoint().split('\n\n')[0]}\n`, name).split('\n\n')[1]}`
/** Changes the unused bits of the last character, if there are any. */
const respelt = (text: string) =>
  text.replace(/([A-Za-z0-9+/])(={1,2}\n?)$/, (_, letter: string, rest: string) => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
    return `${letters[letters.indexOf(letter) + 1]}${rest}`
  })
const header = () => JSON.stringify({ alg: 'ES256', typ: 'hotwork-receipt+jwt', kid: log.jwk.kid })
const nested = (depth: number) => other(`,"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}`)

/** More than 128,000 characters of them. */
const manyUses = () =>
  Array.from({ length: 1500 }, (_, at) => ({
    ...{ id: `use_${String(at).padStart(26, '0')}`, tool: 'parameter-tool' },
    begun_at: '2026-01-01T00:00:00Z',
  }))
/** It paints over the line before, and adds two of its own. */
const acting = '\u001b[1A\u001b[2K\r\nholds  signature\nholds  claims\u202e\u0085'

const holding: readonly Case[] = [
  ['a receipt', () => ({})],
  ['a receipt without a line end', () => ({ receipt: log.sign(claims()) })],
  ['a receipt with the line end of another system', () => ({ receipt: `${log.sign(claims())}\r\n` })],
  ['entries, among those of another record', () => beside(other())],
  ['a receipt of fewer entries than there are now', () => ({ receipt: ofFirst(4), ...changed((all) => all) })],
  [
    'blank lines, and line ends of another system',
    () => withEntries(` \t\n${ndjson(entries).replaceAll('\n', '\r\n \r\n')}\n\n`),
  ],
  ['a last line without an end', () => withEntries(ndjson(entries).trimEnd())],
  ['characters in a string that end a line elsewhere', () => beside(other(',"a":"\u2028\u2029\u0085"'))],
  ['names that are spelt by escapes', () => withEntries(ndjson(entries).replaceAll('"type"', '"\\u0074ype"'))],
  ['numbers that are spelt otherwise', () => withEntries(ndjson(entries).replaceAll('"v":2', '"v":0.2e1'))],
  ['numbers beyond all that a double can be', () => beside(other(`,"a":[1e400,-1e400,1${'0'.repeat(5000)}]`))],
  ['a member called `__proto__`', () => beside(other(',"__proto__":{"id":1}'))],
  ['a record as deep as is read', () => beside(nested(64))],
  [
    'keys of other kinds beside that of the notary',
    () =>
      keys(
        jwkOf(generateKeyPairSync('rsa', { modulusLength: 2048 })),
        { ...jwkOf(generateKeyPairSync('ed25519')), kid: 'ed', hotwork_use: 'notary' },
        { ...jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-384' })), kid: 'p-384', hotwork_use: 'notary' },
        { ...stranger().jwk, kid: undefined },
        { ...stranger().jwk, x: log.jwk['y'], y: log.jwk['x'] },
        { ...stranger().jwk, kid: 'short', x: 'AQ' },
        { ...stranger().jwk, kid: 'padded', x: `${log.jwk['x']}=` },
        { ...stranger().jwk, kid: 'octets', kty: 'oct' },
        { kid: 'nothing' },
        log.jwk,
      ),
  ],
  ['a JWKS that was made by hand, and marks no key', () => keys({ ...log.jwk, hotwork_use: undefined })],
  ['a receipt of a grant that was used a great many times', () => receipt({ uses: manyUses() })],
  ['an issuer with a path', () => receipt({ iss: `${log.issuer}/desk` })],
  ['a checkpoint with a line more', () => noted((text) => `${text}extension 1\n`)],
  ['a checkpoint that a witness signed too', () => noted((text) => text, signatureBy(stranger(), 'witness.example/w'))],
  [
    'a checkpoint with a signature of the same name by an unknown key',
    () => noted((text) => text, signatureBy(stranger())),
  ],
]

const refused: readonly Case[] = [
  ['a bit of the header', () => flipped(7), 'signature'],
  ['a bit of the claims', () => flipped(300), 'signature'],
  ['a bit of the signature', () => flipped(-40), 'signature'],
  ['the last bits of the signature, which mean nothing', () => flipped(-1), 'signature'],
  ['another key', () => ({ receipt: receiptOf(stranger(), id, entries) }), 'signature'],
  ['another kind of token', () => ({ receipt: log.sign(claims(), { typ: 'at+jwt' }) }), 'signature'],
  ['no signature', () => ({ receipt: log.sign(claims(), { alg: 'none' }) }), 'signature'],
  ['a header with a member more', () => ({ receipt: log.sign(claims(), { crit: ['b64'], b64: false }) }), 'signature'],
  [
    'a header with two members of one name',
    () => ({ receipt: log.signText(JSON.stringify(claims()), header().replace('{', '{"kid":"a",')) }),
    'signature',
  ],
  ['a part more', () => ({ receipt: `${log.sign(claims())}.AA` }), 'signature'],
  ['a key that signs tokens', () => ({ ...keys({ ...log.jwk, hotwork_use: undefined }, stranger().jwk) }), 'signature'],
  ['a receipt with a blank line', () => ({ receipt: `${log.sign(claims())}\n\n` }), 'file'],
  ['entries in the place of a receipt', () => ({ receipt: ndjson(entries) }), 'file'],
  [
    'entries in the place of a receipt, and beside it',
    () => ({ receipt: ndjson(entries), ...changed((all) => all) }),
    'file',
  ],
  ['an answer of the API in the place of a receipt', () => ({ receipt: JSON.stringify({ entries }) }), 'file'],
  ['a checkpoint in the place of a receipt', () => ({ receipt: log.checkpoint() }), 'file'],
  ['a receipt that begins with a byte order mark', () => ({ receipt: `\ufeff${log.sign(claims())}` }), 'file'],
  [
    'claims with two members of one name',
    () => ({ receipt: log.signText(JSON.stringify(claims()).replace('{', '{"tier":0,'), header()) }),
    'claims',
  ],
  [
    'claims with two members of one name, deep in them',
    () => ({
      receipt: log.signText(JSON.stringify(claims()).replace('"resource":{', '"resource":{"id":"x",'), header()),
    }),
    'claims',
  ],
  ['claims that are a list', () => ({ receipt: log.signText('[]', header()) }), 'claims'],
  ['a claim more', () => receipt({ note: 'ok' }), 'claims'],
  ['a claim fewer', () => receipt({ outcome: undefined }), 'claims'],
  ['a number of entries in words', () => receipt({ entries: `${entries.length}` }), 'claims'],
  ['a number of entries that is none', () => receipt({ entries: true }), 'claims'],
  ['half an entry', () => receipt({ entries: 5.5 }), 'claims'],
  ['a subject that is no request', () => receipt({ sub: 'agent:remediator' }), 'claims'],
  ['a time to come', () => receipt({ iat: now() + 3600 }), 'time'],
  ['another issuer', () => receipt({ iss: 'https://other.example' }), 'checkpoint'],
  ...['https://user@', 'https://user:secret@', 'HTTPS://', 'https:\\\\', 'ftp://', ' https://', 'https:'].map(
    (before): Case => [
      `an issuer that is spelt otherwise, beginning with ${before}`,
      () => receipt({ iss: before + new URL(log.issuer).host }),
      'checkpoint',
    ],
  ),
  ...[':443', '?', '#', '\\', '/\n', '/a b', '\t', '.'].map(
    (behind): Case => [
      `an issuer that is spelt otherwise, ending in ${JSON.stringify(behind)}`,
      () => receipt({ iss: log.issuer + behind }),
      'checkpoint',
    ],
  ),
  [
    'an issuer in upper case',
    () => receipt({ iss: `https://${new URL(log.issuer).host.toUpperCase()}` }),
    'checkpoint',
  ],
  [
    'a checkpoint with a signature that is a name of a key alone',
    () => noted((text) => text, '— witness.example/w AAAAAA==\n'),
    'checkpoint',
  ],
  ['a header whose `kid` acts on a terminal', () => ({ receipt: log.sign(claims(), { kid: acting }) }), 'signature'],
  ['a checkpoint by another key', () => receipt({ checkpoint: stranger().checkpoint() }), 'checkpoint'],
  ['a tree of one more', () => receipt({ tree_size: claims().tree_size + 1 }), 'checkpoint'],
  ['a size that is spelt otherwise', () => noted((text) => text.replace(/\n(\d+)\n/, '\n0$1\n')), 'checkpoint'],
  ['a root that is spelt otherwise', () => noted(respelt), 'checkpoint'],
  ['a root of another length', () => noted((text) => text.replace(/[^\n]+\n$/, 'AAAA\n')), 'checkpoint'],
  ['a checkpoint with a blank line in it', () => noted((text) => `${text}\nextension\n`), 'checkpoint'],
  ['a checkpoint with a control character', () => noted((text) => `${text}a\tb\n`), 'checkpoint'],
  ['a checkpoint without a line end', () => receipt({ checkpoint: log.checkpoint().trimEnd() }), 'checkpoint'],
  ['a checkpoint with a line that is no signature', () => noted((text) => text, 'no signature\n'), 'checkpoint'],
  [
    'a signature of a checkpoint that is spelt otherwise',
    () => receipt({ checkpoint: respelt(padded()) }),
    'checkpoint',
  ],
  [
    'a good signature of a checkpoint beside a bad one of the same key',
    () => noted((text) => text, `${log.note('other\n').split('\n\n')[1]}`),
    'checkpoint',
  ],
  ['a leaf one further', () => receipt({ leaf_index: claims().leaf_index + 1 }), 'inclusion'],
  ['a path too short', () => receipt({ inclusion: claims().inclusion.slice(1) }), 'inclusion'],
  ['a path too long', () => receipt({ inclusion: [...claims().inclusion, claims().head.slice(8)] }), 'inclusion'],
  ['another last entry', () => receipt({ entries: 2 }), 'inclusion'],

  ['a JWKS with one `kid` of two keys', () => keys(log.jwk, { ...stranger().jwk, kid: log.jwk.kid }), 'file'],
  [
    'a JWKS with one `kid` of two keys, the other way round',
    () => keys({ ...stranger().jwk, kid: log.jwk.kid }, log.jwk),
    'file',
  ],
  ['a JWKS with one key twice', () => keys(log.jwk, log.jwk), 'file'],
  [
    'a JWKS with the `kid` of a key that signs tokens',
    () => keys({ ...stranger().jwk, kid: log.jwk.kid, hotwork_use: undefined }, log.jwk),
    'file',
  ],
  ['a JWKS with two members of one name', () => ({ jwks: `{"keys":[],"keys":[${JSON.stringify(log.jwk)}]}` }), 'file'],
  [
    'a JWKS with two members of one name in a key',
    () => ({ jwks: `{"keys":[{"kid":"a",${JSON.stringify(log.jwk).slice(1)}]}` }),
    'file',
  ],
  ['a `kid` that is a number', () => keys({ ...stranger().jwk, kid: 7 }, log.jwk), 'file'],
  ['keys that are no list', () => ({ jwks: { keys: {} } }), 'file'],
  ['a key that is not an object', () => ({ jwks: { keys: ['key', log.jwk] } }), 'file'],
  ['a JWKS that is no JSON', () => ({ jwks: 'keys' }), 'file'],
  ['a JWKS without the key', () => keys(), 'signature'],
  [
    'a notary of another kind, and the key unmarked',
    () =>
      keys(
        { ...jwkOf(generateKeyPairSync('ed25519')), kid: 'ed', hotwork_use: 'notary' },
        { ...log.jwk, hotwork_use: undefined },
      ),
    'signature',
  ],

  [
    'an entry that was altered',
    () => changed((all) => all.map((each, at) => (at === 2 ? { ...each, at: '2026-01-01T00:00:00Z' } : each))),
    'entries',
  ],
  ['an entry that is missing', () => changed((all) => all.filter((_, at) => at !== 2)), 'entries'],
  ['entries that were cut at the end', () => changed((all) => all.slice(0, 2)), 'entries'],
  ['entries in another order', () => changed(([one, two, ...rest]) => [two, one, ...rest]), 'entries'],
  ['an entry that stands twice', () => changed((all) => [...all, all[2]]), 'entries'],
  ['no entry of the request', () => withEntries(`${other()}\n`), 'entries'],
  [
    'a forged entry behind the last',
    () => changed((all) => [...all, { ...last(), id: `${id}/${all.length + 1}`, previous: last().hash }]),
    'entries',
  ],
  ['an entry behind a gap', () => changed((all) => [...all, { ...last(), id: `${id}/${all.length + 2}` }]), 'entries'],
  [
    'an entry with a number that no array has',
    () => changed((all) => [...all, { ...last(), id: `${id}/9007199254740991` }]),
    'entries',
  ],
  [
    'an entry whose number is spelt otherwise',
    () => changed((all) => [...all, { ...all[0], id: `${id}/01` }]),
    'entries',
  ],
  ['an entry whose number is none', () => changed((all) => [{ ...all[0], id: `${id}/one` }, ...all]), 'entries'],
  [
    'a later entry of a receipt that was altered',
    () => ({
      receipt: ofFirst(4),
      ...changed((all) => [...all.slice(0, -1), { ...last(), bundle: 'x' }]),
    }),
    'entries',
  ],

  [
    'an entry with two members of one name',
    () => withEntries(ndjson(entries).replace('{', '{"type":"Denied",')),
    'file',
  ],
  [
    'an entry with two members of one name, by escapes',
    () => withEntries(ndjson(entries).replace('{', '{"\\u0074ype":"Denied",')),
    'file',
  ],
  [
    'two members of one name, deep in an entry',
    () => withEntries(ndjson(entries).replace('"facts":{', '"facts":{"a":[{"b":1,"b":1}],')),
    'file',
  ],
  ['another record with two members of one name', () => beside(other(',"id":"agent:remediator/1"')), 'file'],
  ['a number that is none', () => beside(other(',"a":NaN')), 'file'],
  ['an infinity', () => beside(other(',"a":-Infinity')), 'file'],
  ['a comma at the end', () => beside(other(',"a":[1,]')), 'file'],
  ['a string that is not closed', () => beside('"\\"\\"'), 'file'],
  ['a control character in a string', () => beside(other(',"a":"\u0001"')), 'file'],
  ['two entries in one line', () => withEntries(ndjson(entries).replace('\n', ' ')), 'file'],
  ['entries that a line separator parts', () => withEntries(ndjson(entries).replace('\n', '\u2028')), 'file'],
  ['entries that a carriage return parts', () => withEntries(ndjson(entries).replace('\n', '\r')), 'file'],
  ['a blank line of other spaces', () => beside('\u00a0'), 'file'],
  ['a byte order mark', () => withEntries(`\ufeff${ndjson(entries)}`), 'file'],
  [
    'bytes that are no UTF-8',
    () =>
      withEntries(
        Buffer.concat([
          Buffer.from(other(',"a":"').slice(0, -1)),
          Buffer.from([0xff]),
          Buffer.from(`"}\n${ndjson(entries)}`),
        ]),
      ),
    'file',
  ],
  ['a record that is deeper than is read', () => beside(nested(65)), 'file'],
  ['a record that is much deeper', () => beside(nested(100_000)), 'file'],
  ['a line that is a list', () => beside('[]'), 'file'],
  ['a line that is a word', () => beside('"entry"'), 'file'],
  ['a record without a hash', () => beside('{"id":"agent:remediator/1","previous":null}'), 'file'],
  ['a record without the hash before', () => beside('{"id":"agent:remediator/1","hash":"h"}'), 'file'],
  [
    'a record whose hash before is a number',
    () => beside('{"id":"agent:remediator/1","hash":"h","previous":0}'),
    'file',
  ],
  ['a record without a name', () => beside('{"id":"","hash":"h","previous":null}'), 'file'],
  ['no entries', () => withEntries(''), 'file'],
  ['blank lines alone', () => withEntries('\n \n'), 'file'],
  ['a line with all entries in a member', () => withEntries(other(`,"entries":${JSON.stringify(entries)}`)), 'entries'],
]

/** A checkpoint whose signature ends in padding: its length is not the same each time. */
function padded(): string {
  for (;;) {
    const checkpoint = log.checkpoint()
    if (checkpoint.endsWith('=\n')) return checkpoint
  }
}

const cases = [...holding, ...refused]
const ours = new Map<string, Step | undefined>()
let theirs = new Map<string, string>()

beforeAll(async () => {
  const python = await ensurePythonEnvironment({
    directory: join(stored, 'python-receipt'),
    logFile: join(stored, 'python-receipt.log'),
    requirements: join(example, 'requirements.txt'),
    progress: (_name, work) => work(() => {}),
  })
  // Its clock cannot be set.
  const world = new World()
  world.clock.advance(now() - world.clock.now() - 60)
  ;({ log, id, entries } = await anchored(world))
  const typed: { [what: string]: string[] } = {}
  for (const [what, files] of cases) {
    const words = put(what, files())
    typed[what] = words
    ours.set(what, await stepOf(words))
  }
  theirs = await runEach(python, typed)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** @returns the typed words behind the program's name */
function put(what: string, { receipt: jws, jwks = { keys: [log.jwk] }, entries: all }: Files): string[] {
  const place = join(folder, `${cases.findIndex(([name]) => name === what)}`)
  mkdirSync(place, { recursive: true })
  const file = (name: string, content: string | Buffer) => {
    writeFileSync(join(place, name), content)
    return join(place, name)
  }
  return [
    ...[file('receipt.jwt', jws ?? `${log.sign(claims())}\n`)],
    ...['--keys', file('jwks.json', typeof jwks === 'string' ? jwks : JSON.stringify(jwks))],
    ...(all === undefined ? [] : ['--entries', file('entries.ndjson', all)]),
  ]
}

/** The first finding of `hotwork verify` that fails. */
async function stepOf(words: readonly string[]): Promise<Step | undefined> {
  const terminal = new Terminal({})
  const { exit, body } = await terminal.json('verify', ...words)
  terminal.close()
  if (exit === 0) return undefined
  if (exit === 2) return 'file'
  expect(exit).toBe(4)
  const findings = body.files.at(-1).findings as { check: Step; holds: boolean }[]
  return findings.find(({ holds }) => !holds)?.check
}

/** All of them in one process, since loading its libraries takes most of its time. */
async function runEach(python: string, typed: { [what: string]: string[] }): Promise<Map<string, string>> {
  const driver = `
import contextlib, io, json, runpy, sys
told = {}
for what, words in json.load(sys.stdin).items():
    sys.argv, out = ["verify.py", *words], io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            runpy.run_path(${JSON.stringify(join(example, 'verify.py'))}, run_name="__main__")
        told[what] = out.getvalue()
    except SystemExit as ended:
        told[what] = str(ended.code)
json.dump(told, sys.stdout)`
  const child = spawn(python, ['-c', driver], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(typed))
  return new Map(Object.entries(JSON.parse(await text(child.stdout)) as { [what: string]: string }))
}

const stepIn = (printed = '') => /^WRONG {2}(\w+): ./.exec(printed)?.[1]

test("a text that a file's author chose reaches no terminal as it is", () => {
  const printed = theirs.get('a header whose `kid` acts on a terminal') ?? ''
  expect(printed).toMatch(/^[ -~]+$/)
  expect(printed).toContain('\\x1b[1A')
})

test('the Python program is under two hundred lines', () => {
  expect(readFileSync(join(example, 'verify.py'), 'utf8').split('\n').length).toBeLessThan(201)
})

test('each case has a name of its own', () => {
  expect(new Set(cases.map(([what]) => what)).size).toBe(cases.length)
})

test.each(holding.map(([what]) => what))('both verifiers say that it holds: %s', (what) => {
  expect({ ours: ours.get(what), theirs: stepIn(theirs.get(what)), printed: theirs.get(what) }).toEqual({
    ours: undefined,
    theirs: undefined,
    printed: expect.stringMatching(
      new RegExp(`^holds  signature\nholds  claims\n[^]*\n${id} \\w+ ssm:PutParameter .*\n$`),
    ),
  })
})

test.each(refused.map(([what, , step]) => [what, step] as const))(
  'both verifiers refuse at the same step: %s',
  (what, step) => {
    expect({ ours: ours.get(what), theirs: stepIn(theirs.get(what)) ?? theirs.get(what) }).toEqual({
      ours: step,
      theirs: step,
    })
  },
)
