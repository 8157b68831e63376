import type { CatalogueEntry } from '../../../functions/domain/policy/catalogue.ts'
import { useScene } from '../../client/support/scene.ts'
import { agent, World } from '../../support/world.ts'

/** `GET /access/v1/actions` and AuthZEN's Action Search: an agent hears what it may ask for. */

const scene = useScene()
type Query = { [name: string]: string }

async function send(method: string, path: string, body?: object, token = scene.workload('agent-remediator')) {
  const response = await fetch(`${scene.api.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) }
}
const list = (query: Query = {}, token?: string) =>
  send('GET', `/access/v1/actions?${new URLSearchParams(query)}`, undefined, token)
const resource = { type: 'flags:flag', id: 'prod/express-checkout' }
const search = (changes: object = {}, token?: string) =>
  send(
    'POST',
    '/access/v1/search/action',
    { subject: { type: 'agent', id: 'agent:remediator' }, resource, ...changes },
    token,
  )
const names = (body: { actions?: { name: string }[]; results?: { name: string }[] }) =>
  (body.actions ?? body.results ?? []).map(({ name }) => name)
const bundle = () => scene.api.world.policy.bundle

/** Adds so many actions to the catalogue, each a copy of the one that sets flags. */
function addActions(count: number): void {
  const { actions, policies, ...rest } = bundle()
  const names = Array.from({ length: count }, (_, at) => `more:Act${at}`)
  const added = <T>(copy: (name: string) => T) => Object.fromEntries(names.map((name) => [name, copy(name)]))
  const setFlag = actions['flags:set'] as CatalogueEntry
  const all = {
    actions: { ...actions, ...added((name) => ({ ...setFlag, name })) },
    policies: { ...policies, ...added(() => policies['flags:set'] ?? {}) },
  }
  scene.api.use(new World({ ...rest, ...all }))
}

test('an action has all that an ask of it takes, and nothing of people and policies', async () => {
  const { status, body } = await list({ resource: resource.id, tool: 'tool:flag-service', purpose: 'remediation' })
  expect(status).toBe(200)
  const { arguments: schema } = bundle().actions['flags:set'] ?? {}
  expect(names(body)).toEqual(['flags:allow', 'flags:set'])
  expect(body.actions[1]).toEqual({
    name: 'flags:set',
    title: 'Set the flag {arguments.flag} in {arguments.environment} to {arguments.value}',
    tool: 'tool:flag-service',
    credential: 'token',
    arguments: schema,
    resource: { type: 'flags:flag', id: '{arguments.environment}/{arguments.flag}' },
    purposes: ['remediation'],
    tier: 1,
    example: {
      arguments: { environment: 'staging', flag: 'express-checkout', value: false },
      resource: { type: 'flags:flag', id: 'staging/express-checkout' },
    },
  })
})

test('the answers of all agents hold no id of a person, a group or a policy', async () => {
  const { directory, policies, agents } = bundle()
  const secret = [
    ...directory.people.flatMap(({ id, name }) => [id, name]),
    ...Object.keys(directory.groups),
    ...Object.values(policies).flatMap((each) => Object.keys(each)),
    ...agents.map(({ id }) => id),
  ]
  for (const name of ['remediator', 'builder', 'planner', 'assistant']) {
    const text = JSON.stringify((await list({}, scene.workload(`agent-${name}`))).body)
    expect(secret.filter((each) => text.includes(`"${each}"`))).toEqual([])
  }
})

test('a page ends after twenty actions, and its cursor is good for the same list alone', async () => {
  addActions(20)
  const first = await list()
  expect(first.body.actions).toHaveLength(20)
  const second = await list({ after: first.body.next })
  expect(second.body).not.toHaveProperty('next')
  const all = [...names(first.body), ...names(second.body)]
  expect(all).toEqual(Object.keys(bundle().actions).toSorted())
  const other = await list({ after: first.body.next, purpose: 'release' })
  expect([other.status, other.body.detail]).toEqual([400, expect.stringContaining('other filters')])
})

test('a page that finds nothing among many actions goes on with the next page', async () => {
  addActions(80)
  const query = { resource: 'nowhere/x' }
  const first = await list(query)
  expect(first.body).toEqual({ actions: [], next: expect.any(String) })
  expect((await list({ ...query, after: first.body.next })).body).toEqual({ actions: [] })
})

test.each([
  ['an unknown parameter', { like: 'x' }, 'like'],
  ['a pattern in place of a resource', { resource: 'prod/*' }, '`resource`: names one resource'],
  ['a cursor of its own making', { after: 'x' }, 'after'],
])('%s is refused with its name', async (_, query, detail) => {
  const { status, body } = await list(query as unknown as Query)
  expect([status, body.detail]).toEqual([400, expect.stringContaining(detail)])
})

test('a page costs as much as ten evaluations, and a list above the rate is told to wait', async () => {
  const { ladder } = bundle()
  const limits = ladder.limits as { evaluations?: object }
  const { evaluations } = limits
  limits.evaluations = { perMinute: 60, burst: 50 }
  try {
    for (let page = 0; page < 5; page++) expect((await list()).status).toBe(200)
    const { status, headers } = await list()
    expect([status, headers.get('retry-after')]).toEqual([429, '10'])
  } finally {
    if (evaluations === undefined) delete limits.evaluations
    else limits.evaluations = evaluations
  }
})

test('an agent that a halt stops, and one to be recertified, hears what its other calls hear', async () => {
  scene.api.world.putHalt({ kind: 'agent', value: agent('remediator') })
  for (const { status, body } of [await list(), await search()]) {
    expect([status, body.type]).toEqual([403, `${scene.api.url}/problems/halted`])
  }
  const { status, body } = await list({}, scene.workload('agent-librarian'))
  expect([status, body.type]).toEqual([409, `${scene.api.url}/problems/agent_suspended`])
})

test('people and tools have no list', async () => {
  expect((await list({}, scene.token('ana'))).status).toBe(401)
  expect((await list({}, scene.workload('tool-flag-service'))).status).toBe(401)
})

test('a search has the names of the actions on a resource, and says that each needs an approval', async () => {
  const { status, body } = await search()
  expect(status).toBe(200)
  expect(body).toEqual({
    page: { next_token: '', count: 2 },
    context: { reason: 'approval_required' },
    results: [{ name: 'flags:allow' }, { name: 'flags:set' }],
  })
  const properties = { environment: 'prod', flag: 'express-checkout', value: false }
  const context = { purpose: 'remediation', parent_task: { id: 'INC-4822' } }
  const evaluated = await send('POST', '/access/v1/evaluation', {
    ...{ subject: { type: 'agent', id: 'agent:remediator' }, resource, context },
    action: { name: body.results[1].name, properties },
  })
  expect(evaluated.body.context).toMatchObject({ reason: body.context.reason, access_request: expect.anything() })
})

test('a search by a purpose that policy never permits, of a resource that no rule knows, or for another agent is empty', async () => {
  const empty = { results: [], page: { next_token: '', count: 0 } }
  expect((await search({ context: { purpose: 'fun' } })).body).toMatchObject(empty)
  expect((await search({ resource: { ...resource, id: 'nowhere/x' } })).body).toMatchObject(empty)
  expect((await search({ subject: { type: 'agent', id: 'agent:builder' } })).body).toMatchObject(empty)
})

test('a search is read page by page, each at most as long as its limit', async () => {
  addActions(3)
  const found: string[] = []
  let token: string | undefined
  for (let page = 0; page < 3; page++) {
    const { body } = await search({ page: { limit: 2, ...(token === undefined ? {} : { token }) } })
    found.push(...names(body))
    token = body.page.next_token
  }
  expect(token).toBe('')
  expect(found).toEqual(['flags:allow', 'flags:set', 'more:Act0', 'more:Act1', 'more:Act2'])
  const nothing = await search({ page: { limit: 0 } })
  expect(nothing.body.page.count).toBe(0)
  const { body } = await search({ page: { limit: 20, token: nothing.body.page.next_token } })
  expect(names(body)).toEqual(found)
  const other = await search({ page: { token: 'x' } })
  expect([other.status, other.body.detail]).toEqual([400, expect.stringContaining('`page.token`')])
})

test.each([
  ['without a resource', { resource: undefined }, 'resource'],
  ['with a negative limit', { page: { limit: -1 } }, 'limit'],
])('a search %s is 400 with the member’s name', async (_, changes, detail) => {
  const { status, body } = await search(changes)
  expect([status, body.detail]).toEqual([400, expect.stringContaining(detail)])
})
