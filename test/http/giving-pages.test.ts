import { PageDoors, type Shown } from '../support/pages/page-doors.ts'
import { Tab } from '../support/pages/page-tab.ts'
import { MemoryLoginProvider } from '../support/people/memory-login-provider.ts'
import { agent, flag, issuer, person, World } from '../support/world.ts'

/** The pages on which people give: standing permits by shape and stand-ins. Ben owns the flags. */

let world: World
let provider: MemoryLoginProvider
let doors: PageDoors
beforeEach(() => {
  world = new World()
  provider = new MemoryLoginProvider()
  doors = new PageDoors(world, issuer, { provider, tokens: provider })
})

async function openAs(who: string, at: string): Promise<{ tab: Tab; page: Shown }> {
  const tab = new Tab({ doors, provider, world })
  await tab.logIn(`person-${who}`, at)
  return { tab, page: await tab.go('GET', at) }
}
const hiddenIn = ({ body }: Shown, action: string) =>
  Object.fromEntries(
    [
      ...((body.split(`action="${action}"`)[1] ?? '').split('</form>')[0] ?? '').matchAll(
        /type="hidden" name="([^"]+)" value="([^"]*)"/g,
      ),
    ].map(([, name = '', value = '']) => [name, value]),
  )

async function approved(): Promise<string> {
  const request = await world.submitted(flag())
  await world.decide(request, 'ben')
  return request.ask.id
}
const typed = { 'is.environment': 'prod', 'is.flag': 'express-*', uses: '2', hours: '4' }
const permits = async () => (await world.permits.list({ limit: 50 })).items

test('a standing permit by shape is given on the page after it has shown what it would have covered, and drawn twice by two asks', async () => {
  const id = await approved()
  const at = `/permits/give/${id}`
  const { tab, page } = await openAs('ben', at)
  expect(page.body).toContain('value="express-checkout"')
  expect(page.body).not.toContain('value="give"')
  const shown = await tab.go('POST', at, { ...hiddenIn(page, at), ...typed, act: 'show' })
  expect([shown.status, await permits()]).toEqual([200, []])
  expect(shown.body).toContain('It would have covered 1 request')
  const given = await tab.go('POST', at, { ...hiddenIn(shown, at), ...typed, act: 'give' })
  expect([given.status, given.headers['location']]).toEqual([303, '/permits'])
  expect(await permits()).toMatchObject([{ by: 'person:ben', uses: 2, shape: { arguments: { value: { is: false } } } }])
  for (const name of ['express-1', 'express-2'])
    expect(await world.submitted(flag(name))).toMatchObject({ status: 'approved' })
  expect(await world.submitted(flag('express-3'))).toMatchObject({ status: 'pending' })
  expect((await tab.go('GET', '/permits')).body).toContain('Used up')
})

test('a standing permit by shape is not given for another shape than the form has shown', async () => {
  const id = await approved()
  const at = `/permits/give/${id}`
  const { tab, page } = await openAs('ben', at)
  const shown = await tab.go('POST', at, { ...hiddenIn(page, at), ...typed, act: 'show' })
  const wider = { ...typed, 'is.flag': 'expr*' }
  const again = await tab.go('POST', at, { ...hiddenIn(shown, at), ...wider, act: 'give' })
  expect([again.status, await permits()]).toEqual([200, []])
  expect(again.body).toContain('value="expr*"')
})

test.each<[what: string, changes: { [name: string]: string }, field: string]>([
  ['a pattern with three characters before its `*`', { 'is.flag': 'exp*' }, 'is.flag'],
  ['another text', { 'is.environment': 'staging' }, 'is.environment'],
  ['no number of uses', { uses: 'many' }, 'uses'],
  ['21 uses', { uses: '21' }, 'uses'],
  ['25 hours', { hours: '25' }, 'hours'],
])(
  'a standing permit by shape with %s is shown again with the fault at its field, and loses nothing',
  async (_what, changes, field) => {
    const id = await approved()
    const at = `/permits/give/${id}`
    const { tab, page } = await openAs('ben', at)
    const again = await tab.go('POST', at, { ...hiddenIn(page, at), ...typed, ...changes, act: 'show' })
    expect(again.status).toBe(400)
    expect(again.body).toMatch(new RegExp(`id="${field.replace('.', '\\.')}-wrong"`))
    for (const value of Object.values({ ...typed, ...changes })) expect(again.body).toContain(`value="${value}"`)
  },
)

test('a standing permit by shape is refused to a person who approved nothing, and on record', async () => {
  const id = await approved()
  const at = `/permits/give/${id}`
  const { tab, page } = await openAs('ana', at)
  const shown = await tab.go('POST', at, { ...hiddenIn(page, at), ...typed, act: 'show' })
  const refused = await tab.go('POST', at, { ...hiddenIn(shown, at), ...typed, act: 'give' })
  expect([refused.status, await permits()]).toEqual([403, []])
  expect(await world.story('person:ana')).toContain('Refused')
})

