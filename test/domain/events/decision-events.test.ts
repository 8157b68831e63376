import { decodeJwt } from 'jose'
import { DecisionEvent, eventsOfHalts, eventsOfRequest } from '../../../functions/domain/events/decision-events.ts'
import { detailOf, webhookBodyOf } from '../../../functions/domain/events/event-on-the-wire.ts'
import { deliveriesOf } from '../../../functions/domain/events/receivers.ts'
import type { Halt } from '../../../functions/domain/halts/halt.ts'
import { type ApprovalRequest, grantOf } from '../../../functions/domain/record/request.ts'
import type { CredentialId } from '../../../functions/domain/values.ts'
import { revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { Night } from '../../operations/break-glass/night.ts'
import { agent, person, prodParameter, sampleBundle, stagingParameter, type What, World } from '../../support/world.ts'

/** The events for outside receivers, from the states before and after a change. */

const bundle = sampleBundle()
let world: World
let request: ApprovalRequest
beforeEach(async () => {
  world = new World(bundle)
  request = await world.submitted(prodParameter)
})

/** The events of a step. */
async function step(act: () => unknown) {
  const before = await world.state(request.ask.id)
  await act()
  return eventsOfRequest(before, await world.state(request.ask.id))
}
const typesOf = (events: readonly { type: string }[]) => events.map(({ type }) => type)

test('a new request is submitted', () => {
  const [event, ...more] = eventsOfRequest(undefined, request)
  expect(more).toEqual([])
  expect(event).toMatchObject({
    type: 'Request Submitted',
    request: request.ask.id,
    status: 'pending',
    at: request.submittedAt,
  })
})

test('the approval that fills the last stage is told, and earlier ones are not', async () => {
  expect(await step(() => world.decide(request, 'ben'))).toEqual([])
  const [event] = await step(() => world.decide(request, 'eve'))
  expect(event).toMatchObject({ type: 'Request Approved', status: 'approved', grant: expect.stringMatching(/^grt_/) })
})

test('a denial is told', async () => {
  expect(typesOf(await step(() => world.decide(request, 'ben', 'deny')))).toEqual(['Request Denied'])
})

test('a request that is sent back is told as denied, with its outcome and without the words to the agent', async () => {
  const toAgent = 'half of it would do'
  const [event, ...more] = await step(() => world.decide(request, 'ben', 'revise', { toAgent }))
  expect(more).toEqual([])
  expect(event).toMatchObject({ type: 'Request Denied', status: 'denied', outcome: 'revise' })
  const sent = event && JSON.stringify([detailOf(event), webhookBodyOf(event)])
  expect(sent).toContain('revise')
  expect(sent).not.toContain(toAgent)
})

/** A request with one stage. */
const prodFlag: What = {
  agent: agent('builder'),
  action: 'flags:set',
  arguments: { environment: 'prod', flag: 'express-checkout', value: true },
  resource: { type: 'flags:flag', id: 'prod/express-checkout' },
  purpose: 'release',
}

test('a narrowing is told with the next round, which decides again', async () => {
  const told = await step(() => world.decide(request, 'ana', 'approve', { narrow: { minutes: 5 } }))
  expect(told).toMatchObject([{ type: 'Request Narrowed', status: 'pending', round: 2 }])
})

test('a narrowing that fills the last stage is told with the approval', async () => {
  request = await world.submitted(prodFlag)
  const told = await step(() => world.decide(request, 'ana', 'approve', { narrow: { minutes: 5 } }))
  expect(typesOf(told)).toEqual(['Request Narrowed', 'Request Approved'])
})

test('each of two narrowings has an id of its own', async () => {
  const ids = new Set<string>()
  for (const [who, minutes] of [
    ['ana', 9],
    ['eve', 5],
  ] as const) {
    const now = await world.state(request.ask.id)
    const [narrowed] = await step(() => world.decide(now, who, 'approve', { narrow: { minutes } }))
    expect(narrowed?.type).toBe('Request Narrowed')
    ids.add(`${narrowed?.id}`)
  }
  expect(ids.size).toBe(2)
})

test('a grant that a person revokes is told as revoked, also if their reason names a halt', async () => {
  request = await world.approved(prodParameter)
  const reason = 'halted by me'
  const told = await step(() => revokeRequest({ id: request.ask.id, person: person('gus'), reason }, world.ports))
  expect(told).toMatchObject([{ type: 'Grant Ended', ended: { how: 'revoked', by: 'person' } }])
})

/** A request is approved, its resource changes, and the agent claims it. */
async function changed(what: What) {
  // A world with a preview of the action.
  world = new World(bundle)
  world.reader.preview(what.action)
  world.reader.set(what.resource.id, { Value: '300' })
  request = what === stagingParameter ? await world.submitted(what) : await world.approved(what)
  const before = await world.state(request.ask.id)
  const issued = await world.issueToken(request)
  if (!issued.ok) throw new Error(issued.code)
  world.reader.set(what.resource.id, { Value: '320' })
  const told = await step(() => world.issueAws(request, decodeJwt(issued.value.token).jti as CredentialId))
  return { before, told }
}

test('a grant whose state changed has ended in its round, and the request is pending again', async () => {
  const { before, told } = await changed(prodParameter)
  const grant = grantOf(before)?.id
  const ended = { how: 'state_changed', by: 'system' }
  expect(told).toMatchObject([{ type: 'Grant Ended', round: 1, status: 'pending', grant, ended }])
})

test('a grant whose state changed has ended also if no person has to be asked, and the next grant is told beside it', async () => {
  const { before, told } = await changed(stagingParameter)
  const [ended, approved] = told
  expect(typesOf(told)).toEqual(['Grant Ended', 'Request Approved'])
  expect(ended).toMatchObject({ round: 1, grant: grantOf(before)?.id, ended: { how: 'state_changed' } })
  expect(approved).toMatchObject({ round: 2, status: 'approved' })
  expect(approved?.id).not.toBe(eventsOfRequest(undefined, before).find(({ type }) => type === approved?.type)?.id)
})

const opened = async (changes = {}) => {
  const night = new Night(bundle)
  world = night
  request = await night.opened('jade', changes)
  return night
}

test('an opening is told when it starts, without its person', async () => {
  await opened()
  const told = eventsOfRequest(undefined, request)
  expect(told).toMatchObject([{ type: 'Opening Started', status: 'approved', grant: grantOf(request)?.id }])
  expect(told[0]).not.toHaveProperty('agent')
  expect(JSON.stringify(told.map(detailOf))).not.toMatch(/person:|jade|INC-2041|checkout/)
})

test('an opening is told when it ends and when it is reviewed, each once, and never as a grant or a request', async () => {
  const night = await opened()
  const ended = await step(() => night.end(request))
  expect(ended).toMatchObject([{ type: 'Opening Ended', grant: grantOf(request)?.id }])
  expect(await step(() => night.end(request))).toEqual([])
  const reviewed = await step(() => night.review(request, 'gus', 'not_justified'))
  expect(reviewed).toMatchObject([{ type: 'Opening Reviewed', outcome: 'not_justified' }])
  expect(await step(() => night.review(request, 'eve'))).toEqual([])
})

test('an opening that is a drill says so', async () => {
  await opened({ drill: true })
  expect(eventsOfRequest(undefined, request)).toMatchObject([{ type: 'Opening Started', drill: true }])
})

test('the same change has the same id, and each other change another', async () => {
  const submitted = eventsOfRequest(undefined, request)
  expect(eventsOfRequest(undefined, structuredClone(request))).toEqual(submitted)
  const denied = await step(() => world.decide(request, 'ben', 'deny'))
  const other = eventsOfRequest(undefined, await world.submitted(prodParameter))
  expect(new Set([...submitted, ...denied, ...other].map(({ id }) => id)).size).toBe(3)
})

test('a state that is stored again tells nothing', () => {
  expect(eventsOfRequest(request, { ...request, refusals: { 'person:dan': 1 } })).toEqual([])
})

test('an event is ids, status and times: no argument, resource, text or person is in it', async () => {
  const secret = 'Kx9-of-the-requester'
  const { ask } = request
  const asked = {
    ...request,
    ask: {
      ...ask,
      justification: secret,
      purpose: secret,
      arguments: { Name: secret },
      resource: { type: secret, id: secret },
    },
  }
  const told = JSON.stringify(eventsOfRequest(undefined, asked).map(detailOf))
  expect(told).toContain(ask.id)
  expect(told).not.toMatch(/Kx9|person:|hotwork:/)
})

test('each event survives its queue', async () => {
  const events = [...eventsOfRequest(undefined, request), ...(await step(() => world.decide(request, 'ben', 'deny')))]
  for (const event of events) expect(DecisionEvent.parse(JSON.parse(JSON.stringify(event)))).toEqual(event)
})

const halt = (target: Halt['target']) =>
  ({ id: `hlt_${'0'.repeat(26)}`, target, reason: 'a secret reason', by: 'person:ana', at: 5 }) as Halt

test('a halt is told when it is declared and when it is lifted, without its reason and its people', () => {
  const one = halt({ kind: 'environment', value: 'prod' })
  const lifted = { ...one, lifted: { by: 'person:ben', at: 9 } } as Halt
  const events = [...eventsOfHalts([], [one]), ...eventsOfHalts([one], [lifted]), ...eventsOfHalts([lifted], [lifted])]
  expect(events.map(({ type, at }) => [type, at])).toEqual([
    ['Halt Declared', 5],
    ['Halt Lifted', 9],
  ])
  expect(JSON.stringify(events)).not.toMatch(/secret|person:/)
})

test('a halt of a person does not say which', () => {
  const [event] = eventsOfHalts([], [halt({ kind: 'person', value: 'person:ana' } as Halt['target'])])
  expect(event?.target).toEqual({ kind: 'person' })
})

test('times are RFC 3339 on the wire, and a webhook names the event as Standard Webhooks proposes', () => {
  const [event] = eventsOfRequest(undefined, request)
  if (!event) throw new Error('no event')
  const { type, timestamp, data } = JSON.parse(webhookBodyOf(event))
  expect(type).toBe('request.submitted')
  expect(Date.parse(timestamp) / 1000).toBe(event.at)
  expect(data).toEqual(JSON.parse(JSON.stringify(detailOf(event))))
  expect(Date.parse(data.decide_by) / 1000).toBe(event.decideBy)
})

const receivers = (changed: typeof bundle, state = request) =>
  eventsOfRequest(undefined, state).flatMap((event) => deliveriesOf(event, changed).map(({ receiver }) => receiver))

test('the bus alone is told if no registration has an address', () => {
  expect(receivers(bundle)).toEqual(['bus'])
})

test('an agent whose registration has an address is told of its own requests', () => {
  const notify = 'https://hooks.example/hotwork'
  const agents = bundle.agents.map((each) => ({ ...each, notify }))
  expect(receivers({ ...bundle, agents })).toEqual(['bus', `webhook:${request.ask.agent.id}`])
})

test('a tool is told of a request whose credential is for it, and of no other', () => {
  const tools = bundle.tools.map((each) => ({ ...each, notify: 'https://hooks.example/hotwork' }))
  expect(receivers({ ...bundle, tools })).toEqual(['bus'])
  const [action, entry] = Object.entries(bundle.actions).find(([, { credential }]) => credential === 'token') ?? []
  const ofTool = { ...request, ask: { ...request.ask, action: action ?? '' } }
  expect(receivers({ ...bundle, tools }, ofTool)).toEqual(['bus', `webhook:${entry?.tool}`])
})
