import { PatternIncidents } from '../../functions/adapters/system/pattern-incidents.ts'
import { SystemSecrets } from '../../functions/adapters/system/secrets.ts'
import { openPrepared } from '../../functions/operations/open-prepared.ts'
import { prepareOpening } from '../../functions/operations/prepare-opening.ts'
import { person } from '../support/world.ts'
import { Night } from './support/night.ts'
import { Terminal } from './support/terminal.ts'

/** `hotwork break-glass claim`: what was opened on a page has no key until a machine takes it up. */

const night = new Night()
beforeAll(() => night.open())
beforeEach(() => night.begin())
afterAll(() => night.close())

/** Prepared in Slack, and opened on a page with a strong login; its id. */
async function openedOnPage(): Promise<string> {
  const { world } = night.api
  const ports = { ...world.ports, incidents: new PatternIncidents(), secrets: new SystemSecrets() }
  const said = {
    what: { profile: 'checkout-recovery' },
    reason: 'checkout refuses payments since the deploy, putting the timeout back',
    incident: 'INC-2041',
    minutes: 30,
    drill: false,
  }
  const prepared = await prepareOpening({ person: person('jade'), ...said }, ports)
  if (!prepared.ok) throw new Error(prepared.code)
  const login = { acr: 'strong', at: world.clock.now() }
  const proven = { issuer: 'https://id.example.org', subject: 'person-jade' }
  const opened = await openPrepared({ code: prepared.value.code, person: person('jade'), proven, login }, ports)
  if (!opened.ok) throw new Error(opened.code)
  return opened.value.stored.state.ask.id
}

/** Another machine of the same person. */
const laptop = (login?: object) =>
  new Terminal({ HOTWORK_API: night.api.url, HOTWORK_TOKEN: night.token('jade', login) })

test('takes it up on this machine, which then gets credentials', async () => {
  const id = await openedOnPage()
  const jade = night.at('jade')
  expect((await jade.type('credentials', id)).err).toContain(`taken up here by \`npx hotwork break-glass claim ${id}\``)
  const { exit, out } = await jade.type('claim', id)
  expect(exit).toBe(0)
  expect(out).toContain('credential_process = ')
  expect(out).toContain(`npx hotwork break-glass end ${id}`)
  expect((await jade.type('credentials')).exit).toBe(0)
})

test('twice is once', async () => {
  const id = await openedOnPage()
  const jade = night.at('jade')
  expect([(await jade.type('claim', id)).exit, (await jade.type('claim', id)).exit]).toEqual([0, 0])
  expect((await jade.type('credentials')).exit).toBe(0)
})

test('again, where policy says no just then, the key that is the opening’s stays', async () => {
  const id = await openedOnPage()
  const jade = night.at('jade')
  await jade.type('claim', id)
  const { world } = night.api
  const { policy } = world
  world.policy = {
    bundle: policy.bundle,
    ask: (question) =>
      question.kind === 'person' && question.action === 'breakGlass'
        ? { permit: false, policies: [] }
        : policy.ask(question),
  }
  expect((await jade.type('claim', id)).exit).toBe(4)
  world.policy = policy
  expect((await jade.type('credentials')).exit).toBe(0)
})

test('on a second machine is refused, and nothing is kept there', async () => {
  const id = await openedOnPage()
  await night.at('jade').type('claim', id)
  const other = laptop()
  const { exit, err } = await other.type('claim', id)
  expect([exit, other.files()]).toEqual([4, []])
  expect(err).toContain('has a key already, and it is not on this machine')
  other.close()
})

test('with a login that could have opened nothing is refused, and the opening has no key still', async () => {
  const id = await openedOnPage()
  const weak = laptop({})
  const { exit } = await weak.type('claim', id)
  expect([exit, weak.files()]).toEqual([4, []])
  weak.close()
  expect((await night.at('jade').type('claim', id)).exit).toBe(0)
})

test('by somebody else is refused', async () => {
  const id = await openedOnPage()
  const kofi = night.at('kofi')
  expect((await kofi.type('claim', id)).exit).not.toBe(0)
  expect(kofi.files()).toEqual([])
})

test('of what is over says so, and keeps nothing', async () => {
  const id = await openedOnPage()
  night.advance(31 * 60)
  const jade = night.at('jade')
  expect([(await jade.type('claim', id)).exit, jade.files()]).toEqual([5, []])
})
