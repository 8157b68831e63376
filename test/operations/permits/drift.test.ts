import { givePermit } from '../../../functions/operations/permits/standing-permits.ts'
import { person, type What, World } from '../../support/world.ts'

/** What is there changes between an approval and what is drawn from the standing permit that it gave. */

const flag: What = {
  action: 'flags:set',
  arguments: { environment: 'prod', flag: 'express-checkout', value: false },
  resource: { type: 'flags:flag', id: 'prod/express-checkout' },
}

async function permitted() {
  const world = new World()
  world.reader.preview(flag.action)
  world.reader.set(flag.resource.id, { value: true })
  const first = await world.submitted(flag)
  await world.decide(first, 'ben')
  const terms = { request: first.ask.id, person: person('ben'), login: {}, uses: 3, until: world.clock.now() + 3600 }
  const permit = await givePermit(terms, { ...world.ports, permits: world.permits })
  if (!permit.ok) throw new Error(permit.code)
  return { world, permit: permit.value.id }
}

test('a draw is read for at its submission, and has the state of then', async () => {
  const { world, permit } = await permitted()
  world.reader.set(flag.resource.id, { value: 'another' })
  const before = world.reader.asked.length
  const drawn = await world.submitted(flag)
  expect(drawn).toMatchObject({ status: 'approved', ask: { standing: permit } })
  expect(drawn).toMatchObject({ preview: { outcome: 'matched', before: { value: 'another' } } })
  expect(world.reader.asked.length - before).toBe(1)
})

test('a draw whose state changes before its claim is no draw any more: people decide on it', async () => {
  const { world } = await permitted()
  const drawn = await world.submitted(flag)
  world.reader.set(flag.resource.id, { value: 'another' })
  expect(await world.issueToken(drawn)).toMatchObject({ ok: false, code: 'state_changed' })
  const reopened = await world.state(drawn.ask.id)
  expect(reopened).toMatchObject({ status: 'pending', round: 2, stages: [{ decisions: [] }] })
  await world.decide(reopened, 'ana')
  expect(await world.issueToken(await world.state(drawn.ask.id))).toMatchObject({ ok: true })
})

test('a draw whose reading fails at its claim is refused, and may be tried again', async () => {
  const { world } = await permitted()
  const drawn = await world.submitted(flag)
  world.reader.next('unavailable')
  expect(await world.issueToken(drawn)).toMatchObject({ code: 'state_unreadable' })
  expect(await world.issueToken(drawn)).toMatchObject({ ok: true })
})

test('a draw whose reading fails at its submission is on record as such, and is not guarded', async () => {
  const { world } = await permitted()
  world.reader.next('denied')
  const blind = await world.submitted(flag)
  const before = world.reader.asked.length
  expect(blind).toMatchObject({ preview: { outcome: 'failed', why: 'denied' } })
  if (blind.status === 'pending') await world.decide(blind, 'ana')
  if ((await world.state(blind.ask.id)).status === 'pending') await world.decide(await world.state(blind.ask.id), 'eve')
  expect(await world.issueToken(blind)).toMatchObject({ ok: true })
  expect(world.reader.asked).toHaveLength(before)
})
