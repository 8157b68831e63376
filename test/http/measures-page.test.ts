import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import { lookKey, measureStages } from '../../functions/domain/requests/decision-measures.ts'
import { measureDecisions } from '../../functions/operations/requests/measure-decisions.ts'
import { PageDoors } from '../support/pages/page-doors.ts'
import { Tab } from '../support/pages/page-tab.ts'
import { MemoryLoginProvider } from '../support/people/memory-login-provider.ts'
import { flag, issuer, person, prodParameter, sampleBundle, World } from '../support/world.ts'

/** How people decide, by stage, from the requests of seven days. */

let world: World
beforeEach(() => {
  world = new World(sampleBundle())
})
const login = { at: 1 }
const measured = async () => {
  const { items } = await world.requests.list({}, { limit: 100 })
  return measureStages(
    items.map(({ state }) => state),
    new Map(),
  )
}
async function decided(after: number, how: object, verdict: 'approve' | 'deny' = 'approve'): Promise<ApprovalRequest> {
  const request = await world.submitted(flag())
  world.clock.advance(after)
  await world.decide(request, 'ana', verdict, how)
  return request
}

test('a stage has its decisions, the times to them, and how many came within ten seconds or by a click', async () => {
  await decided(9, {})
  await decided(10, { login })
  await decided(100, { login }, 'deny')
  expect(await measured()).toEqual([
    {
      ...{ stage: 'owner', decisions: 3, within10: 1, timed: 3, onCard: 1, unopened: 3 },
      decided: { median: 10, p90: 100 },
      firstAct: { median: 10, p90: 100 },
    },
  ])
})

test('a stage that no person acted on has no row', async () => {
  await world.submitted(flag())
  expect(await measured()).toEqual([])
})

test('requests that inherit their approvals are not counted again', async () => {
  const request = await decided(9, {})
  const state = await world.state(request.ask.id)
  const drawn = { ...state, ask: { ...state.ask, standing: `stp_${'1'.repeat(26)}` } } as ApprovalRequest
  expect(measureStages([state, drawn], new Map())).toMatchObject([{ stage: 'owner', decisions: 1 }])
})

describe('the first look', () => {
  let tab: Tab
  let request: ApprovalRequest
  beforeEach(async () => {
    tab = Tab.of(world)
    await tab.logIn('person-ana')
    request = await world.submitted(flag())
    world.clock.advance(30)
  })
  const pathTo = ({ ask }: ApprovalRequest) => `/decide/${ask.id}`
  const lookOf = async (of = tab) => /id="look" value="([^"]*)"/.exec((await of.go('GET', pathTo(request))).body)?.[1]
  const send = async (look: string, headers = {}, of = tab) =>
    (await of.go('POST', pathTo(request), Object.fromEntries(new URLSearchParams(look)), headers)).status
  const kept = () => world.requests.recall(`LOOK#${request.ask.id}#1#owner`)
  const inPage = async () => (await lookOf())?.replaceAll('&amp;', '&') ?? ''
  const of = async () => {
    const found = await measureDecisions(person('ana'), world.ports)
    return found.ok ? found.value.stages : []
  }
  const logged = () => world.log.lines.filter(({ message }) => message === 'first_look')

  test('it is kept once, without the person and without an entry, and logged as a measure', async () => {
    const entries = async () => [
      ...(await world.ledger.entries(request.ask.id)),
      ...(await world.ledger.entries(person('ana'))),
    ]
    const [look, now, before] = [await inPage(), world.clock.now(), await entries()]
    expect(await send(look)).toBe(204)
    world.clock.advance(5)
    expect(await send(look)).toBe(204)
    expect(await kept()).toBe(String(now))
    expect(await entries()).toEqual(before)
    expect(logged().map(({ fields }) => fields)).toEqual([{ stage: 'owner', seconds: 30 }])
  })

  test('a decision after it was on an opened page; one before it, or without it, was not', async () => {
    await send(await inPage())
    world.clock.advance(5)
    await world.decide(request, 'ana')
    await decided(9, {})
    const firstLook = { median: 30, p90: 30 }
    expect(await of()).toMatchObject([{ stage: 'owner', decisions: 2, unopened: 1, firstLook }])
    const state = await world.state(request.ask.id)
    const late = new Map([[lookKey(state, 'owner'), world.clock.now()]])
    expect(measureStages([state], late)).toMatchObject([{ decisions: 1, unopened: 1 }])
  })

  test('a stage that was seen and not decided has a row', async () => {
    await send(await inPage())
    expect(await of()).toMatchObject([{ decisions: 0, unopened: 0, firstLook: { median: 30, p90: 30 } }])
  })

  test('a page of a person who may not decide says nothing, and their word counts for nothing', async () => {
    const other = Tab.of(world)
    await other.logIn('person-dan')
    expect(await lookOf(other)).toBeUndefined()
    const csrf = /name="csrf" value="([^"]*)"/.exec((await other.go('GET', pathTo(request))).body)?.[1]
    expect(await send(`csrf=${csrf}&look=owner`, {}, other)).toBe(204)
    expect(await kept()).toBeUndefined()
  })

  test('a look without its mark, from another site, or at a stage that is not open is not kept', async () => {
    const look = await inPage()
    expect(await send('look=owner')).toBe(403)
    expect(await send(look, { 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await send(look, { origin: 'https://evil.example' })).toBe(403)
    expect(await send(look.replace('look=owner', 'look=sre'))).toBe(204)
    expect(await kept()).toBeUndefined()
  })
})

test('measures look back seven days, and say from when', async () => {
  await decided(9, {})
  world.clock.advance(7 * 86_400)
  const now = world.clock.now()
  expect(await measureDecisions(person('ana'), world.ports)).toMatchObject({
    ok: true,
    value: { stages: [], requests: 0, since: now - 7 * 86_400 },
  })
})

test('measures stop after five pages, and say from when', async () => {
  const [next, list] = [`${world.clock.now() - 60}#req_x`, world.requests.list.bind(world.requests)]
  let pages = 0
  world.requests.list = async (filter, page) => {
    pages += 1
    return { ...(await list(filter, page)), next }
  }
  expect(await measureDecisions(person('ana'), world.ports)).toMatchObject({
    value: { since: world.clock.now() - 60 },
  })
  expect(pages).toBe(5)
})

test('the page shows the numbers and what each means, to people who may read', async () => {
  await decided(9, {})
  await world.submitted(prodParameter)
  const provider = new MemoryLoginProvider()
  const doors = new PageDoors(world, issuer, { provider, tokens: provider })
  const tab = new Tab({ doors, provider, world })
  await tab.logIn('person-ana')
  const { status, body } = await tab.go('GET', '/measures')
  expect(status).toBe(200)
  expect(body).toContain('100 % of 1')
  expect(body).toContain('What the numbers mean')
})
