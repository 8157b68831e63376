import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import { measureStages } from '../../functions/domain/requests/decision-measures.ts'
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
  return measureStages(items.map(({ state }) => state))
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
      ...{ stage: 'owner', decisions: 3, within10: 1, timed: 3, onCard: 1 },
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
  expect(measureStages([state, drawn])).toMatchObject([{ stage: 'owner', decisions: 1 }])
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
