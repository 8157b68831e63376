import { StoreUnavailable } from '../../functions/operations/faults.ts'
import { declareHalt } from '../../functions/operations/halts/halt.ts'
import { corpus } from '../channels/slack/cards/inert-corpus.ts'
import { PageDoors, type Shown } from '../support/pages/page-doors.ts'
import { Tab } from '../support/pages/page-tab.ts'
import { MemoryLoginProvider } from '../support/people/memory-login-provider.ts'
import { agent, issuer, person, World } from '../support/world.ts'

/** The page of halts, its form to halt and its form to lift. Gus and Hana are in security. */

let world: World
let doors: PageDoors
let provider: MemoryLoginProvider
beforeEach(() => {
  world = new World()
  provider = new MemoryLoginProvider()
  doors = new PageDoors(world, issuer, { provider, tokens: provider })
})

async function openAs(who: string, at = '/halts'): Promise<{ tab: Tab; page: Shown }> {
  const tab = new Tab({ doors, provider, world })
  await tab.logIn(`person-${who}`, at)
  return { tab, page: await tab.go('GET', at) }
}
const hiddenIn = ({ body }: Shown) =>
  Object.fromEntries(
    [...(body.split('action="/halts"')[1] ?? '').matchAll(/type="hidden" name="(csrf|key)" value="([^"]+)"/g)].map(
      ([, name = '', value = '']) => [name, value],
    ),
  )
const librarian = { kind: 'agent', value: 'agent:librarian', reason: 'it reads what it should not', until: '' }
const halted = async () => (await doors.halts.list({ lifted: true }, { limit: 50 })).items

/** Halts by the form, and opens the page of the halt. */
async function declared(who = 'gus', fields: { [name: string]: string } = librarian) {
  const { tab, page } = await openAs(who)
  const sent = await tab.go('POST', '/halts', { ...hiddenIn(page), ...fields })
  const at = sent.headers['location'] ?? ''
  return { tab, page, sent, at, shown: await tab.go('GET', at) }
}

test('a halt by the form is in force, recorded, and shown with its person, reason and end', async () => {
  const { sent, at, shown } = await declared('gus', { ...librarian, until: '2027-01-15T10:30' })
  expect([sent.status, at]).toEqual([303, expect.stringMatching(/^\/halts\/hlt_[0-9a-z]{26}$/)])
  const [halt] = await halted()
  expect(halt).toMatchObject({ target: { kind: 'agent', value: 'agent:librarian' }, by: 'person:gus' })
  expect(halt?.until).toBe(Date.parse('2027-01-15T10:30:00Z') / 1000)
  expect(shown.body).toContain('it reads what it should not')
  expect(shown.body).toContain('Gus Garcia')
  expect(await world.story(halt?.id ?? '')).toEqual(['Halted'])
})

test('the page of a halt has each entry of its record, folded, with hash, previous hash and policies', async () => {
  const { at, shown } = await declared()
  const [entry] = await world.ledger.entries(at.slice('/halts/'.length))
  const fold = shown.body.split('<details>').find((each) => each.includes(entry?.hash ?? 'none')) ?? ''
  for (const part of [entry?.id, entry?.policies[0], 'none: it is the first', 'npx --no-install hotwork verify'])
    expect(fold).toContain(part)
})

test('a form sent twice makes one halt, and another body with its key makes none', async () => {
  const { tab, page, at } = await declared()
  const again = await tab.go('POST', '/halts', { ...hiddenIn(page), ...librarian })
  expect([again.status, again.headers['location']]).toEqual([303, at])
  const other = await tab.go('POST', '/halts', { ...hiddenIn(page), ...librarian, value: 'agent:nightly' })
  expect([other.status, other.body.includes('This form was sent before')]).toEqual([409, true])
  expect(await halted()).toHaveLength(1)
  const once = await tab.go('POST', '/halts', { ...hiddenIn(other), ...librarian, value: 'agent:nightly' })
  expect([once.status, (await halted()).length]).toEqual([303, 2])
})

