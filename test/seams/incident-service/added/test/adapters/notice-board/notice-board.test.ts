import { describeRequest } from '../../../functions/domain/cards/request-view.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { incidentsOf } from '../../../functions/handlers/wiring/incidents.ts'
import { tasksOf } from '../../../functions/handlers/wiring/tasks.ts'
import { Copy } from '../../policies/sample.ts'
import { prodParameter, sampleBundle, World } from '../../support/world.ts'

/** The toy: another kind of service that keeps incidents. It must be found in each place where the HTTP form is. */

const notes = { 'INC-1042': 'Checkout is down', 'INC-13': '' }
const told = { INCIDENT_SECRET: 'incidents' }
const sample = sampleBundle()
const bundle: Bundle = {
  ...sample,
  deployment: { ...sample.deployment, incidents: { kind: 'board', notes } },
  ladder: {
    ...sample.ladder,
    tiers: sample.ladder.tiers.map((each) => (each.tier === 2 ? { ...each, parentTask: 'live' } : each)),
  },
}

function boardWorld() {
  const world = new World(bundle)
  return Object.assign(world, tasksOf(world.ports, told))
}

test('the build accepts a notice board, and keeps the HTTP form unchanged', () => {
  using copy = new Copy()
  copy.editJson('deployment.json', (deployment) => (deployment.incidents = { kind: 'board', notes }))
  expect(copy.compile()).toMatchObject({ ok: true, bundle: { deployment: { incidents: { kind: 'board', notes } } } })
  expect(sample.deployment.incidents).not.toHaveProperty('kind')
})

test.each<[what: string, incidents: object, message: string]>([
  ['settings of another kind', { kind: 'board', url: 'https://incidents.example.org/{incident}' }, 'notes'],
  ['an unknown kind', { kind: 'wall', notes }, 'kind'],
])('the build refuses a notice board with %s', (_what, incidents, message) => {
  using copy = new Copy()
  copy.editJson('deployment.json', (deployment) => (deployment.incidents = incidents))
  const compiled = copy.compile()
  expect(compiled.ok ? '' : JSON.stringify(compiled)).toContain(message)
  expect(compiled.ok).toBe(false)
})

test('a tier that needs a live parent task asks the notice board, and people see the incident', async () => {
  const world = boardWorld()
  const request = await world.submitted(prodParameter)
  expect(request.ask).toMatchObject({ task: 'known', incident: { title: 'Checkout is down' } })
  expect(JSON.stringify(describeRequest(request, bundle))).toContain('Checkout is down')
  expect(await world.submit(prodParameter, { parentTask: { id: 'REL-7' } })).toMatchObject({ ok: false })
})

test("a request fails closed if the notice board's reader fails", async () => {
  const world = boardWorld()
  const parentTask = { id: 'INC-13' }
  const { id: evaluation } = await world.evaluate(prodParameter, undefined, { parentTask })
  expect(await world.submit(prodParameter, { parentTask, evaluation })).toMatchObject({ code: 'incidents_unreachable' })
  expect(JSON.stringify(world.log.lines)).toContain('incidents_unreachable')
})

test('the notice board is asked before an opening, and keeps no person out while it is down', async () => {
  const incidents = incidentsOf(boardWorld(), told)
  const looks = await Promise.all(['INC-1042', 'REL-7', 'INC-13'].map((name) => incidents.look(name)))
  expect(looks.map(({ answer }) => answer)).toEqual(['known', 'unknown', 'unreachable'])
})
