import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readKeys } from '../../../client/verify/keys.ts'
import { foundIn } from '../../../client/verify/read-file.ts'
import { checkReceipt } from '../../../client/verify/receipt.ts'
import { flawsOfChains } from '../../../functions/domain/anchor/check-entries.ts'
import { chainEntries, contextOf, type Entry, eventOf, noEntries } from '../../../functions/domain/ledger/ledger.ts'
import type { RequestId } from '../../../functions/domain/values.ts'
import { filesOf, writeFolder } from '../../support/anchor/log-folder.ts'
import { PlainLog, p256 } from '../../support/anchor/plain-log.ts'
import { anchored, claimsOf, receiptOf } from '../../support/anchor/receipts.ts'
import { start, type World } from '../../support/world.ts'
import { Terminal } from '../support/terminal.ts'

/** `hotwork verify` of a receipt: each check that holds or fails, by its name. It works without a network. */

let world: World
let log: PlainLog
let id: RequestId
let entries: readonly Entry[]
let terminal: Terminal

beforeAll(async () => {
  ;({ world, log, id, entries } = await anchored())
})
beforeEach(() => {
  terminal = new Terminal({})
  terminal.now = () => new Date((start + 3600) * 1000)
  put('jwks.json', JSON.stringify({ keys: [log.jwk] }))
})
afterEach(() => terminal.close())

const put = (name: string, text: string | Buffer) => writeFileSync(join(terminal.home, name), text)
const ndjson = (all: readonly object[]) => all.map((each) => `${JSON.stringify(each)}\n`).join('')

async function verified(jws: string, ...more: string[]) {
  put('receipt.jwt', jws)
  const ran = await terminal.json('verify', 'receipt.jwt', '--keys', 'jwks.json', ...more)
  const findings = ran.body.files?.at(-1).findings as { check: string; holds: boolean; words: string; entry?: string }[]
  return { ...ran, wrong: findings?.filter((each) => !each.holds), findings }
}

test('a receipt holds by its signature, its checkpoint and its place in the tree, in any tree that has its entry', async () => {
  for (let size = log.indexOf(`${id}/${entries.length}`) + 1; size <= log.leaves.length; size++) {
    const jws = receiptOf(log, id, entries, log.proof(`${id}/${entries.length}`, size))
    const { exit, findings } = await verified(`${jws}\n`)
    expect([exit, findings.map(({ check }) => check)]).toEqual([0, ['signature', 'time', 'checkpoint', 'inclusion']])
  }
})

test('a receipt with entries is compared with each of them, and with their outcome', async () => {
  put('entries.ndjson', ndjson([{ ...entries[0], id: 'agent:remediator/1' }, ...entries]))
  const { exit, findings } = await verified(receiptOf(log, id, entries), '--entries', 'entries.ndjson')
  expect([exit, findings.map(({ check }) => check)]).toEqual([
    0,
    ['signature', 'time', 'checkpoint', 'inclusion', 'entries', 'claims'],
  ])
})

test('a file that is not a receipt does not hold where keys or entries are named', async () => {
  put('receipt.jwt', receiptOf(log, id, entries))
  put('checkpoint', log.checkpoint())
  put('named.jwt', log.checkpoint())
  put('entries.ndjson', ndjson(entries))
  const others = entries.map((each) => ({ ...each, id: each.id.replace(id, 'agent:remediator') }))
  put('others.ndjson', ndjson(others))
  put('answer.json', JSON.stringify({ entries }))
  const keys = ['--keys', 'jwks.json']
  const own = ['--entries', 'entries.ndjson']
  const exitOf = async (...words: string[]) => (await terminal.json('verify', ...words)).exit
  put('empty.json', '{"entries":[]}')
  for (const file of ['entries.ndjson', 'answer.json', 'named.jwt', 'empty.json'])
    for (const more of [keys, [...keys, ...own]]) {
      const { exit, body } = await terminal.json('verify', file, ...more)
      expect([exit, body.holds, body.files.at(-1).findings]).toEqual([
        4,
        false,
        [{ check: 'file', holds: false, words: expect.stringContaining('it is not a receipt') }],
      ])
    }
  expect(await exitOf('entries.ndjson', ...own)).toBe(4)
  expect(await exitOf('receipt.jwt', 'others.ndjson', ...keys)).toBe(4)
  // A log may vouch for its entries; it makes neither nothing nor a checkpoint a receipt.
  writeFolder(join(terminal.home, 'log'), filesOf(log))
  for (const file of ['empty.json', 'named.jwt'])
    expect([file, await exitOf(file, ...keys, '--log', 'log')]).toEqual([file, 4])
  expect(await exitOf('entries.ndjson', ...keys, '--log', 'log', '--part')).toBe(0)
  // As the timeline of a request says it, and as it was.
  expect(await exitOf('answer.json', 'receipt.jwt', ...keys)).toBe(0)
  expect(await exitOf('checkpoint', ...keys)).toBe(0)
  expect(await exitOf('entries.ndjson')).toBe(0)
})

