import { endpoint } from '../../../functions/adapters/http/endpoint.ts'
import { verify } from '../../../functions/domain/ledger/ledger.ts'
import { type HaltId, rfc3339 } from '../../../functions/domain/values.ts'
import { readByRoute } from '../../../functions/handlers/people/read-requests.ts'
import { StoreUnavailable } from '../../../functions/operations/faults.ts'
import { declareHalt, liftHalt } from '../../../functions/operations/halts/halt.ts'
import { lambdas } from '../../../infra/functions.ts'
import { MemoryNotary } from '../../support/anchor/memory-notary.ts'
import { apiEvent } from '../../support/api-event.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import {
  agent,
  issuer,
  parameter,
  person,
  prodParameter,
  sampleBundle,
  stagingParameter,
  World,
} from '../../support/world.ts'

/** The routes by which people read: lists by the page, and every record. */

const bundle = sampleBundle()
let world: World
let halts: MemoryHaltStore
let notary: MemoryNotary
beforeEach(() => {
  world = new World(bundle)
  notary = new MemoryNotary(world, issuer)
  halts = new MemoryHaltStore(world.requests, world.ledger)
})

type Names = { [name: string]: string }
async function answerOf(route: string, query: Names = {}, path: Names = {}, login: { acr?: string; at?: number } = {}) {
  const ports = {
    ...world.ports,
    issuer,
    ledgerIndex: world.ledger,
    halts,
    permits: world.permits,
    standIns: world.standIns,
    actual: world.actual,
    anchor: notary,
    bundles: world.bundles,
  }
  const door = endpoint(ports, (call) => readByRoute(call, person('ana'), ports, { login }))
  const more = { pathParameters: path, queryStringParameters: query }
  const answer = await door(apiEvent(`GET ${route}`, world.clock.now(), more))
  return { status: answer.statusCode, headers: answer.headers, text: answer.body ?? '' }
}
async function get(...asked: Parameters<typeof answerOf>) {
  const { status, text } = await answerOf(...asked)
  return { status, body: JSON.parse(text) }
}
const ledger = (aggregate: string, query = {}) => get('/v1/ledger/{aggregate}', query, { aggregate })

test('`GET /v1/me` has the person, their groups, and the strength and time of their login', async () => {
  const { status, body } = await get('/v1/me', {}, {}, { acr: 'strong', at: 1_800_000_000 })
  const groups = Object.keys(bundle.directory.groups).filter((each) =>
    bundle.directory.groups[each]?.includes(person('ana')),
  )
  expect(groups).not.toEqual([])
  expect({ status, body }).toEqual({
    status: 200,
    body: { person: 'person:ana', groups, acr: 'strong', auth_time: '2027-01-15T08:00:00Z' },
  })
})

test('`GET /v1/me` leaves out claims that the identity provider does not make', async () => {
  expect(Object.keys((await get('/v1/me')).body)).toEqual(['person', 'groups'])
})

test('a group has its members, their ends, and their source', async () => {
  const at = world.clock.now()
  const shift = { person: person('jade'), until: at + 600 }
  const read = { source: 'pager PONCALL 1', members: [shift], unknown: ['PGONE'], readAt: at, holdsUntil: at + 900 }
  world.requests.putReading('on-call-now', read)
  const { status, body } = await get('/v1/groups')
  expect(status).toBe(200)
  const named = (name: string) => body.groups.find((group: { name: string }) => group.name === name)
  expect(named('on-call-now')).toEqual({
    name: 'on-call-now',
    source: { pagerDuty: { schedule: 'PONCALL', level: 1 } },
    tiers: 1,
    people: [],
    members: [{ person: 'person:jade', name: 'Jade Jones', until: '2027-01-15T08:10:00Z' }],
    read_at: '2027-01-15T08:00:00Z',
    until: '2027-01-15T08:15:00Z',
    problem: expect.stringContaining('PGONE'),
  })
  expect(named('platform')).toEqual({ name: 'platform', people: [{ person: 'person:lena', name: 'Lena Lund' }] })
})

