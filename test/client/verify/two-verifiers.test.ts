import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Entry } from '../../../functions/domain/ledger/ledger.ts'
import type { RequestId } from '../../../functions/domain/values.ts'
import { ensurePythonEnvironment } from '../../../local/python-environment.ts'
import { PlainLog } from '../../support/anchor/plain-log.ts'
import { anchored, claimsOf, receiptOf } from '../../support/anchor/receipts.ts'
import { World } from '../../support/world.ts'
import { ran } from '../support/ran.ts'
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
type Row = readonly [what: string, files: () => Files]

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
/** Our entries, with another text in place of the first of its kind. */
const replaced = (from: string, to: string) => withEntries(ndjson(entries).replace(from, to))
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

const holding: readonly Row[] = [
  ['a receipt', () => ({})],
  ['a receipt without a line end', () => ({ receipt: log.sign(claims()) })],
  ['a receipt with the line end of another system', () => ({ receipt: `${log.sign(claims())}\r\n` })],
  ['entries, among those of another record', () => beside(other())],
  ['a receipt of fewer entries than there are now', () => ({ receipt: ofFirst(4), ...changed((all) => all) })],
  ['blank lines, and CRLF', () => withEntries(` \t\n${ndjson(entries).replaceAll('\n', '\r\n \r\n')}\n\n`)],
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
  ['a checkpoint signed in its name by an unknown key', () => noted((text) => text, signatureBy(stranger()))],
]

