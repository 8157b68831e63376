import fc from 'fast-check'
import { agent, parameter, sampleBundle, type What, World } from '../../support/world.ts'

/** A large change that is cut into small ones stays one: the number of recent requests raises the tier of the next. */

const bundle = sampleBundle()
const repair = (n: number): What => ({
  action: 'dynamodb:UpdateItem',
  arguments: {
    TableName: 'checkout-orders',
    Key: { id: { S: `order-${n}` } },
    UpdateExpression: 'SET refunded = :yes',
    ExpressionAttributeValues: { ':yes': { BOOL: true } },
  },
  resource: { type: 'dynamodb:table', id: 'arn:aws:dynamodb:us-east-1:000000000000:table/checkout-orders' },
})

test('the thirty-first of many small repairs needs security, and an hour later one is a repair again', async () => {
  const world = new World(bundle)
  for (let n = 0; n < 30; n++) expect(await world.submitted(repair(n))).toMatchObject({ tier: 2 })
  const next = await world.submitted(repair(30))
  expect(next).toMatchObject({ tier: 3 })
  expect(next.stages.map(({ terms }) => terms.name)).toContain('security')
  world.clock.advance(3601)
  expect(await world.submitted(repair(31))).toMatchObject({ tier: 2 })
})

test('steps of plans that an agent proposed and does itself count as its own asks, before an evaluation and a submission', async () => {
  const world = new World(bundle)
  const step = (n: number) => ({ agent: agent('remediator'), action: repair(n).action, arguments: repair(n).arguments })
  for (let plan = 0; plan < 3; plan++) {
    const steps = Array.from({ length: 10 }, (_, n) => step(10 * plan + n))
    const { ask } = await world.submitted({
      action: 'plan',
      arguments: { steps },
      resource: { type: 'plan', id: 'INC-1042' },
    })
    expect(ask.agent.id).toBe('agent:remediator')
  }
  expect(await world.evaluate(repair(30))).toMatchObject({ requestable: { tier: 3 } })
  expect(await world.submitted(repair(30))).toMatchObject({ tier: 3, ask: { recent: 30 } })
})

test('in any order, with anything in between, and however they were decided', async () => {
  const step = fc.constantFrom('repair', 'other', 'deny last', 'a minute') as fc.Arbitrary<
    'repair' | 'other' | 'deny last' | 'a minute'
  >
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 45 }), async (steps) => {
      const world = new World(bundle)
      const repairs: Awaited<ReturnType<World['submitted']>>[] = []
      const next = async () => {
        const request = await world.submitted(repair(repairs.length))
        expect(request.tier).toBe(repairs.length >= 30 ? 3 : 2)
        repairs.push(request)
      }
      for (const [index, each] of steps.entries()) {
        const last = repairs.at(-1)
        if (each === 'other') await world.submitted(parameter(`/staging/checkout/one-${index}`))
        else if (each === 'a minute') world.clock.advance(30)
        else if (each === 'deny last' && last) await world.decide(last, 'eve', 'deny')
        else await next()
      }
      while (repairs.length < 31) await next()
      expect(repairs.at(30)?.tier).toBe(3)
    }),
    { numRuns: 4 },
  )
})
