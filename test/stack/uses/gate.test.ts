import { randomUUID } from 'node:crypto'
import { builder, claimFlag, tool } from '../support/claimed-flag.ts'
import { deployed } from '../support/deployment.ts'

const hotwork = deployed()
const { issuer, tools } = hotwork.local
const address = tools[0]?.addresses[0] ?? ''
const problem = (code: string) => `${issuer}/problems/${code}`

const claimed = () => claimFlag(hotwork)

test('the gate permits one approved use, ends it, and permits no second', async () => {
  const { id, begin } = await claimed()
  const key = randomUUID()
  const proof = await (await claimed()).proof()
  expect((await begin({ proof })).body.type).toBe(problem('invalid_dpop_proof'))
  const begun = await begin({}, key)
  expect(begun).toMatchObject({ status: 201, body: { use: expect.stringMatching(/^use_/), uses_left: 0 } })
  expect((await begin({}, key)).body).toEqual(begun.body)
  expect(await begin()).toMatchObject({ status: 403, body: { type: problem('uses_exhausted') } })
  const end = async (outcome: string) =>
    hotwork.as(tool, 'POST', `/v1/uses/${begun.body.use}/end`, { outcome, note: 'set' })
  expect((await end('succeeded')).status).toBe(200)
  expect((await end('succeeded')).status).toBe(200)
  expect((await end('failed')).status).toBe(409)
  expect((await begin({}, key)).body).toEqual({ ...begun.body, ended: true })
  expect((await hotwork.ledger(id)).map(({ type }) => type).filter((type) => type.startsWith('Use'))).toEqual([
    'UseBegun',
    'UseEnded',
  ])
})

test('the gate refuses a use that differs from the approved one, in agent, arguments or address', async () => {
  const { args, url, begin, proof } = await claimed()
  const cases: [change: object, code: string][] = [
    [{ arguments: { ...args, value: false } }, 'arguments_mismatch'],
    [{ arguments: { ...args, extra: 1 } }, 'arguments_mismatch'],
    [{ action: 'flags:delete' }, 'arguments_mismatch'],
    [{ method: 'POST' }, 'invalid_dpop_proof'],
    [{ url: `${url}x` }, 'invalid_dpop_proof'],
    [{ url: 'https://elsewhere.example/flags' }, 'invalid_dpop_proof'],
    [{ url: `${address}@evil.example/flags` }, 'invalid_dpop_proof'],
    [{ proof: await proof({ token: 'another' }) }, 'invalid_dpop_proof'],
    [{ proof: await proof({ key: 'another key' }) }, 'key_mismatch'],
    [{ token: 'a.b.c' }, 'invalid_token'],
  ]
  for (const [change, code] of cases)
    expect(await begin(change)).toMatchObject({ status: 403, body: { type: problem(code) } })
  expect((await begin()).status).toBe(201)
})

test('the gate accepts only tools, and only with an idempotency key', async () => {
  const { begin } = await claimed()
  expect((await begin({}, randomUUID(), builder)).status).toBe(401)
  expect((await begin({}, randomUUID(), 'person:ana')).status).toBe(401)
  expect((await begin({}, '')).status).toBe(400)
  expect((await begin({ more: 1 })).status).toBe(400)
})

test('the gate refuses the token of a grant that has ended', async () => {
  const { id, begin } = await claimed()
  await hotwork.complete(builder, id)
  expect(await begin()).toMatchObject({ status: 403, body: { type: problem('completed') } })
})
