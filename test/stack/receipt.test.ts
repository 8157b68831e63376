import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { root } from '../support/repository.ts'
import { installPython } from './support/aws-tools.ts'
import { run } from './support/command-line.ts'
import { deployed, prod, remediator, setParameter } from './support/deployment.ts'

/** A receipt of a deployed Hotwork, from the request to the two programs that verify it. */

const hotwork = deployed()
const example = join(root, 'examples/verify-receipt')
const folder = mkdtempSync(join(tmpdir(), 'hotwork-receipt-'))
let python: string
let id: string

const put = (name: string, text: string) => writeFileSync(join(folder, name), text)
const words = ['receipt.jwt', '--keys', 'jwks.json', '--entries', 'entries.ndjson']
const options = { cwd: folder }
const ours = () => run(process.execPath, [join(root, 'client/hotwork.mjs'), 'verify', ...words], options)
const theirs = () => run(python, [join(example, 'verify.py'), ...words], options)

/** Asks for a receipt, and again by `retry-after` until the notary has written the newest entry. */
async function receiptOf(request: string, person = 'person:hana') {
  for (;;) {
    const answer = await hotwork.as(person, 'GET', `/v1/requests/${request}/receipt`)
    if (answer.status !== 409) return answer
    expect(answer.body.type).toMatch(/\/problems\/not_yet_anchored$/)
    await pause(Number(answer.headers.get('retry-after')) * 1000)
  }
}

beforeAll(async () => {
  python = await installPython('receipt', join(example, 'requirements.txt'))
  id = await hotwork.approved(setParameter(prod, '2750'))
  await hotwork.complete(remediator, id, { outcome: 'failed' })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a completed request has a receipt that both verifiers take, and neither asks Hotwork', async () => {
  const { status, headers, body } = await receiptOf(id)
  expect([status, headers.get('content-type')]).toEqual([200, expect.stringContaining('application/jwt')])
  const { entries } = (await hotwork.as('person:hana', 'GET', `/v1/requests/${id}/ledger`)).body
  put('receipt.jwt', `${body}\n`)
  put('jwks.json', JSON.stringify((await hotwork.send('GET', '/.well-known/jwks.json')).body))
  put('entries.ndjson', entries.map((entry: object) => `${JSON.stringify(entry)}\n`).join(''))
  expect(JSON.parse(Buffer.from(body.split('.')[1], 'base64url').toString())).toMatchObject({
    iss: hotwork.local.issuer,
    sub: id,
    status: 'completed',
    outcome: 'failed',
    agent: remediator,
    tier: 2,
    decisions: [
      { stage: 'owner', person: 'person:ana', verdict: 'approve' },
      { stage: 'sre', person: 'person:eve', verdict: 'approve' },
    ],
    entries: entries.length,
    head: entries.at(-1).hash,
  })
  expect(await ours()).toMatchObject({ exit: 0 })
  expect(await theirs()).toMatchObject({ exit: 0 })
})

test('a receipt with one character changed is refused by both verifiers', async () => {
  const { body } = await receiptOf(id)
  put('receipt.jwt', `${body.slice(0, 400)}${body[400] === 'A' ? 'B' : 'A'}${body.slice(401)}\n`)
  expect(await ours()).toMatchObject({ exit: 4 })
  expect(await theirs()).toMatchObject({ exit: 1 })
})

test('an unknown request has no receipt, and an agent gets none', async () => {
  expect((await receiptOf('req_00000000000000000000000000')).status).toBe(404)
  const path = `/v1/requests/${id}/receipt`
  expect((await hotwork.as(remediator, 'GET', path)).status).toBe(401)
})
