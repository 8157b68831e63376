import { readKeys } from '../../../client/verify/keys.ts'
import { checkAgainstEntries, checkReceipt } from '../../../client/verify/receipt.ts'
import type { FoundEntry } from '../../../functions/domain/anchor/check-entries.ts'
import type { RequestId } from '../../../functions/domain/values.ts'
import { makeReceipt } from '../../../functions/operations/anchor/make-receipt.ts'
import { completeRequest } from '../../../functions/operations/requests/end-request.ts'
import { MemoryNotary } from '../../support/anchor/memory-notary.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, issuer, person, prodParameter, World } from '../../support/world.ts'
import { claimedFlag } from '../uses/claimed-flag.ts'

/** A receipt is made only of entries that are in the log. */

let world: World
let notary: MemoryNotary
beforeEach(() => {
  world = new World()
  notary = new MemoryNotary(world, issuer)
})

const receiptOf = (id: RequestId, who = 'ana') =>
  makeReceipt({ id, person: person(who) }, { ...world.ports, ...notary.reading })

async function claimsOf(id: RequestId) {
  const made = unwrap(await receiptOf(id))
  const read = checkReceipt(made, readKeys(JSON.stringify({ keys: [notary.jwk] }), ''), world.clock.now())
  expect(read.findings.filter(({ holds }) => !holds)).toEqual([])
  const entries = (await world.ledger.entries(id)) as unknown as readonly FoundEntry[]
  if (!read.receipt) throw new Error('no receipt')
  expect(checkAgainstEntries(read.receipt, entries).filter(({ holds }) => !holds)).toEqual([])
  return read.receipt
}

async function completed() {
  const request = await world.approved()
  const { id } = request.ask
  await completeRequest({ id, agent: agent('remediator'), outcome: 'succeeded' }, world.ports)
  await notary.follow(id)
  return { id, request }
}

test('a receipt says what was asked, who decided, and how it ended, as the API says it', async () => {
  const { id, request } = await completed()
  const entries = await world.ledger.entries(id)
  expect(await claimsOf(id)).toEqual({
    iss: issuer,
    iat: world.clock.now(),
    sub: id,
    status: 'completed',
    agent: 'agent:remediator',
    owner: request.ask.owner,
    action: prodParameter.action,
    resource: prodParameter.resource,
    digest: request.ask.digest,
    tier: 2,
    decisions: [
      { stage: 'owner', person: 'person:ana', verdict: 'approve', at: '2027-01-15T08:00:00Z' },
      { stage: 'sre', person: 'person:eve', verdict: 'approve', at: '2027-01-15T08:00:00Z' },
    ],
    credentials: [],
    uses: [],
    outcome: 'succeeded',
    bundle: world.policy.bundle.hash,
    head: entries.at(-1)?.hash,
    entries: entries.length,
    tree_size: entries.length,
    leaf_index: entries.length - 1,
    inclusion: expect.any(Array),
    checkpoint: expect.stringContaining('/hotwork'),
  })
})

test('a receipt has each credential that was issued, and each use', async () => {
  const { request, begin } = await claimedFlag(world)
  await begin('one')
  await notary.follow(request.ask.id)
  const { credentials, uses, status, outcome } = await claimsOf(request.ask.id)
  expect(credentials).toEqual([expect.objectContaining({ kind: 'access_token', issued_at: '2027-01-15T08:00:00Z' })])
  expect(uses).toEqual([
    { id: expect.stringMatching(/^use_/), tool: 'tool:flag-service', begun_at: '2027-01-15T08:00:00Z' },
  ])
  expect([status, outcome]).toEqual(['approved', null])
})

test('a receipt has no text of people', async () => {
  const request = await world.submitted(prodParameter, { justification: 'timeouts since 07:40' })
  await world.decide(request, 'ana', 'deny', { comment: 'not before Monday' })
  await notary.follow(request.ask.id)
  const text = JSON.stringify(await claimsOf(request.ask.id))
  expect(text).toContain('"verdict":"deny"')
  expect([text.includes('timeouts'), text.includes('Monday')]).toEqual([false, false])
})

test('an entry that is not in the log yet delays the receipt, and so does one added later', async () => {
  const request = await world.submitted(prodParameter)
  const { id } = request.ask
  expect(await receiptOf(id)).toMatchObject({ code: 'not_yet_anchored' })
  await notary.follow(id)
  expect((await claimsOf(id)).status).toBe('pending')
  await world.decide(request, 'ana')
  expect(await receiptOf(id)).toMatchObject({ code: 'not_yet_anchored' })
  await notary.follow(id)
  expect((await claimsOf(id)).decisions).toHaveLength(1)
})

test('a person who may read nothing gets no receipt, nor one of a request that does not exist', async () => {
  const { id } = await completed()
  expect(await receiptOf(id, 'stranger')).toMatchObject({ code: 'not_permitted' })
  expect(await receiptOf('req_00000000000000000000000000' as RequestId)).toMatchObject({ code: 'unknown_request' })
})

const refused = async (id: RequestId) => {
  expect(await receiptOf(id)).toMatchObject({ ok: false, code: 'record_broken' })
  return world.log.lines.filter(({ message }) => message === 'ledger_broken').map(({ fields }) => fields)
}

test('a replaced entry has no receipt, and the alarm names it', async () => {
  const { id } = await completed()
  const [, second] = await world.ledger.entries(id)
  if (second) world.ledger.replace({ ...second, actor: { type: 'person', id: 'person:chloe' } })
  expect(await refused(id)).toEqual([{ aggregate: id, entry: `${id}/2`, why: 'hash' }])
})

test('a state that its entries do not make has no receipt, and the alarm names the entry', async () => {
  const { id } = await completed()
  const load = world.requests.load.bind(world.requests)
  jest.spyOn(world.requests, 'load').mockImplementation(async (asked) => {
    const stored = await load(asked)
    return stored && { ...stored, state: { ...stored.state, tier: 0 } }
  })
  expect(await refused(id)).toEqual([expect.objectContaining({ why: 'state' })])
})

test('an entry in whose place the log has another has no receipt, and the alarm names it', async () => {
  const { id } = await completed()
  const last = (await world.ledger.entries(id)).at(-1)
  notary.index.places.set(`${id}/${last?.id.split('/')[1]}`, { index: 0, hash: `${last?.hash}` })
  expect(await refused(id)).toEqual([{ aggregate: id, entry: last?.id, why: 'log' }])
})
