import { StoreUnavailable } from '../../functions/operations/faults.ts'
import { Tab } from '../support/pages/page-tab.ts'
import { parameter, person, prodParameter, sampleBundle, World } from '../support/world.ts'

/** The page of all requests, and what a person sets aside for themselves. */

let world: World
let tab: Tab
beforeEach(async () => {
  world = new World(sampleBundle())
  tab = Tab.of(world)
  await tab.logIn('person-ana')
})

const history = async (query: { [name: string]: string } = {}) =>
  tab.go('GET', `/requests?${new URLSearchParams(query)}`)
const idsIn = (body: string) => [...body.matchAll(/href="\/decide\/(req_[0-9a-z]{26})"/g)].map(([, id]) => id)

test("the history has each request's action, agent, task, status in words, and decisions", async () => {
  const request = await world.submitted(prodParameter)
  await world.decide(request, 'ana', 'deny')
  const { status, body } = await history()
  expect(status).toBe(200)
  expect(idsIn(body)).toEqual([request.ask.id])
  for (const said of ['agent:remediator', 'INC-1042', 'denied by Ana Alves', 'Tier 2']) expect(body).toContain(said)
})

test('the history has the requests that a filter leaves, and shows the filter as it was sent', async () => {
  const { ask } = await world.submitted(prodParameter)
  const other = await world.submitted(parameter('/staging/checkout/1'))
  const now = new Date(world.clock.now() * 1000).toISOString().slice(0, 10)
  for (const [query, found] of [
    [{ search: 'STAGING' }, [other.ask.id]],
    [{ search: ask.id.slice(0, 29) }, [other.ask.id, ask.id]],
    [{ search: ask.id }, [ask.id]],
    [{ resource: ask.resource.id, agent: 'agent:remediator', status: '', search: '' }, [ask.id]],
    [{ owner: ask.owner, action: ask.action, task: ask.parentTask.id }, [other.ask.id, ask.id]],
    [{ status: 'denied' }, []],
    [{ since: now, until: now }, [other.ask.id, ask.id]],
    [{ until: '2026-01-01' }, []],
  ] as const)
    expect(idsIn((await history(query)).body)).toEqual(found)
  const { body } = await history({ search: 'sta"ging', status: 'denied', agent: 'agent:gone' })
  expect(body).toContain('name="search" maxlength="128" value="sta&quot;ging"')
  expect(body).toContain('<option value="denied" selected>')
  expect(body).toContain('<option value="agent:gone" selected>')
  expect(body).toContain('Nothing found, by')
  expect(body).toContain(
    'npx --no-install hotwork ls --search &#39;sta&quot;ging&#39; --status denied --agent agent:gone',
  )
})

test('the history continues by a link until each request was shown once, and leads back to the newest', async () => {
  for (let n = 0; n < 60; n++) await world.submitted(parameter(`/staging/checkout/${n}`))
  const first = (await history({ search: 'checkout' })).body
  expect(idsIn(first)).toHaveLength(50)
  const [, older = ''] = /rel="next" href="([^"]+)"/.exec(first) ?? []
  const second = (await tab.go('GET', older.replaceAll('&amp;', '&'))).body
  expect(new Set([...idsIn(first), ...idsIn(second)]).size).toBe(60)
  expect(second).not.toContain('rel="next"')
  expect(second).toContain('href="/requests?search=checkout">Newest')
})

test.each([
  ['a time range that ends before it begins', { since: '2027-02-02', until: '2027-01-01' }, 'The time span is empty'],
  ['an invalid day', { since: 'yesterday' }, 'since'],
  ['an overlong search', { search: 'x'.repeat(129) }, 'search'],
  ['a control character', { search: 'a\u0007b' }, 'control characters'],
  ['an unknown status', { status: 'lost' }, 'status'],
  ['an unknown field', { colour: 'red' }, 'colour'],
  ['an invalid cursor', { after: 'x' }, 'after'],
])('the history reports %s, and shows the form again', async (_what, query, said) => {
  const { status, body } = await history(query)
  expect(status).toBe(400)
  expect(/role="alert"><p>([^<]*)/.exec(body)?.[1]).toContain(said)
  expect(body).toContain('<form class="box" method="get" action="/requests"')
})

test('the history during an outage shows no empty list', async () => {
  world.requests.list = async () => {
    throw new StoreUnavailable('it did not answer')
  }
  const { status, body } = await history()
  expect(status).toBe(503)
  expect(body).not.toContain('Nothing found')
})

test.each([
  ['its filters', { search: 'sta"ging/1', status: 'denied' }, '/requests?search=sta%22ging%2F1&status=denied'],
  ['a search of other letters', { search: 'é // \r\nx' }, '/requests?search=%C3%A9+%2F%2F+%0D%0Ax'],
  ['no filter', {}, '/requests'],
  ['filters too long for an address', { resource: 'x'.repeat(600) }, '/requests'],
])('a person without a session returns to the history by a login, with %s', async (_what, query, to) => {
  const { status, headers } = await Tab.of(world).go('GET', `/requests?${new URLSearchParams(query)}`)
  expect([status, headers['location']]).toEqual([303, `/login?to=${encodeURIComponent(to)}`])
  expect((await Tab.of(world).logIn('person-ana', to)).headers['location']).toBe(to)
})

