import { unwrap } from '../../support/unwrap.ts'
import { flag, World } from '../../support/world.ts'

/** The state changes between an approval and a draw from the standing permit that it gave. */

async function permitted() {
  const world = new World()
  world.reader.preview('flags:set')
  world.reader.set(flag().resource.id, { value: true })
  const first = await world.submitted(flag())
  await world.decide(first, 'ben')
  const { id } = unwrap(await world.givePermit(first, 'ben'))
  return { world, permit: id }
}

test('a draw reads at its submission, and has that state', async () => {
  const { world, permit } = await permitted()
  world.reader.set(flag().resource.id, { value: 'another' })
  const before = world.reader.asked.length
  const drawn = await world.submitted(flag())
  expect(drawn).toMatchObject({ status: 'approved', ask: { standing: permit } })
  expect(drawn).toMatchObject({ preview: { outcome: 'matched', before: { value: 'another' } } })
  expect(world.reader.asked.length - before).toBe(1)
})

test('a draw whose state changes before its claim loses its permit: people decide on it', async () => {
  const { world } = await permitted()
  const drawn = await world.submitted(flag())
  world.reader.set(flag().resource.id, { value: 'another' })
  expect(await world.issueToken(drawn)).toMatchObject({ ok: false, code: 'state_changed' })
  const reopened = await world.state(drawn.ask.id)
  expect(reopened).toMatchObject({ status: 'pending', round: 2, stages: [{ decisions: [] }] })
  await world.decide(reopened, 'ana')
  expect(await world.issueToken(await world.state(drawn.ask.id))).toMatchObject({ ok: true })
})

test('a draw whose reading fails at its claim is refused, and may be tried again', async () => {
  const { world } = await permitted()
  const drawn = await world.submitted(flag())
  world.reader.next('unavailable')
  expect(await world.issueToken(drawn)).toMatchObject({ code: 'state_unreadable' })
  expect(await world.issueToken(drawn)).toMatchObject({ ok: true })
})

test('a draw whose reading fails at its submission is on record as such, and is not guarded', async () => {
  const { world } = await permitted()
  world.reader.next('denied')
  const blind = await world.submitted(flag())
  const before = world.reader.asked.length
  expect(blind).toMatchObject({ preview: { outcome: 'failed', why: 'denied' } })
  if (blind.status === 'pending') await world.decide(blind, 'ana')
  if ((await world.state(blind.ask.id)).status === 'pending') await world.decide(await world.state(blind.ask.id), 'eve')
  expect(await world.issueToken(blind)).toMatchObject({ ok: true })
  expect(world.reader.asked).toHaveLength(before)
})
