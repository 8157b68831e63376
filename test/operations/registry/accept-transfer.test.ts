import { RegistryWorld, reporter } from '../../support/registry-world.ts'
import { unwrap } from '../../support/unwrap.ts'

let world: RegistryWorld
beforeEach(async () => {
  world = new RegistryWorld()
  await world.made('eve', 'RegisterAgent', reporter, ['gus'])
})
const transferred = () => world.asked('dan', 'TransferAgent', { id: 'agent:reporter', owner: 'person:ana' })

test('a transfer is decided only after its new owner has accepted it', async () => {
  const request = await transferred()
  expect(request.ask.change?.accepts).toBe('person:ana')
  expect(await world.decide(request, 'gus')).toMatchObject({ ok: false, code: 'transfer_not_accepted' })
  expect(await world.decide(request, 'gus', 'deny')).toMatchObject({ code: 'transfer_not_accepted' })
  unwrap(await world.accept(request.ask.id, 'ana'))
  expect(await world.decide(request, 'gus')).toMatchObject({ ok: true, value: { state: { status: 'approved' } } })
  expect(await world.story(request.ask.id)).toContain('TransferAccepted')
  await world.expectReplay(request.ask.id)
})

test('a second acceptance changes nothing', async () => {
  const request = await transferred()
  unwrap(await world.accept(request.ask.id, 'ana'))
  unwrap(await world.accept(request.ask.id, 'ana'))
  const story = await world.story(request.ask.id)
  expect(story.filter((each) => each === 'TransferAccepted')).toHaveLength(1)
})

test.each(['dan', 'gus', 'eve'])('%s does not accept it for ana', async (who) => {
  const request = await transferred()
  expect(await world.accept(request.ask.id, who)).toMatchObject({ ok: false, code: 'not_permitted' })
})

test('neither the old owner nor the new one decides it', async () => {
  const request = await transferred()
  unwrap(await world.accept(request.ask.id, 'ana'))
  for (const who of ['dan', 'ana']) expect(await world.decide(request, who)).toMatchObject({ code: 'self_approval' })
})