test('`verify` prints the receipt in words, and that all of it holds', async () => {
  put('receipt.jwt', receiptOf(log, id, entries))
  const { exit, out, err } = await terminal.type('verify', 'receipt.jwt', '--keys', 'jwks.json')
  expect([exit, err]).toEqual([0, ''])
  expect(out).toContain(`receipt.jwt: a receipt of ${id}`)
  expect(out).toContain('  holds  inclusion ')
  expect(out).toContain('it says: person:ana approved as owner at 2027-01-15T08:00:00Z')
  expect(out).toMatch(/everything is valid\n$/)
})

test('a receipt of an earlier state holds: the request went on', async () => {
  const before = entries.slice(0, 4)
  put('entries.json', JSON.stringify({ entries }))
  const { exit, findings } = await verified(receiptOf(log, id, before), '--entries', 'entries.json')
  const later = `${entries.length - 4} later entries go on from them, and no receipt signs those`
  expect([exit, findings.at(-2)?.words]).toEqual([0, expect.stringContaining(later)])
})

const elsewhere = () => {
  const other = new PlainLog(log.issuer, p256())
  other.leaves.push(...log.leaves)
  return other
}

const changes: readonly [what: string, make: () => string, check: string, words: string][] = [
  ['a token of ours', () => log.sign(claims(), { typ: 'at+jwt' }), 'signature', '`typ`'],
  ['no signature', () => log.sign(claims(), { alg: 'none' }), 'signature', '`alg`'],
  ['a header that must be understood', () => log.sign(claims(), { crit: ['b64'], b64: false }), 'signature', '`crit`'],
  ['a key that the JWKS has not', () => log.sign(claims(), { kid: 'other' }), 'signature', 'another notary'],
  ['another issuer and its notary', () => receiptOf(elsewhere(), id, entries), 'signature', 'another notary'],
  ['an issuer besides the log', () => changed({ iss: 'https://other.example' }), 'checkpoint', 'other.example/hotwork'],
  [
    'the checkpoint of another log',
    () => changed({ checkpoint: log.checkpoint(undefined, 'other.example/hotwork') }),
    'checkpoint',
    'another log',
  ],
  [
    'a checkpoint by another key',
    () => changed({ checkpoint: elsewhere().checkpoint() }),
    'checkpoint',
    'not signed by a notary',
  ],
  ['a checkpoint of a smaller tree', () => changed({ checkpoint: log.checkpoint(3) }), 'checkpoint', '`tree_size`'],
  ['no checkpoint', () => changed({ checkpoint: 'none' }), 'checkpoint', 'not a signed note'],
  ['a tree of one more', () => changed({ tree_size: claims().tree_size + 1 }), 'checkpoint', '`tree_size`'],
  ['a leaf one further', () => changed({ leaf_index: claims().leaf_index + 1 }), 'inclusion', `${'req_'}`],
  ['a leaf one before', () => changed({ leaf_index: claims().leaf_index - 1 }), 'inclusion', 'is not entry'],
  ['a leaf outside', () => changed({ leaf_index: claims().tree_size }), 'inclusion', 'is not entry'],
  ['a path too short', () => changed({ inclusion: claims().inclusion.slice(1) }), 'inclusion', 'is not entry'],
  [
    'a path too long',
    () => changed({ inclusion: [...claims().inclusion, claims().inclusion[0]] }),
    'inclusion',
    'is not entry',
  ],
  ['another hash', () => changed({ head: `sha-256:${'x'.repeat(43)}` }), 'inclusion', 'is not entry'],
  ['one entry fewer', () => changed({ entries: entries.length - 1 }), 'inclusion', 'is not entry'],
  ['a time to come', () => changed({ iat: start + 2 * 3600 }), 'time', '3600 s from now'],
  ['a member more', () => changed({ note: 'ok' }), 'claims', 'members of a receipt'],
  ['a member fewer', () => changed({ outcome: undefined }), 'claims', '`outcome`'],
]
const claims = () => claimsOf(log, id, entries)
const changed = (change: object) => log.sign({ ...claims(), ...change })
test.each(changes)('a receipt with %s is refused with 4, and the fault is named', async (_what, make, check, words) => {
  const { exit, wrong } = await verified(make())
  expect(exit).toBe(4)
  expect(wrong).toContainEqual(expect.objectContaining({ check, words: expect.stringContaining(words) }))
})

test('a key that signs tokens is no notary', async () => {
  const issuer = elsewhere()
  const { hotwork_use: _, ...token } = issuer.jwk
  put('jwks.json', JSON.stringify({ keys: [token, log.jwk] }))
  const { exit, wrong } = await verified(receiptOf(issuer, id, entries))
  expect([exit, wrong[0]?.words, wrong[1]?.check]).toEqual([4, expect.stringContaining('signs tokens'), 'checkpoint'])
})

