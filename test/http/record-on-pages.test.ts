import type { Digest } from '../../functions/domain/values.ts'
import { Tab } from '../support/pages/page-tab.ts'
import { prodParameter, World } from '../support/world.ts'

/** The record on the page of a request, with the means to verify it. */

let world: World
let tab: Tab
beforeEach(async () => {
  world = new World()
  tab = Tab.of(world)
  await tab.logIn('person-gus')
})

async function denied() {
  const request = await world.submitted(prodParameter, { justification: 'checkout waits too long' })
  await world.decide(request, 'ana', 'deny', { comment: 'not during the freeze' })
  const { id } = request.ask
  return { id, read: async () => (await tab.go('GET', `/decide/${id}`)).body }
}
const listIn = (body: string) => body.split('<ol class="items">')[1]?.split('</ol>')[0] ?? ''
const picturesIn = (body: string) => body.match(/<svg[\s\S]*?<\/svg>/g)?.join('') ?? ''

test("the list of a record has people's reasons, and its picture has none, since people pass pictures on", async () => {
  const body = await (await denied()).read()
  for (const said of ['checkout waits too long', 'not during the freeze']) {
    expect(listIn(body)).toContain(`“${said}”`)
    expect(picturesIn(body)).not.toContain(said)
  }
})

test("the list of a record has each entry's hash, previous hash, policies, and its place in the log", async () => {
  const { id, read } = await denied()
  expect(listIn(await read())).not.toMatch(/leaf \d/)
  await tab.doors.notary.follow(id)
  const list = listIn(await read())
  const entries = await world.ledger.entries(id)
  const folds = list.split('<dl class="entry">').slice(1)
  for (const { id: entry, hash, previous, policies, type } of entries) {
    const fold = folds.find((each) => each.includes(`<code>${entry}</code>`)) ?? ''
    for (const part of [hash, previous ?? 'none: it is the first', ...policies, type]) expect(fold).toContain(part)
    expect(fold).toMatch(/leaf \d+/)
  }
})

test('the list of a record marks an erased text, and leaves the rest', async () => {
  const { id, read } = await denied()
  const entries = await world.ledger.entries(id)
  const [comment] = entries.flatMap(({ type, facts }) => (type === 'Decided' ? [facts['comment'] as Digest] : []))
  await world.ledger.texts.erase([comment as Digest])
  const list = listIn(await read())
  expect(list).toContain('its text was erased')
  expect(list).toContain('“checkout waits too long”')
  for (const { hash } of entries) expect(list).toContain(hash)
})

test('the page of a request has the commands that verify its record', async () => {
  const { id, read } = await denied()
  expect(await read()).toContain(`npx --no-install hotwork receipt ${id} &gt; receipt.jwt`)
})

test('the page is marked in the navigation, and so is its section', async () => {
  const { read } = await denied()
  const marked = (body: string) => [...body.matchAll(/<a href="([^"]+)" aria-current="(\w+)"/g)].map(([, ...at]) => at)
  expect(marked((await tab.go('GET', '/halts')).body)).toEqual([['/halts', 'page']])
  expect(marked(await read())).toEqual([['/decide', 'true']])
})
