import { giveStandIn } from '../../../functions/operations/people/stand-ins.ts'
import { withGroups } from '../../support/bundles.ts'
import { person, prodParameter, sampleBundle, World } from '../../support/world.ts'

/** An entry of a decision cites only the policies that permitted this person to decide this. */

const bundle = sampleBundle()
const [owners, sre] = ['owners-decide-on-what-is-theirs', 'sre-decides']

async function asked(world = new World(bundle)) {
  const request = await world.submitted(prodParameter)
  /** The policies of each entry of a type, in order. */
  const cited = async (type: string) =>
    (await world.ledger.entries(request.ask.id)).filter((entry) => entry.type === type).map(({ policies }) => policies)
  return { world, request, cited }
}

test('an approval cites the policy for its own stage and person, also where earlier approvals count', async () => {
  const { world, request, cited } = await asked()
  await world.decide(request, 'ana')
  await world.decide(request, 'eve')
  expect((await world.state(request.ask.id)).status).toBe('approved')
  expect(await cited('Decided')).toEqual([[owners], [sre]])
})

test('a denial cites its policies too, and so does the end that it brings', async () => {
  const { world, request, cited } = await asked()
  await world.decide(request, 'ben')
  await world.decide(request, 'finn', 'deny')
  expect(await cited('Decided')).toEqual([[owners], [sre]])
  expect(await cited('Denied')).toEqual([[sre]])
})

test('a refusal cites nothing that permits others', async () => {
  const { world, request, cited } = await asked()
  await world.decide(request, 'ben')
  expect(await world.decide(request, 'lena')).toMatchObject({ code: 'not_eligible' })
  expect(await cited('Refused')).toEqual([[]])
})

test('an approval by a stand-in cites what permits it to the absent person', async () => {
  const groups = { 'payments-owners': ['ana', 'chloe'].map(person), rota: ['ben', 'chloe'].map(person) }
  const { world, request, cited } = await asked(new World(withGroups(groups, bundle)))
  const until = world.clock.now() + 86_400
  await giveStandIn(
    { person: person('chloe'), by: person('ben'), login: {}, until },
    { ...world.ports, standIns: world.standIns },
  )
  expect(await world.decide(request, 'ben')).toMatchObject({ ok: true })
  expect(await cited('Decided')).toEqual([[owners]])
})