test.each([
  '/requests?x=//evil.example\r\n',
  '/requests?a=b#c',
  '/requests/?a=b',
  '/requests?to=http://x',
  '//requests?a=b',
])('a login leads only to addresses that Hotwork writes: %s', async (to) => {
  expect((await Tab.of(world).logIn('person-ana', to)).headers['location']).toBe('/decide')
})

test('the list of waiting requests has a mark, by which it is asked for again and sent only if it may have changed', async () => {
  const ask = async (mark: string) => tab.go('GET', '/decide', undefined, { 'if-none-match': mark })
  const { body, headers } = await tab.go('GET', '/decide')
  const mark = headers['etag'] ?? ''
  expect(body).toContain(`data-mark="${mark.replaceAll('"', '&quot;')}"`)
  const read = { list: 0, dependencies: 0 }
  for (const name of ['list', 'dependencies'] as const) {
    const of = world.requests[name].bind(world.requests) as (...args: unknown[]) => unknown
    Object.assign(world.requests, {
      [name]: (...args: unknown[]) => {
        read[name] += 1
        return of(...args)
      },
    })
  }
  const same = await ask(mark)
  expect([same.status, same.body, same.headers['etag']]).toEqual([304, '', mark])
  // The halts of a person are read with each session.
  expect(read).toEqual({ list: 0, dependencies: 1 })
  const { ask: first } = await world.submitted(prodParameter)
  const next = await ask(mark)
  expect([next.status, idsIn(next.body)]).toEqual([200, [first.id]])
  world.clock.advance(120)
  expect((await ask(next.headers['etag'] ?? '')).status).toBe(200)
  const other = Tab.of(world)
  await other.logIn('person-ben')
  const own = (await tab.go('GET', '/decide')).headers['etag']
  expect((await other.go('GET', '/decide', undefined, { 'if-none-match': own ?? '' })).status).toBe(200)
})

describe('what a person sets aside', () => {
  const waiting = async (of = tab) => {
    const { body } = await of.go('GET', '/decide')
    const [shown = '', aside = ''] = body.split('<details>')
    return { shown: idsIn(shown), aside: idsIn(aside) }
  }
  const send = async (id: string, aside: string) => {
    const { csrf = '' } = tab.fields(await tab.go('GET', `/decide/${id}`), 'verdict', 'approve')
    return tab.go('POST', `/decide/${id}`, { csrf, aside })
  }

  test("a request set aside leaves that person's list for an hour, without a record or a decision", async () => {
    const { ask } = await world.submitted(prodParameter)
    const before = await world.ledger.entries(ask.id)
    expect(await waiting()).toEqual({ shown: [ask.id], aside: [] })
    expect((await send(ask.id, 'hour')).headers['location']).toBe('/decide')
    expect(await waiting()).toEqual({ shown: [], aside: [ask.id] })
    expect(await world.ledger.entries(ask.id)).toEqual(before)
    expect((await world.state(ask.id)).status).toBe('pending')
  })

  test('a request set aside comes back on demand, and 15 minutes before it is due', async () => {
    const { ask, stages } = await world.submitted(prodParameter)
    await send(ask.id, 'due')
    await send(ask.id, 'back')
    expect(await waiting()).toEqual({ shown: [ask.id], aside: [] })
    await send(ask.id, 'due')
    world.clock.advance((stages[0]?.deadline ?? 0) - 900 - world.clock.now() - 1)
    expect(await waiting()).toEqual({ shown: [], aside: [ask.id] })
    world.clock.advance(1)
    expect(await waiting()).toEqual({ shown: [ask.id], aside: [] })
    const late = await send(ask.id, 'hour')
    expect([late.status, late.body]).toEqual([400, expect.stringContaining('It is due too soon to be set aside')])
  })

  test('a request is set aside only while it waits, for an offered time, and if it exists', async () => {
    const request = await world.submitted(prodParameter)
    expect((await send(request.ask.id, 'forever')).status).toBe(400)
    const { csrf = '' } = tab.fields(await tab.go('GET', `/decide/${request.ask.id}`), 'verdict', 'approve')
    expect((await tab.go('POST', `/decide/req_${'z'.repeat(26)}`, { csrf, aside: 'hour' })).status).toBe(404)
    expect((await tab.go('POST', `/decide/${request.ask.id}`, { csrf: 'x', aside: 'hour' })).status).toBe(403)
    await world.decide(request, 'ana', 'deny')
    expect((await tab.go('POST', `/decide/${request.ask.id}`, { csrf, aside: 'hour' })).status).toBe(409)
  })

  test("a request set aside by one person stays in another's list", async () => {
    const { ask } = await world.submitted(prodParameter)
    await send(ask.id, 'hour')
    expect(await world.requests.recall(`ASIDE#${person('ana')}`)).toContain(ask.id)
    expect(await world.requests.recall(`ASIDE#${person('ben')}`)).toBeUndefined()
  })
})