test('a JWKS that was made by hand, and marks no key, has the notary in it', async () => {
  const { hotwork_use: _, ...key } = log.jwk
  put('jwks.json', JSON.stringify({ keys: [key] }))
  expect(await verified(receiptOf(log, id, entries))).toMatchObject({ exit: 0 })
})

test('a receipt with any one bit flipped is refused', () => {
  const jws = Buffer.from(receiptOf(log, id, entries))
  const keys = readKeys(JSON.stringify({ keys: [log.jwk] }), '')
  const passed = [...jws.keys()].filter((at) => {
    const altered = Buffer.from(jws)
    altered[at] = (jws[at] as number) ^ (1 << ((at * 5) % 7))
    const found = foundIn(altered.toString())
    return found.kind === 'receipt' && checkReceipt(found.jws, keys, start).findings.every((each) => each.holds)
  })
  expect(passed).toEqual([])
})

describe("entries that differ from the receipt's", () => {
  /** Stands for the number of the last entry, which is not known yet. */
  const last = 0
  const altered = (at: number, change: object) =>
    entries.map((entry, index) => (index === at ? { ...entry, ...change } : entry))
  const cases: readonly [what: string, make: () => readonly object[], entry: number, words: string][] = [
    ['altered', () => altered(2, { actor: { type: 'person', id: 'person:chloe' } }), 3, 'was altered'],
    ['left out', () => entries.filter((_, at) => at !== 3), 4, 'is missing'],
    ['cut at the end', () => entries.slice(0, -1), last, 'is missing'],
    ['in another order', () => [entries[1], entries[0], ...entries.slice(2)] as Entry[], 1, 'stands after'],
    ['added', () => [...entries, entries[2]] as Entry[], 3, 'is there twice'],
  ]

  test.each(cases)('entries that are %s are named', async (_what, make, number, words) => {
    const sequence = number === last ? entries.length : number
    put('entries.ndjson', ndjson(make()))
    const { exit, wrong } = await verified(receiptOf(log, id, entries), '--entries', 'entries.ndjson')
    expect(exit).toBe(4)
    expect(wrong).toContainEqual(
      expect.objectContaining({ check: 'entries', entry: `${id}/${sequence}`, words: expect.stringContaining(words) }),
    )
    expect(wrong.every((each) => each.entry === `${id}/${sequence}`)).toBe(true)
  })

  test('a change of any byte of the entries is found', () => {
    const text = ndjson(entries)
    const whole = JSON.stringify(entries)
    const passed = [...text.slice(0, Math.ceil(text.length / 5))].flatMap((_, part) => {
      const at = part * 5
      const other = String.fromCharCode(text.charCodeAt(at) ^ (1 << ((at * 3) % 7)))
      const found = foundIn(text.slice(0, at) + other + text.slice(at + 1))
      const isSame = found.kind === 'entries' && JSON.stringify(found.entries) === whole
      return found.kind === 'entries' && !isSame && flawsOfChains(found.entries).length === 0 ? [at] : []
    })
    expect(passed).toEqual([])
  })

  test('a chain that was forged from one entry on, with valid hashes, is refused', async () => {
    const events = entries.flatMap((entry) => eventOf(entry) ?? [])
    const forged = events.map((event) => (event.type === 'Decided' ? { ...event, comment: 'I never looked' } : event))
    put('entries.ndjson', ndjson(chainEntries(id, noEntries, forged, contextOf(await world.state(id))).entries))
    const { exit, wrong } = await verified(receiptOf(log, id, entries), '--entries', 'entries.ndjson')
    expect([exit, wrong]).toEqual([
      4,
      [expect.objectContaining({ entry: `${id}/${entries.length}`, words: expect.stringContaining('was replaced') })],
    ])
  })

  test('a notary that signed other claims than the entries give is refused, and each member is named', async () => {
    put('entries.ndjson', ndjson(entries))
    const jws = receiptOf(log, id, entries, { status: 'denied', tier: 0 })
    const { exit, wrong } = await verified(jws, '--entries', 'entries.ndjson')
    expect([exit, wrong]).toEqual([
      4,
      [expect.objectContaining({ check: 'claims', words: expect.stringContaining('`status`, `tier`') })],
    ])
  })

  test("a file without any of the receipt's entries is refused", async () => {
    put('entries.ndjson', ndjson([{ ...entries[0], id: 'agent:remediator/1', previous: null }]))
    const { exit, wrong } = await verified(receiptOf(log, id, entries), '--entries', 'entries.ndjson')
    expect([exit, wrong.length]).toEqual([4, entries.length])
  })
})