test.each<[rule: string, changes: { [name: string]: string }, field: string]>([
  ['no reason', { reason: ' ' }, 'reason'],
  ['a reason that is too long', { reason: 'x'.repeat(1001) }, 'reason'],
  ['an unknown agent', { value: 'agent:none' }, 'value'],
  ['nonsense for an agent', { value: 'everything' }, 'value'],
  ['no id', { value: '' }, 'value'],
  ['an unknown environment', { kind: 'environment', value: 'moon' }, 'value'],
  ['an id beside everything', { kind: 'all', value: 'agent:librarian' }, 'value'],
  ['a past time', { until: '2020-01-01T00:00' }, 'until'],
  ['an impossible time', { until: '2027-02-31T00:00' }, 'until'],
  ['an unknown kind', { kind: 'moon' }, 'value'],
])('a halt with %s is refused, beside its field, and the typed text stays', async (_rule, changes, field) => {
  const { tab, page } = await openAs('gus')
  const sent = await tab.go('POST', '/halts', { ...hiddenIn(page), ...librarian, ...changes })
  expect(sent.status).toBe(400)
  const control = new RegExp(`<[^>]+ id="${field}"[^>]*>`).exec(sent.body)?.[0] ?? ''
  expect(control).toContain(`aria-describedby="${field}-hint ${field}-wrong" aria-invalid="true"`)
  expect(sent.body).toContain(`id="${field}-wrong"`)
  const written: { [name: string]: string } = { ...librarian, ...changes }
  if (field !== 'reason') expect(sent.body).toContain(librarian.reason)
  if (field !== 'value') expect(sent.body).toContain(`value="${written['value']}"`)
  expect(await halted()).toEqual([])
})

test('everything is halted by a form without a name', async () => {
  await declared('gus', { ...librarian, kind: 'all', value: '' })
  expect((await halted()).map(({ target }) => target)).toEqual([{ kind: 'all', value: 'all' }])
})

test('the declarer cannot lift their halt, with the reason; another person lifts it, once', async () => {
  const { tab, at, shown } = await declared()
  expect(shown.body).toContain('You declared this halt, so you cannot lift it')
  expect(shown.body).not.toContain('Lift this halt')
  const csrf = hiddenIn(await tab.go('GET', '/halts'))['csrf'] ?? ''
  const own = await tab.go('POST', at, { csrf })
  expect([own.status, own.body.includes('You declared this halt')]).toEqual([403, true])
  const hana = await openAs('hana', at)
  expect(hana.page.body).toContain('Lift this halt')
  const [, mark = ''] = /name="csrf" value="([^"]+)"/.exec(hana.page.body) ?? []
  for (const _time of [1, 2]) {
    const lifted = await hana.tab.go('POST', at, { csrf: mark })
    expect([lifted.status, lifted.headers['location']]).toEqual([303, at])
  }
  expect((await halted())[0]?.lifted?.by).toBe('person:hana')
  expect(await world.story(at.slice('/halts/'.length))).toEqual(['Halted', 'Lifted'])
  const late = await openAs('ivo')
  const sent = await late.tab.go('POST', at, { csrf: hiddenIn(late.page)['csrf'] ?? '' })
  expect([sent.status, sent.body.includes('This halt is lifted already')]).toEqual([409, true])
})