const refused: { readonly [step in Step]: readonly Row[] } = {
  file: [
    ['a receipt with a blank line', () => ({ receipt: `${log.sign(claims())}\n\n` })],
    ['entries in the place of a receipt', () => ({ receipt: ndjson(entries) })],
    ['entries in place of a receipt, and beside it', () => ({ receipt: ndjson(entries), ...changed((all) => all) })],
    ['an answer of the API in the place of a receipt', () => ({ receipt: JSON.stringify({ entries }) })],
    ['a checkpoint in the place of a receipt', () => ({ receipt: log.checkpoint() })],
    ['a receipt that begins with a byte order mark', () => ({ receipt: `\ufeff${log.sign(claims())}` })],
    ['a JWKS with one `kid` of two keys', () => keys(log.jwk, { ...stranger().jwk, kid: log.jwk.kid })],
    ['a JWKS with one `kid` of two keys, reversed', () => keys({ ...stranger().jwk, kid: log.jwk.kid }, log.jwk)],
    ['a JWKS with one key twice', () => keys(log.jwk, log.jwk)],
    [
      'a JWKS with the `kid` of a key that signs tokens',
      () => keys({ ...stranger().jwk, kid: log.jwk.kid, hotwork_use: undefined }, log.jwk),
    ],
    ['a JWKS with two members of one name', () => ({ jwks: `{"keys":[],"keys":[${JSON.stringify(log.jwk)}]}` })],
    ['a JWKS key with one member twice', () => ({ jwks: `{"keys":[{"kid":"a",${JSON.stringify(log.jwk).slice(1)}]}` })],
    ['a `kid` that is a number', () => keys({ ...stranger().jwk, kid: 7 }, log.jwk)],
    ['keys that are no list', () => ({ jwks: { keys: {} } })],
    ['a key that is no object', () => ({ jwks: { keys: ['key', log.jwk] } })],
    ['a JWKS that is no JSON', () => ({ jwks: 'keys' })],
    ['an entry with two members of one name', () => replaced('{', '{"type":"Denied",')],
    ['an entry with two members of one name, by escapes', () => replaced('{', '{"\\u0074ype":"Denied",')],
    ['two members of one name, deep in an entry', () => replaced('"facts":{', '"facts":{"a":[{"b":1,"b":1}],')],
    ['another record with two members of one name', () => beside(other(',"id":"agent:remediator/1"'))],
    ['a number that is none', () => beside(other(',"a":NaN'))],
    ['an infinity', () => beside(other(',"a":-Infinity'))],
    ['a comma at the end', () => beside(other(',"a":[1,]'))],
    ['a string that is not closed', () => beside('"\\"\\"')],
    ['a control character in a string', () => beside(other(',"a":"\u0001"'))],
    ['two entries in one line', () => replaced('\n', ' ')],
    ['entries that a line separator parts', () => replaced('\n', '\u2028')],
    ['entries that a carriage return parts', () => replaced('\n', '\r')],
    ['a blank line of other spaces', () => beside('\u00a0')],
    ['a byte order mark', () => withEntries(`\ufeff${ndjson(entries)}`)],
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
    ],
    ['a record that is deeper than is read', () => beside(nested(65))],
    ['a record that is much deeper', () => beside(nested(100_000))],
    ['a line that is a list', () => beside('[]')],
    ['a line that is a word', () => beside('"entry"')],
    ['a record without a hash', () => beside('{"id":"agent:remediator/1","previous":null}')],
    ['a record without the hash before', () => beside('{"id":"agent:remediator/1","hash":"h"}')],
    ['a record whose hash before is a number', () => beside('{"id":"agent:remediator/1","hash":"h","previous":0}')],
    ['a record without a name', () => beside('{"id":"","hash":"h","previous":null}')],
    ['no entries', () => withEntries('')],
    ['blank lines alone', () => withEntries('\n \n')],
  ],
  signature: [
    ['a bit of the header', () => flipped(7)],
    ['a bit of the claims', () => flipped(300)],
    ['a bit of the signature', () => flipped(-40)],
    ['the last bits of the signature, which mean nothing', () => flipped(-1)],
    ['another key', () => ({ receipt: receiptOf(stranger(), id, entries) })],
    ['another kind of token', () => ({ receipt: log.sign(claims(), { typ: 'at+jwt' }) })],
    ['no signature', () => ({ receipt: log.sign(claims(), { alg: 'none' }) })],
    ['a header with a member more', () => ({ receipt: log.sign(claims(), { crit: ['b64'], b64: false }) })],
    [
      'a header with two members of one name',
      () => ({ receipt: log.signText(JSON.stringify(claims()), header().replace('{', '{"kid":"a",')) }),
    ],
    ['a part more', () => ({ receipt: `${log.sign(claims())}.AA` })],
    ['a key that signs tokens', () => ({ ...keys({ ...log.jwk, hotwork_use: undefined }, stranger().jwk) })],
    ['a header whose `kid` acts on a terminal', () => ({ receipt: log.sign(claims(), { kid: acting }) })],
    ['a JWKS without the key', () => keys()],
    [
      'a notary of another kind, and the key unmarked',
      () =>
        keys(
          { ...jwkOf(generateKeyPairSync('ed25519')), kid: 'ed', hotwork_use: 'notary' },
          { ...log.jwk, hotwork_use: undefined },
        ),
    ],
  ],
  claims: [
    [
      'claims with two members of one name',
      () => ({ receipt: log.signText(JSON.stringify(claims()).replace('{', '{"tier":0,'), header()) }),
    ],
    [
      'claims with two members of one name, deep in them',
      () => ({
        receipt: log.signText(JSON.stringify(claims()).replace('"resource":{', '"resource":{"id":"x",'), header()),
      }),
    ],
    ['claims that are a list', () => ({ receipt: log.signText('[]', header()) })],
    ['a claim more', () => receipt({ note: 'ok' })],
    ['a claim fewer', () => receipt({ outcome: undefined })],
    ['a number of entries in words', () => receipt({ entries: `${entries.length}` })],
    ['a number of entries that is none', () => receipt({ entries: true })],
    ['half an entry', () => receipt({ entries: 5.5 })],
    ['a subject that is no request', () => receipt({ sub: 'agent:remediator' })],
  ],
  time: [['a time to come', () => receipt({ iat: now() + 3600 })]],
  checkpoint: [
    ['another issuer', () => receipt({ iss: 'https://other.example' })],
    ...['https://user@', 'https://user:secret@', 'HTTPS://', 'https:\\\\', 'ftp://', ' https://', 'https:'].map(
      (before): Row => [
        `an issuer that is spelt otherwise, beginning with ${before}`,
        () => receipt({ iss: before + new URL(log.issuer).host }),
      ],
    ),
    ...[':443', '?', '#', '\\', '/\n', '/a b', '\t', '.'].map(
      (behind): Row => [
        `an issuer that is spelt otherwise, ending in ${JSON.stringify(behind)}`,
        () => receipt({ iss: log.issuer + behind }),
      ],
    ),
    ['an issuer in upper case', () => receipt({ iss: `https://${new URL(log.issuer).host.toUpperCase()}` })],
    ['a checkpoint whose signature is a key name', () => noted((text) => text, '— witness.example/w AAAAAA==\n')],
    ['a checkpoint by another key', () => receipt({ checkpoint: stranger().checkpoint() })],
    ['a tree of one more', () => receipt({ tree_size: claims().tree_size + 1 })],
    ['a size that is spelt otherwise', () => noted((text) => text.replace(/\n(\d+)\n/, '\n0$1\n'))],
    ['a root that is spelt otherwise', () => noted(respelt)],
    ['a root of another length', () => noted((text) => text.replace(/[^\n]+\n$/, 'AAAA\n'))],
    ['a checkpoint with a blank line in it', () => noted((text) => `${text}\nextension\n`)],
    ['a checkpoint with a control character', () => noted((text) => `${text}a\tb\n`)],
    ['a checkpoint without a line end', () => receipt({ checkpoint: log.checkpoint().trimEnd() })],
    ['a checkpoint with a line that is no signature', () => noted((text) => text, 'no signature\n')],
    ['a signature of a checkpoint that is spelt otherwise', () => receipt({ checkpoint: respelt(padded()) })],
    [
      'a good signature of a checkpoint beside a bad one of the same key',
      () => noted((text) => text, `${log.note('other\n').split('\n\n')[1]}`),
    ],
    ["another log's checkpoint", () => receipt({ checkpoint: log.checkpoint(undefined, 'other.example/hotwork') })],
    ['a checkpoint of a smaller tree', () => receipt({ checkpoint: log.checkpoint(3) })],
    ['a text in place of a checkpoint', () => receipt({ checkpoint: 'none' })],
  ],
  inclusion: [
    ['a leaf one further', () => receipt({ leaf_index: claims().leaf_index + 1 })],
    ['a path too short', () => receipt({ inclusion: claims().inclusion.slice(1) })],
    ['a path too long', () => receipt({ inclusion: [...claims().inclusion, claims().head.slice(8)] })],
    ['another last entry', () => receipt({ entries: 2 })],
    ['a leaf one before', () => receipt({ leaf_index: claims().leaf_index - 1 })],
    ['a leaf outside', () => receipt({ leaf_index: claims().tree_size })],
    ['another hash', () => receipt({ head: `sha-256:${'x'.repeat(43)}` })],
  ],
  entries: [
    [
      'an entry that was altered',
      () => changed((all) => all.map((each, at) => (at === 2 ? { ...each, at: '2026-01-01T00:00:00Z' } : each))),
    ],
    ['an entry that is missing', () => changed((all) => all.filter((_, at) => at !== 2))],
    ['entries that were cut at the end', () => changed((all) => all.slice(0, 2))],
    ['entries in another order', () => changed(([one, two, ...rest]) => [two, one, ...rest])],
    ['an entry that stands twice', () => changed((all) => [...all, all[2]])],
    ['no entry of the request', () => withEntries(`${other()}\n`)],
    [
      'a forged entry behind the last',
      () => changed((all) => [...all, { ...last(), id: `${id}/${all.length + 1}`, previous: last().hash }]),
    ],
    ['an entry behind a gap', () => changed((all) => [...all, { ...last(), id: `${id}/${all.length + 2}` }])],
    ['an entry of an unsafe number', () => changed((all) => [...all, { ...last(), id: `${id}/9007199254740991` }])],
    ['an entry whose number is spelt otherwise', () => changed((all) => [...all, { ...all[0], id: `${id}/01` }])],
    ['an entry whose number is none', () => changed((all) => [{ ...all[0], id: `${id}/one` }, ...all])],
    [
      'a later entry of a receipt that was altered',
      () => ({ receipt: ofFirst(4), ...changed((all) => [...all.slice(0, -1), { ...last(), bundle: 'x' }]) }),
    ],
    ['a line with all entries in a member', () => withEntries(other(`,"entries":${JSON.stringify(entries)}`))],
  ],
}

/** A checkpoint whose signature ends in padding: its length is not the same each time. */
function padded(): string {
  for (;;) {
    const checkpoint = log.checkpoint()
    if (checkpoint.endsWith('=\n')) return checkpoint
  }
}

const cases = [...holding, ...Object.values(refused).flat()]
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
  const { out } = await ran(python, ['-c', driver], { input: JSON.stringify(typed) })
  return new Map(Object.entries(JSON.parse(out) as { [what: string]: string }))
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

const refusals = Object.entries(refused).flatMap(([step, rows]) => rows.map(([what]) => [what, step] as const))
test.each(refusals)('both verifiers refuse at the same step: %s', (what, step) => {
  expect({ ours: ours.get(what), theirs: stepIn(theirs.get(what)) ?? theirs.get(what) }).toEqual({
    ours: step,
    theirs: step,
  })
})