test('the picture of a request is SVG that runs nothing, from the request’s own record', async () => {
  const { ask } = await world.submitted(prodParameter)
  const route = '/v1/requests/{id}/timeline.svg'
  const { status, headers, text } = await answerOf(route, {}, { id: ask.id })
  expect([status, headers?.['content-type']]).toEqual([200, 'image/svg+xml; charset=utf-8'])
  expect(headers?.['content-security-policy']).toMatch(/^default-src 'none';.* sandbox$/)
  expect(text).toContain('agent:remediator')
  expect(text).not.toMatch(/<script|href|url\(/)
  expect((await get(route, {}, { id: `req_${'1'.repeat(26)}` })).status).toBe(404)
})

test("the picture of a request names the log's last entry of it with its checkpoint, or says that this is unknown", async () => {
  const { ask } = await world.submitted(prodParameter)
  // The description is wrapped.
  const told = async () => {
    const { text } = await answerOf('/v1/requests/{id}/timeline.svg', {}, { id: ask.id })
    return /<desc>([\s\S]*)<\/desc>/.exec(text)?.[1]
  }
  expect(await told()).toContain('Not in the log yet')
  await notary.follow(ask.id)
  expect(await told()).toContain('Anchored up to entry 2, its last, in the log’s checkpoint of 2 entries')
  notary.index.find = async () => {
    throw new StoreUnavailable('the store did not answer')
  }
  expect(await told()).toContain('Not known now: which of its entries are in the log')
})

test('a list of requests continues with `next` sent as `after`, until each request was listed once', async () => {
  for (let n = 0; n < 60; n++) await world.submitted(parameter(`/staging/checkout/${n}`))
  const first = await get('/v1/requests')
  expect(first.body.requests).toHaveLength(50)
  // Safe in an address even from a client that escapes nothing.
  expect(first.body.next).toMatch(/^[\w-]+$/)
  const rest = await get('/v1/requests', { after: first.body.next })
  expect(rest.body.requests).toHaveLength(10)
  expect(rest.body).not.toHaveProperty('next')
  const ids = [...first.body.requests, ...rest.body.requests].map(({ id }: { id: string }) => id)
  expect(new Set(ids).size).toBe(60)
})

test.each(['/v1/requests', '/v1/halts', '/v1/standing-permits', '/v1/stand-ins'])(
  '%s refuses a forged `after`, and names the field and the fix',
  async (route) => {
    const raw = `1800000000#req_${'0'.repeat(26)}`
    const padded = `${Buffer.from(raw).toString('base64url')}=`
    for (const after of ['', 'garbage', '!', raw, padded, 'a'.repeat(5000)])
      expect(await get(route, { after })).toMatchObject({
        status: 400,
        body: { detail: '`after`: send the `next` of the previous answer unchanged' },
      })
  },
)

test('a list of requests refuses the `next` of a list by other filters, and says so', async () => {
  for (let n = 0; n < 51; n++) await world.submitted(parameter(`/staging/checkout/${n}`))
  const { next } = (await get('/v1/requests', { search: 'checkout' })).body
  for (const query of [
    {},
    { search: 'other' },
    { search: 'checkout', status: 'pending' },
    { search: 'checkout', waiting: 'true' },
  ])
    expect(await get('/v1/requests', { ...query, after: next })).toMatchObject({
      status: 400,
      body: {
        detail: '`after`: it was issued for other filters: send it with the filters of the call that returned it',
      },
    })
  expect((await get('/v1/requests', { search: 'checkout', after: next })).body.requests).toHaveLength(1)
})

test('a list of requests is searched by words and by time, and an invalid search is refused', async () => {
  const { ask } = await world.submitted(parameter('/staging/checkout/1'))
  const at = new Date(world.clock.now() * 1000).toISOString()
  const found = async (query: { [name: string]: string }) =>
    (await get('/v1/requests', query)).body.requests.map(({ id }: { id: string }) => id)
  expect(await found({ search: ' CHECKOUT staging ' })).toEqual([ask.id])
  expect(await found({ search: 'checkout prod-eu' })).toEqual([])
  expect(await found({ until: at })).toEqual([])
  expect(await found({ since: at })).toEqual([ask.id])
  for (const query of [
    { search: '' },
    { search: '  ' },
    { search: 'x'.repeat(129) },
    { search: 'a\u0000b' },
    { since: at, until: at },
  ])
    expect(await get('/v1/requests', query)).toMatchObject({ status: 400 })
})

test.each(['/v1/requests', '/v1/standing-permits', '/v1/stand-ins'])(
  '%s refuses `next`, and names `after`',
  async (route) => {
    expect(await get(route, { next: 'x' })).toMatchObject({
      status: 400,
      body: { detail: '`next` is a member of the answer: send its value as `after`' },
    })
  },
)

test('a list of requests refuses an unknown parameter, and names the known ones', async () => {
  expect(await get('/v1/requests', { agnet: 'agent:remediator' })).toMatchObject({
    status: 400,
    body: {
      detail: expect.stringMatching(/^`agnet` should not be there: known are `status`, `agent`, `owner`, `task`/),
    },
  })
})

const ids = async (query: { [name: string]: string }) =>
  (await get('/v1/requests', query)).body.requests.map(({ id }: { id: string }) => id) as string[]

test('a list of requests is filtered by parent task, resource, action, and time of submission', async () => {
  const { ask } = await world.submitted(prodParameter)
  world.clock.advance(60)
  const later = await world.submitted(stagingParameter)
  expect(await ids({ task: 'INC-1042', action: 'ssm:PutParameter' })).toEqual([later.ask.id, ask.id])
  expect(await ids({ resource: ask.resource.id })).toEqual([ask.id])
  for (const [name, value] of Object.entries({ task: 'INC-1', resource: 'arn:none', action: 'no:Such' }))
    expect(await ids({ [name]: value })).toEqual([])
  expect(await ids({ since: rfc3339(later.submittedAt) })).toEqual([later.ask.id])
  expect(await get('/v1/requests', { since: 'yesterday' })).toMatchObject({
    status: 400,
    body: { detail: expect.stringContaining('`since`') },
  })
})

test('a list of requests with `waiting=true` has those that this person could approve now, page by page', async () => {
  const { ask } = await world.submitted(prodParameter)
  await world.submitted(stagingParameter)
  expect(await ids({ waiting: 'true' })).toEqual([ask.id])
  expect(await ids({ waiting: 'true', agent: 'agent:planner' })).toEqual([])
  await world.decide(await world.state(ask.id), 'ana')
  expect(await ids({ waiting: 'true' })).toEqual([])
  for (let n = 0; n < 59; n++) await world.submitted(parameter(`/prod/checkout/${n}`))
  const first = await get('/v1/requests', { waiting: 'true' })
  expect(first.body.requests).toHaveLength(50)
  expect(await ids({ waiting: 'true', after: first.body.next })).toHaveLength(9)
})

test('a list of requests refuses `waiting` with a status that waits for no person', async () => {
  expect(await get('/v1/requests', { waiting: 'true', status: 'denied' })).toMatchObject({
    status: 400,
    body: { detail: 'leave `status` out, or leave `waiting` out' },
  })
  expect(await get('/v1/requests', { waiting: 'true', status: 'pending' })).toMatchObject({ status: 200 })
})

test('a request shows its reader and the facts to decide on', async () => {
  const { ask } = await world.submitted(prodParameter)
  expect((await get('/v1/requests/{id}', {}, { id: ask.id })).body).toMatchObject({
    reader: 'person:ana',
    title: 'Set the parameter “/prod/checkout/payment-timeout-ms” to “3000”',
    unpinned: ask.unpinned,
    terms: { uses: 1, claim_within: 3600, lifetime: 900 },
    stages: [{ name: 'owner', escalate_to: 'on-call' }, { name: 'sre' }],
    decide_by: expect.any(String),
  })
})

test('a record of an agent is read by its id, also with an escaped colon', async () => {
  await world.evaluate({ ...prodParameter, action: 'no:Such' })
  for (const id of ['agent:remediator', 'agent%3Aremediator', 'agent%3aremediator'])
    expect(await ledger(id)).toMatchObject({
      status: 200,
      body: { entries: [{ id: 'agent:remediator/1', type: 'Refused', facts: { action: 'no:Such' } }] },
    })
})

test('a record exists for a halt, a request and a person', async () => {
  const { ask } = await world.submitted(prodParameter)
  const declared = await declareHalt(
    { person: person('gus'), target: { kind: 'agent', value: agent('remediator') }, reason: 'INC-1' },
    { ...world.ports, halts, targetRoles: [] },
  )
  if (!declared.ok) throw new Error(declared.code)
  const halt: HaltId = declared.value.id
  expect((await ledger(halt)).body.entries).toMatchObject([{ id: `${halt}/1`, type: 'Halted' }])
  expect((await ledger(ask.id)).body.entries[0]).toMatchObject({ type: 'Submitted' })
  expect(await ledger('person:ben')).toEqual({ status: 200, body: { entries: [], personal: {} } })
})

test('a record of every kind of chain can be read', async () => {
  const kinds = new Set(lambdas.flatMap(({ chains = [] }) => chains))
  const { ask } = await world.submitted(prodParameter)
  const [entry] = await world.ledger.entries(ask.id)
  if (!entry) throw new Error('there is a first entry')
  for (const kind of kinds) {
    const id = kind.endsWith(':') ? `${kind}ana` : `${kind}${'0'.repeat(26)}`
    world.ledger.put([{ ...entry, id: `${id}/1` }])
    expect(await ledger(id)).toMatchObject({ status: 200, body: { entries: [{ id: `${id}/1` }] } })
  }
  expect([...kinds].sort()).toEqual(
    [
      'agent:',
      'bgl_',
      'group:',
      'hlt_',
      'issuer:',
      'person:',
      'profile:',
      'req_',
      'sealed:',
      'sin_',
      'stp_',
      'tool:',
    ].sort(),
  )
})

test('a record that does not exist is 404, and an invalid id is 400', async () => {
  for (const id of [`req_${'0'.repeat(26)}`, `hlt_${'0'.repeat(26)}`, 'agent:stranger'])
    expect(await ledger(id)).toMatchObject({ status: 404, body: { type: `${issuer}/problems/unknown_aggregate` } })
  for (const id of ['', 'req_1', 'CHAIN#agent:remediator', 'agent:remediator/1', '%', 'evl_x'])
    expect(await ledger(id)).toMatchObject({ status: 400, body: { detail: expect.stringContaining('the last part') } })
})

test('a record of a request continues after a hundred entries', async () => {
  const { ask } = await world.approved(prodParameter)
  for (let n = 0; n < 60; n++) await world.issueToken(await world.state(ask.id))
  const read = (query = {}) => get('/v1/requests/{id}/ledger', query, { id: ask.id })
  const first = await read()
  const rest = await read({ after: first.body.next })
  expect([first.body.entries.length, first.body.next]).toEqual([100, '100'])
  expect(rest.body).not.toHaveProperty('next')
  const { state } = verify(ask.id, [...first.body.entries, ...rest.body.entries])
  expect(state).toEqual(await world.state(ask.id))
  expect(await read({ after: '0' })).toMatchObject({ status: 400 })
})

test('a record of an agent continues after the last entry of the page', async () => {
  for (let n = 0; n < 130; n++) {
    await world.evaluate({ ...prodParameter, action: `no:Such${n}` })
    world.clock.advance(60)
  }
  const first = await ledger('agent:remediator')
  const rest = await ledger('agent:remediator', { after: first.body.next })
  const sequences = [...first.body.entries, ...rest.body.entries].map(({ id }: { id: string }) =>
    Number(id.split('/')[1]),
  )
  expect([first.body.entries.length, first.body.next]).toEqual([100, '100'])
  expect(sequences).toEqual(Array.from({ length: 130 }, (_, n) => n + 1))
  expect(rest.body).not.toHaveProperty('next')
  for (const after of ['0', '-1', '1e3', 'x', '1.5'])
    expect(await ledger('agent:remediator', { after })).toMatchObject({ status: 400 })
})

const declare = async (more: object) => {
  const declared = await declareHalt(
    { person: person('gus'), target: { kind: 'environment', value: 'prod' }, reason: 'INC-1', ...more },
    { ...world.ports, halts, targetRoles: [] },
  )
  if (!declared.ok) throw new Error(declared.code)
  return declared.value
}
const listed = async (query = {}) =>
  (await get('/v1/halts', query)).body.halts.map(({ id }: { id: string }) => id) as string[]

test('the list of halts has those in force, and with `all=true` the lifted and expired ones too', async () => {
  const until = world.clock.now() + 60
  const ended = await declare({ until })
  world.clock.advance(1)
  const open = await declare({ target: { kind: 'action', value: 'ssm:PutParameter' } })
  expect((await get('/v1/halts')).body.halts).toEqual([
    { id: open.id, action: 'ssm:PutParameter', reason: 'INC-1', by: 'person:gus', at: expect.any(String) },
    {
      id: ended.id,
      environment: 'prod',
      reason: 'INC-1',
      by: 'person:gus',
      at: expect.any(String),
      until: rfc3339(until),
    },
  ])
  world.clock.advance(59)
  expect(await listed()).toEqual([open.id])
  const lifted = await liftHalt({ id: open.id, person: person('hana') }, { ...world.ports, halts })
  expect(lifted).toMatchObject({ ok: true })
  expect(await listed()).toEqual([])
  expect(await listed({ all: 'true' })).toEqual([open.id, ended.id])
})

test('the list of halts refuses invalid parameters', async () => {
  expect(await get('/v1/halts', { all: 'maybe' })).toMatchObject({ status: 400 })
  expect(await get('/v1/halts', { lifted: 'true' })).toMatchObject({ status: 400 })
})

const id = async () => (await world.submitted(stagingParameter)).ask.id
const actual = async (request: string) => get('/v1/requests/{id}/actual', {}, { id: request })

test('the actual calls of a request are listed, with whether the list is complete', async () => {
  const request = await id()
  expect(await actual(request)).toEqual({
    status: 200,
    body: { request, complete: false, unused: true, calls: [], more: false },
  })
})

test('the actual calls are 503, and not an empty list, if they cannot be read now', async () => {
  const request = await id()
  world.actual.isSilent = true
  expect(await actual(request)).toMatchObject({ status: 503, body: { type: `${issuer}/problems/calls_not_told` } })
})

test('the actual calls of an unknown request are 404, and no record is asked', async () => {
  expect((await actual(`req_${'0'.repeat(26)}`)).status).toBe(404)
  expect(world.callRecord.asked).toEqual([])
})

const usage = (id: string, query = {}) => get('/v1/agents/{id}/usage', query, { id })

test('the usage of an agent is summed by action', async () => {
  await world.submitted(stagingParameter)
  const { status, body } = await usage('agent:remediator')
  expect([status, body.requests, body.since]).toEqual([200, 1, rfc3339(world.clock.now() - 30 * 86_400)])
  expect(body.actions).toMatchObject([{ action: 'ssm:PutParameter', asked: 1, approved: 1, used: 0, extra_calls: 0 }])
})

test('the usage of an agent is found by an id with an escaped colon', async () => {
  for (const id of ['agent%3Aremediator', 'agent%3aremediator']) expect((await usage(id)).status).toBe(200)
})

test('the usage of an agent is limited to requests since a time', async () => {
  await world.submitted(stagingParameter)
  const since = rfc3339(world.clock.now() + 60)
  expect((await usage('agent:remediator', { since })).body).toMatchObject({ since, requests: 0, actions: [] })
})

test('the usage of an unknown agent, or of a person, is 404', async () => {
  expect([(await usage('agent:none')).status, (await usage('person:ana')).status]).toEqual([404, 404])
})