test('a standing permit by shape is linked from the page of a request that the reader alone approved', async () => {
  const id = await approved()
  const link = `/permits/give/${id}`
  expect((await openAs('ben', `/decide/${id}`)).page.body).toContain(link)
  expect((await openAs('ana', `/decide/${id}`)).page.body).not.toContain(link)
})

test('a standing permit by shape is revoked on the page by its giver, and not by a person who may not', async () => {
  const id = await approved()
  const given = await world.givePermit(await world.state(id as never), 'ben', { shape: flag('express-*').arguments })
  if (!given.ok) throw new Error(given.code)
  const at = `/permits/${given.value.id}`
  const eve = await openAs('eve', '/permits')
  expect(eve.page.body).not.toContain(`action="${at}"`)
  const csrf = hiddenIn(eve.page, '/logout')
  expect((await eve.tab.go('POST', at, csrf)).status).toBe(403)
  const { tab, page } = await openAs('ben', '/permits')
  expect(page.body).toContain('1 standing permit is live')
  expect((await tab.go('POST', at, hiddenIn(page, at))).status).toBe(303)
  expect(await permits()).toMatchObject([{ revoked: { by: 'person:ben' } }])
})

test('a standing permit by shape says that a denial has ended it', async () => {
  const id = await approved()
  await world.givePermit(await world.state(id as never), 'ben', { shape: flag('express-*').arguments })
  await world.decide(await world.submitted(flag('new-basket')), 'ana', 'deny')
  expect((await openAs('eve', '/permits')).page.body).toMatch(/Ended: .*was denied/)
})

test('a standing permit says that a halt stops it, with a link to the halt', async () => {
  const id = await approved()
  await world.givePermit(await world.state(id as never), 'ben')
  world.clock.advance(5)
  const halt = world.putHalt({ kind: 'agent', value: agent('remediator') })
  const { body } = (await openAs('eve', '/permits')).page
  expect(body).toContain(`Ended: <a href="/halts/${halt.id}">a halt</a> stops it`)
  expect(body).toContain('No standing permit is live')
})

const named = { by: 'person:chloe', from: '', until: '2027-01-16T08:00' }

test('a stand-in is named on the page by the reader’s login, and ended there', async () => {
  const { tab, page } = await openAs('ben', '/stand-ins')
  expect((await tab.go('POST', '/stand-ins', { ...hiddenIn(page, '/stand-ins'), ...named })).status).toBe(303)
  const { absences } = await world.standIns.of({ absent: person('ben'), by: person('ben') })
  expect(absences.standIns).toMatchObject([{ by: 'person:chloe', login: { acr: 'plain' } }])
  const at = `/stand-ins/${absences.standIns[0]?.id}`
  const list = await tab.go('GET', '/stand-ins')
  expect(list.body).toContain('Chloe Chen')
  expect((await openAs('chloe', '/stand-ins')).page.body).toContain(`action="${at}"`)
  expect((await tab.go('POST', at, hiddenIn(list, at))).status).toBe(303)
  expect((await tab.go('GET', '/stand-ins')).body).toContain('No other person decides for you')
})

test.each<[what: string, changes: { [name: string]: string }, status: number, field: string]>([
  ['no person', { by: '' }, 400, 'by'],
  ['no end', { until: '' }, 400, 'until'],
  ['nonsense for its start', { from: 'soon' }, 400, 'from'],
  ['an end in 31 days', { until: '2027-02-20T08:00' }, 403, 'until'],
  ['a person that policy does not let', { by: 'person:gus' }, 403, 'by'],
])('a stand-in with %s is refused at its field, and the form keeps the rest', async (_what, changes, status, field) => {
  const { tab, page } = await openAs('ben', '/stand-ins')
  const again = await tab.go('POST', '/stand-ins', { ...hiddenIn(page, '/stand-ins'), ...named, ...changes })
  expect(again.status).toBe(status)
  expect(again.body).toContain(`id="${field}-wrong"`)
  expect((await world.standIns.list({ limit: 5 })).items).toEqual([])
})

test.each(['/permits/give/req_00000000000000000000000000', '/permits/give/bgl_00000000000000000000000000'])(
  'the form for %s, which is no request, is a page that says so',
  async (at) => {
    expect((await openAs('ben', at)).page.status).toBe(404)
  },
)

test.each([
  ...['/permits', '/permits/give/req_00000000000000000000000000', '/stand-ins', '/ask'],
  '/agents/agent:remediator/usage',
])('the page %s leads to a login, and back', async (at) => {
  const tab = new Tab({ doors, provider, world })
  const shown = await tab.go('GET', at)
  expect([shown.status, shown.headers['location']]).toEqual([303, `/login?to=${encodeURIComponent(at)}`])
  expect((await tab.logIn('person-ben', at)).headers['location']).toBe(at)
})
