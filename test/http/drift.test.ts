import { refusals } from '../../functions/domain/refusals.ts'
import { Tab } from '../support/pages/page-tab.ts'
import { prodParameter, World } from '../support/world.ts'

/** A resource that changes while a person has the page of its request open. */

async function openPage() {
  const world = new World()
  world.reader.preview(prodParameter.action)
  world.reader.set(prodParameter.resource.id, { Value: '300' })
  const { ask } = await world.submitted(prodParameter)
  const tab = Tab.of(world)
  await tab.logIn('person-ana')
  const path = `/decide/${ask.id}`
  const fields = async (verdict: 'approve' | 'deny') => tab.fields(await tab.go('GET', path), 'verdict', verdict)
  const send = (filled: { [name: string]: string }) => tab.go('POST', path, filled)
  return { world, fields, send, now: () => world.state(ask.id) }
}

test('an approval of an outdated state is 409, and the page shows the reason and the present state', async () => {
  const { world, fields, send, now } = await openPage()
  const filled = await fields('approve')
  world.reader.set(prodParameter.resource.id, { Value: '320' })
  const { status, body } = await send(filled)
  expect([status, body.includes(refusals.state_changed.so), body.includes('320')]).toEqual([409, true, true])
  expect(await now()).toMatchObject({ status: 'pending', round: 2, stages: [{ decisions: [] }, { decisions: [] }] })
})

test('a form of the outdated page is refused, and a form of the new page counts', async () => {
  const { world, fields, send, now } = await openPage()
  const filled = await fields('approve')
  world.reader.set(prodParameter.resource.id, { Value: '320' })
  await send(filled)
  expect((await send(filled)).body).toContain(refusals.stale_round.so)
  expect((await send(await fields('approve'))).status).toBe(303)
  expect((await now()).stages[0]?.decisions).toMatchObject([{ person: 'person:ana', verdict: 'approve' }])
})

test('a denial settles the request in any state of the resource', async () => {
  const { world, fields, send, now } = await openPage()
  const filled = await fields('deny')
  world.reader.set(prodParameter.resource.id, { Value: '320' })
  expect((await send(filled)).status).toBe(303)
  expect(await now()).toMatchObject({ status: 'denied', round: 1 })
})
