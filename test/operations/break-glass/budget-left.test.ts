import { PatternIncidents } from '../../../functions/adapters/system/system.ts'
import type { BreakGlassPolicy } from '../../../functions/domain/break-glass/break-glass.ts'
import { budgetsLeft } from '../../../functions/domain/break-glass/budget-left.ts'
import { openBreakGlass } from '../../../functions/operations/break-glass/open-break-glass.ts'
import { endBreakGlass, listBreakGlass } from '../../../functions/operations/break-glass/openings.ts'
import { agentKey, parameter, person, sampleBundle, World } from '../../support/world.ts'

/** What people are told is left of the minutes: what the next opening will find. */

const minute = 60
const bundle = sampleBundle()
const rules = bundle.breakGlass as BreakGlassPolicy
let world: World
let count = 0
beforeEach(() => {
  world = new World(bundle)
})

async function open(who: string, what: { profile: string } | { name: string }, minutes: number, drill = false) {
  count += 1
  const { action, arguments: args, resource } = parameter('name' in what ? what.name : '/none')
  const opened = await openBreakGlass(
    {
      person: person(who),
      proven: { issuer: 'https://id.example.org', subject: `person-${who}` },
      login: { acr: 'strong', at: world.clock.now() },
      what: 'profile' in what ? what : { action, arguments: args, resource },
      reason: `payments are refused for the ${count}th time, putting it back`,
      incident: 'INC-1',
      minutes,
      drill,
      jkt: agentKey,
      idempotencyKey: `${count}`,
      body: { count },
      once: world.proof(),
    },
    { ...world.ports, incidents: new PatternIncidents() },
  )
  if (!opened.ok) throw new Error(opened.code)
  return opened.value
}

/** Minutes left as one person is told them, of whom or of what. */
async function told(who: string): Promise<{ [of: string]: number }> {
  const listed = (await listBreakGlass(person(who), world.ports)) ?? []
  return Object.fromEntries(
    budgetsLeft(listed, world.ports.policy.bundle, person(who), world.clock.now()).map((each) => [
      'person' in each ? each.person : 'profile' in each ? each.profile : each.action,
      each.left / minute,
    ]),
  )
}

test('before anything is opened the asker and each profile have all of it', async () => {
  expect(await told('jade')).toEqual({ 'person:jade': 240, 'checkout-recovery': 240 })
})

test('it is what the answer of the opening says, and an early end gives minutes back', async () => {
  const { left, stored } = await open('jade', { profile: 'checkout-recovery' }, 60)
  expect(await told('kofi')).toEqual({ 'person:kofi': 240, 'person:jade': left / minute, 'checkout-recovery': 180 })
  world.clock.advance(10 * minute)
  await endBreakGlass({ id: stored.state.ask.id, person: person('jade') }, world.ports)
  expect(await told('jade')).toEqual({ 'person:jade': 230, 'checkout-recovery': 230 })
})

test('an action on what no profile covers has minutes of its own, and is told by its name', async () => {
  await open('jade', { name: '/prod/billing/mode' }, 30)
  expect(await told('jade')).toEqual({ 'person:jade': 210, 'checkout-recovery': 240, 'ssm:PutParameter': 210 })
})

test('a drill costs nobody a minute', async () => {
  await open('jade', { profile: 'checkout-recovery' }, 60, true)
  expect(await told('jade')).toEqual({ 'person:jade': 240, 'checkout-recovery': 240 })
})

test('after seven days all of it is there again, though a review is still to be done', async () => {
  await open('jade', { profile: 'checkout-recovery' }, 60)
  world.clock.advance(7 * 86_400 + 61 * minute)
  expect(await told('jade')).toEqual({ 'person:jade': 240, 'checkout-recovery': 240 })
})
