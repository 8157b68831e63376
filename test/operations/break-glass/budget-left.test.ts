import { budgetsLeft } from '../../../functions/domain/break-glass/budget-left.ts'
import { endBreakGlass, listBreakGlass } from '../../../functions/operations/break-glass/openings.ts'
import { unwrap } from '../../support/unwrap.ts'
import { parameter, person, sampleBundle } from '../../support/world.ts'
import { minute, Night } from './night.ts'

/** The minutes left as people are told them are those that the next opening finds. */

const bundle = sampleBundle()
let world: Night
beforeEach(() => {
  world = new Night(bundle)
})

async function open(who: string, what: { profile: string } | { name: string }, minutes: number, drill = false) {
  const { action, arguments: args, resource } = parameter('name' in what ? what.name : '/none')
  const opened = 'profile' in what ? what : { action, arguments: args, resource }
  return unwrap(await world.open(who, { what: opened, minutes, drill }))
}

/** Minutes left as one person is told them, by budget. */
async function told(who: string): Promise<{ [of: string]: number }> {
  const listed = (await listBreakGlass(person(who), world.ports)) ?? []
  return Object.fromEntries(
    budgetsLeft(listed, world.ports.policy.bundle, person(who), world.clock.now()).map((each) => [
      'person' in each ? each.person : 'profile' in each ? each.profile : each.action,
      each.left / minute,
    ]),
  )
}

test('the asker and each profile have all their minutes before anything is opened', async () => {
  expect(await told('jade')).toEqual({ 'person:jade': 240, 'checkout-recovery': 240 })
})

test('the answer of an opening says the minutes left, and an early end gives some back', async () => {
  const { left, stored } = await open('jade', { profile: 'checkout-recovery' }, 60)
  expect(await told('kofi')).toEqual({ 'person:kofi': 240, 'person:jade': left / minute, 'checkout-recovery': 180 })
  world.clock.advance(10 * minute)
  await endBreakGlass({ id: stored.state.ask.id, person: person('jade') }, world.ports)
  expect(await told('jade')).toEqual({ 'person:jade': 230, 'checkout-recovery': 230 })
})

test('an action outside every profile has minutes of its own, and is told by its name', async () => {
  await open('jade', { name: '/prod/billing/mode' }, 30)
  expect(await told('jade')).toEqual({ 'person:jade': 210, 'checkout-recovery': 240, 'ssm:PutParameter': 210 })
})

test('a drill costs no minutes', async () => {
  await open('jade', { profile: 'checkout-recovery' }, 60, true)
  expect(await told('jade')).toEqual({ 'person:jade': 240, 'checkout-recovery': 240 })
})

test('all minutes are back after seven days, though a review is still to be done', async () => {
  await open('jade', { profile: 'checkout-recovery' }, 60)
  world.clock.advance(7 * 86_400 + 61 * minute)
  expect(await told('jade')).toEqual({ 'person:jade': 240, 'checkout-recovery': 240 })
})
