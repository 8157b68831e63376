import { personView } from '../../../functions/adapters/http/views.ts'
import { noCounts } from '../../../functions/domain/agents/activity.ts'
import { recordText } from '../../../functions/domain/cards/agent-record.ts'
import { describeRequest, shownDigest } from '../../../functions/domain/cards/request-view.ts'
import { askerRows } from '../../../functions/domain/cards/request-words.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, flag, prodParameter, sampleBundle, stagingParameter, World } from '../../support/world.ts'

/** People see the record of the agent that acts, and what became of its last request, as it was at the submission. */

const bundle = sampleBundle()
let world: World
beforeEach(() => {
  world = new World(bundle)
})
const rowsOf = (state: Parameters<typeof describeRequest>[0]) =>
  askerRows(describeRequest(state, bundle)).map(({ label, text }) => `${label}: ${text}`)

test('a request says what became of the last one for the same action, and of no other', async () => {
  const first = await world.submitted(prodParameter)
  expect(first.ask.lastAsked).toBeUndefined()
  await world.decide(first, 'ben', 'deny')
  world.clock.advance(7200)
  const second = await world.submitted(stagingParameter)
  expect(second.ask.lastAsked).toEqual({ request: first.ask.id, at: first.submittedAt, status: 'denied' })
  expect(personView(second, bundle)).toMatchObject({
    record: { last: { request: first.ask.id, status: 'denied' } },
  })
  expect(rowsOf(second)).toContainEqual(expect.stringContaining('its last for this action, 2 h before: denied'))
  expect((await world.submitted(flag())).ask.lastAsked).toBeUndefined()
})

test('a record stays as it was when people were asked: what ends later changes neither words nor the shown digest', async () => {
  const first = await world.submitted(prodParameter)
  const second = await world.submitted(stagingParameter)
  const [shown, rows] = [shownDigest(describeRequest(second, bundle)), rowsOf(second)]
  expect(rows).toContainEqual(expect.stringContaining('still waiting'))
  await world.decide(first, 'ben', 'deny')
  const again = await world.state(second.ask.id)
  expect([shownDigest(describeRequest(again, bundle)), rowsOf(again)]).toEqual([shown, rows])
})

test('a last request is found among those of thirty days, and not later', async () => {
  await world.submitted(prodParameter)
  world.clock.advance(30 * 86_400)
  expect((await world.submitted(stagingParameter)).ask.lastAsked).toBeUndefined()
})

test('a record is in what the shown digest covers', async () => {
  const view = describeRequest(await world.submitted(prodParameter), bundle)
  if (!view.host?.record) throw new Error('it has a record')
  const other = { ...view, host: { ...view.host, record: { ...view.host.record, denied: 9 } } }
  expect(shownDigest(other)).not.toBe(shownDigest(view))
})

test('the record of a delegated request is that of the agent that acts', async () => {
  const counts = { ...noCounts, asked: 5, denied: 1 }
  const activity = { at: world.clock.now(), days30: counts, days90: counts, lastUse: {} }
  await world.agents.saveActivity(agent('builder'), activity)
  const parent = await world.approved({ ...prodParameter, purpose: 'maintenance' })
  const child = unwrap(await world.delegate(parent, agent('builder'))).state
  expect(rowsOf(child)).toContainEqual(
    expect.stringContaining('Its 30 days: asked 5, denied 1, refused 0, extra calls 0'),
  )
  expect(child.ask.lastAsked).toBeUndefined()
})

test('a plan has the record of each agent that does a step, and none of the one that proposes it', async () => {
  const step = (by: string) => ({ agent: `agent:${by}`, action: 'flags:set', arguments: flag().arguments })
  const plan = await world.submitted({
    agent: agent('planner'),
    action: 'plan',
    arguments: { steps: [step('remediator'), step('builder')] },
    resource: { type: 'plan', id: 'INC-1042' },
  })
  expect(rowsOf(plan).filter((row) => row.startsWith('Done by'))).toEqual([
    expect.stringMatching(/^Done by: agent:remediator.*30 days: nothing on record/),
    expect.stringMatching(/^Done by: agent:builder.*30 days: nothing on record/),
  ])
  const { record, host, steps } = personView(plan, bundle)
  expect([record, host]).toEqual([undefined, undefined])
  expect(steps).toMatchObject([{ record: { asked: 0 } }, { record: { asked: 0 } }])
})

test('a host that is not known is said, with where to look', async () => {
  world.agents.firstLook = () => undefined
  const state = await world.submitted(prodParameter)
  expect(state.ask.host?.ambient).toBe('unknown')
  const look = 'hotwork agents show agent:remediator, or the page /agents/agent:remediator'
  expect(rowsOf(state)).toContainEqual(
    expect.stringMatching(/not known if its host could do this alone: see \/agents\/agent:remediator$/),
  )
  expect(personView(state, bundle)).toMatchObject({ ambient: 'unknown', host: { ambient: 'unknown', look } })
})

test('a host that is denied has no row', async () => {
  const state = await world.submitted(prodParameter)
  const host = { ambient: 'denied', record: state.ask.host?.record } as never
  expect(rowsOf({ ...state, ask: { ...state.ask, host } }).join()).not.toMatch(/host/)
})

test('a line of the record names asked, denied, refused and extra calls', () => {
  const record = { asked: 12, denied: 1, refused: 2, extraCalls: 3 }
  expect(recordText(record, 0)).toBe('asked 12, denied 1, refused 2, extra calls 3')
})
