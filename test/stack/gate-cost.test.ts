import { claimFlag, tool } from './support/claimed-flag.ts'
import { deployed } from './support/deployment.ts'
import { priceOf } from './support/price.ts'
import { type LifeUsage, Meter, tableOf } from './support/usage.ts'

/** The cost of a use at a gate, its begin, its end and all that follows them, by counted calls. */
const hotwork = deployed()
const meter = new Meter(hotwork.local)
/** It follows the record, and batches entries under load. */
const notary = 'NotaryNotarizeEntries'

describe('a use that a tool begins and ends', () => {
  let usage: LifeUsage
  beforeAll(async () => {
    // The first use fills the caches of each process, and some uses include work that other tests left.
    const uses: LifeUsage[] = []
    for (let n = 0; n < 4; n++) uses.push(await useOnce())
    usage = uses.toSorted((one, other) => (priceOf(one)['total'] ?? 0) - (priceOf(other)['total'] ?? 0))[0] as LifeUsage
    process.stdout.write(`\n${tableOf(usage)}\n${JSON.stringify(priceOf(usage), undefined, 1)}\n`)
  })

  test('a thousand uses cost at most 2.4 cents', () => {
    // L4 wants 2.
    expect(priceOf(usage)['total']).toBeLessThanOrEqual(0.024)
  })

  test('a use is two reads and two commits, and each call reads the registry', () => {
    const calls = usage.calls.filter(({ caller, service }) => service === 'dynamodb' && /^(Begin|End)Use$/.test(caller))
    expect(calls.map(({ caller, operation, calls }) => `${caller} ${operation} ${calls}`).toSorted()).toEqual([
      'BeginUse BatchGetItem 2',
      'BeginUse TransactWriteItems 1',
      'EndUse BatchGetItem 1',
      'EndUse GetItem 1',
      'EndUse TransactWriteItems 1',
    ])
  })
})

test('a list of what an agent may ask for is three reads and the count of its rate', async () => {
  const list = () => hotwork.as('agent:remediator', 'GET', '/access/v1/actions')
  expect((await list()).status).toBe(200)
  const { calls } = await meter.during(list)
  const own = calls.filter(({ caller }) => caller === 'ListActions')
  expect(own.map(({ service, operation, calls: count }) => `${service} ${operation} ${count}`).toSorted()).toEqual([
    'dynamodb BatchGetItem 3',
    'dynamodb PutItem 1',
  ])
})

async function useOnce(): Promise<LifeUsage> {
  const { id, begin } = await claimFlag(hotwork)
  const as = await hotwork.token(tool)
  const paidFor = (await hotwork.ledger(id)).length
  const { calls, invocations } = await meter.during(async () => {
    const begun = await begin()
    if (begun.status !== 201) throw new Error(`${begun.status}: ${JSON.stringify(begun.body)}`)
    await hotwork.json('POST', `/v1/uses/${begun.body.use}/end`, as, { outcome: 'succeeded' })
  })
  const { [notary]: _, ...invoked } = invocations
  const used = { calls: calls.filter(({ caller }) => caller !== notary), invocations: invoked }
  return { ...used, states: [], entries: await hotwork.ledger(id), paidFor, frontDoor: 2, accessTokens: 0 }
}