test('ended halts are folded, fifty to a page, below those in force', async () => {
  const ports = { ...world.ports, halts: doors.halts, targetRoles: [] }
  const target = { kind: 'agent', value: agent('nightly') } as const
  for (let at = 0; at < 52; at++) {
    const until = world.clock.now() + 10
    await declareHalt({ target, reason: `number ${at}`, until, person: person('gus') }, ports)
    world.clock.advance(11)
  }
  const { tab, page, at } = await declared()
  const shown = await tab.go('GET', '/halts')
  const [above = '', fold = ''] = shown.body.split('<summary>Lifted halts')
  expect(page.body).toContain('Nothing is halted')
  expect([above.includes('1 halt is in force'), above.includes(`href="${at}"`)]).toEqual([true, true])
  expect(above).not.toContain('number 51')
  const numbers = (text: string) => [...text.matchAll(/“number (\d+)”/g)].map(([, number]) => Number(number))
  const first = numbers(fold)
  const [, older = ''] = /<a href="([^"]+)">Older ones/.exec(fold) ?? []
  const { body } = await tab.go('GET', older)
  expect(body).toContain('<details open>')
  expect([...first, ...numbers(body.split('<summary>Lifted halts')[1] ?? '')]).toEqual(
    Array.from({ length: 52 }, (_, number) => 51 - number),
  )
  expect(first).toHaveLength(49)
})

test('a person without the right gets no form, and a forged form halts nothing', async () => {
  const { tab, page } = await openAs('lena')
  expect(page.body).not.toContain('Halt it now')
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.body)?.[1] ?? ''
  expect((await tab.go('POST', '/halts', { csrf, key: world.ids.halt(), ...librarian })).status).toBe(403)
  expect(await halted()).toEqual([])
})

test('a form of another site, without its key, or from a person without a session is refused', async () => {
  const { tab, page } = await openAs('gus')
  const fields = { ...hiddenIn(page), ...librarian }
  expect((await tab.go('POST', '/halts', { ...fields, csrf: 'x' })).status).toBe(403)
  expect((await tab.go('POST', '/halts', fields, { origin: 'https://evil.example' })).status).toBe(403)
  expect((await tab.go('POST', '/halts', { ...fields, key: 'mine' })).status).toBe(400)
  tab.cookies.clear()
  expect((await tab.go('POST', '/halts', fields)).status).toBe(401)
  expect(await halted()).toEqual([])
})

test('a login for the halts or one halt returns there, and an unknown halt has no page', async () => {
  const { at } = await declared()
  expect((await openAs('hana', at)).page.status).toBe(200)
  const { tab } = await openAs('hana')
  expect((await tab.go('GET', `/halts/hlt_${'0'.repeat(26)}`)).status).toBe(404)
  expect((await tab.go('GET', '/halts/x')).status).toBe(404)
  expect((await tab.go('GET', '/halts?after=x')).status).toBe(400)
})

test('a link fills in the target of the halt', async () => {
  const { tab } = await openAs('gus')
  const { body } = await tab.go('GET', '/halts?kind=owner&value=person:dan')
  expect(body).toMatch(/<option value="owner" selected>/)
  expect(body).toContain('value="person:dan"')
})

test.each(corpus.map((text) => [text.slice(0, 60), text]))('a reason of %j is text', async (_short, reason) => {
  const { at } = await declared('gus', { ...librarian, reason: `x${reason}` })
  if (at === '') return
  const tags = ({ body }: Shown) => [...new Set(body.match(/<[a-z/?!][^\s>]*/g))].toSorted()
  const { tab, page } = await openAs('hana', at)
  const plain = await openAs('hana', (await declared('gus', { ...librarian, value: 'agent:nightly' })).at)
  expect(tags(page)).toEqual(tags(plain.page))
  expect((await tab.go('GET', '/halts')).body).not.toContain('\u202e')
})

test('a form during an outage is 503 in words, and may be sent again unchanged', async () => {
  const { tab, page } = await openAs('gus')
  const fields = { ...hiddenIn(page), ...librarian }
  const { halts } = doors
  const save = halts.save.bind(halts)
  halts.save = async () => {
    halts.save = save
    throw new StoreUnavailable('no answer')
  }
  const sent = await tab.go('POST', '/halts', fields)
  expect([sent.status, sent.body.includes('It is unknown whether your form was recorded')]).toEqual([503, true])
  expect((await tab.go('POST', '/halts', fields)).status).toBe(303)
  expect(await halted()).toHaveLength(1)
})
