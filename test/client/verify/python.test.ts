import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Entry } from '../../../functions/domain/ledger/ledger.ts'
import type { RequestId } from '../../../functions/domain/values.ts'
import { ensurePythonEnvironment } from '../../../infra/local/python-environment.ts'
import { PlainLog } from '../../support/anchor/plain-log.ts'
import { anchored, claimsOf, receiptOf } from '../../support/anchor/receipts.ts'
import { World } from '../../support/world.ts'

/** The second verifier, by another author's libraries: it agrees with `hotwork verify` about what holds. */

const example = join(import.meta.dirname, '../../../examples/verify-receipt')
const stored = join(import.meta.dirname, '../../../.hotwork')
let python: string
let folder: string
let log: PlainLog
let id: RequestId
let entries: readonly Entry[]
jest.setTimeout(240_000)

beforeAll(async () => {
  python = await ensurePythonEnvironment({
    directory: join(stored, 'python-receipt'),
    logFile: join(stored, 'python-receipt.log'),
    requirements: join(example, 'requirements.txt'),
    progress: (_name, work) => work(() => {}),
  })
  // Its clock cannot be set.
  const world = new World()
  world.clock.advance(Math.floor(Date.now() / 1000) - world.clock.now() - 60)
  ;({ log, id, entries } = await anchored(world))
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotwork-receipt-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const claims = (changes: object = {}) =>
  claimsOf(log, id, entries, { iat: Math.floor(Date.now() / 1000) - 1, ...changes })

async function verify(jws: string, all?: readonly object[], jwks: object = { keys: [log.jwk] }) {
  const put = (name: string, content: string) => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const words = [put('receipt.jwt', `${jws}\n`), '--keys', put('jwks.json', JSON.stringify(jwks))]
  const ndjson = all && put('entries.ndjson', all.map((each) => `${JSON.stringify(each)}\n`).join(''))
  const typed = [join(example, 'verify.py'), ...words, ...(ndjson === undefined ? [] : ['--entries', ndjson])]
  const child = spawn(python, typed, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err, [exit]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { exit, out, err }
}

test('it is under a hundred lines', () => {
  expect(readFileSync(join(example, 'verify.py'), 'utf8').split('\n').length).toBeLessThan(101)
})

test('a receipt holds by its signature, checkpoint and place in the tree, and with its entries', async () => {
  const other = { ...entries[0], id: 'agent:remediator/1' }
  const { exit, out, err } = await verify(log.sign(claims()), [other, ...entries])
  expect([exit, err]).toEqual([0, ''])
  expect(out.split('\n')).toEqual([
    ...['holds  signature', 'holds  checkpoint', 'holds  inclusion', 'holds  entries'],
    expect.stringContaining(`${id} completed ssm:PutParameter`),
    '',
  ])
})

const forged = () => new PlainLog(log.issuer)
const flipped = (at: number) => {
  const jws = Buffer.from(log.sign(claims()))
  const place = at < 0 ? jws.length + at : at
  jws[place] = (jws[place] as number) ^ 1
  return jws.toString('latin1')
}

test.each<[string, () => string, string]>([
  ['a bit of the header', () => flipped(7), 'signature'],
  ['a bit of the claims', () => flipped(300), 'signature'],
  ['a bit of the signature', () => flipped(-40), 'signature'],
  ['the last bits of the signature, which mean nothing', () => flipped(-1), 'signature'],
  ['another key', () => receiptOf(forged(), id, entries), 'signature'],
  ['a time to come', () => log.sign(claims({ iat: Math.floor(Date.now() / 1000) + 3600 })), 'signature'],
  ['another kind of token', () => log.sign(claims(), { typ: 'at+jwt' }), 'signature'],
  ['another issuer', () => log.sign(claims({ iss: 'https://other.example' })), 'checkpoint'],
  ['a checkpoint by another key', () => log.sign(claims({ checkpoint: forged().checkpoint() })), 'checkpoint'],
  ['a tree of one more', () => log.sign(claims({ tree_size: claims().tree_size + 1 })), 'checkpoint'],
  ['a leaf one further', () => log.sign(claims({ leaf_index: claims().leaf_index + 1 })), 'inclusion'],
  ['a path too short', () => log.sign(claims({ inclusion: claims().inclusion.slice(1) })), 'inclusion'],
  [
    'a path too long',
    () => log.sign(claims({ inclusion: [...claims().inclusion, claims().head.slice(8)] })),
    'inclusion',
  ],
  ['another last entry', () => log.sign(claims({ entries: 2 })), 'inclusion'],
])('%s is refused', async (_what, make, step) => {
  expect(await verify(make())).toMatchObject({ exit: 1, err: expect.stringMatching(new RegExp(`^WRONG  ${step}: .`)) })
})

test('a key that signs tokens is no notary', async () => {
  const { hotwork_use: _, ...token } = forged().jwk
  const issuer = forged()
  const { exit, err } = await verify(issuer.sign(claims()), undefined, {
    keys: [{ ...token, kid: issuer.jwk.kid }, log.jwk],
  })
  expect([exit, err]).toEqual([1, expect.stringContaining('none of the notary')])
})

test.each<[string, (all: Entry[]) => readonly unknown[], string]>([
  [
    'altered',
    (all) => all.map((each, at) => (at === 2 ? { ...each, at: '2026-01-01T00:00:00Z' } : each)),
    '/3 was altered',
  ],
  ['missing', (all) => all.filter((_, at) => at !== 2), '/3 is missing'],
  ['cut at the end', (all) => all.slice(0, 2), '/3 is missing'],
  ['in another order', ([one, two, ...rest]) => [two, one, ...rest], '/1 is missing, or not where it should be'],
])('entries that were %s are refused, and the entry is named', async (_what, change, words) => {
  const { exit, err } = await verify(log.sign(claims()), change([...entries]) as object[])
  expect([exit, err]).toEqual([1, expect.stringContaining(`${id}${words}`)])
})
