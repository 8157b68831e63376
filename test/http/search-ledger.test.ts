import { endpoint } from '../../functions/adapters/http/endpoint.ts'
import { type Entry, entryHash } from '../../functions/domain/ledger/ledger.ts'
import { readByRoute } from '../../functions/handlers/people/read-requests.ts'
import { declareHalt } from '../../functions/operations/halts/halt.ts'
import { MemoryNotary } from '../support/anchor/memory-notary.ts'
import { apiEvent } from '../support/api-event.ts'
import { MemoryHaltStore } from '../support/ledger/memory-halt-store.ts'
import {
  agent,
  issuer,
  parameter,
  person,
  prodParameter,
  sampleBundle,
  stagingParameter,
  World,
} from '../support/world.ts'

/** `GET /v1/ledger`: entries of all chains by time, one per line. */

const bundle = sampleBundle()
let world: World
let halts: MemoryHaltStore
beforeEach(() => {
  world = new World(bundle)
  halts = new MemoryHaltStore(world.requests, world.ledger)
})

async function search(query: { [name: string]: string } = {}) {
  const ports = {
    ...{ ...world.ports, issuer, halts },
    ...{
      ledgerIndex: world.ledger,
      actual: world.actual,
      anchor: new MemoryNotary(world, issuer),
      permits: world.permits,
      standIns: world.standIns,
      bundles: world.bundles,
    },
  }
  const door = endpoint(ports, (call) => readByRoute(call, person('ana'), ports, { login: {} }))
  const answer = await door(apiEvent('GET /v1/ledger', world.clock.now(), { queryStringParameters: query }))
  const { statusCode: status, body = '', headers = {} } = answer
  return { status, body, headers }
}

const entriesIn = (body: string): Entry[] =>
  body
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
const found = async (query: { [name: string]: string } = {}) => {
  const answer = await search(query)
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/x-ndjson'])
  return entriesIn(answer.body)
}
const nextOf = ({ headers }: Awaited<ReturnType<typeof search>>) =>
  /^<(?<url>[^>]+)>; rel="next"$/.exec(String(headers['link'] ?? ''))?.groups?.['url']

/** A request decided in prod, a refused ask, and a halt, one minute apart. */
async function scene() {
  const asked = await world.submitted(prodParameter)
  world.clock.advance(60)
  await world.evaluate({ ...stagingParameter, action: 'ssm:DeleteParameter' })
  world.clock.advance(60)
  await declareHalt(
    { person: person('gus'), target: { kind: 'agent', value: agent('builder') }, reason: 'INC-9' },
    { ...world.ports, halts, targetRoles: [] },
  )
  return asked.ask
}

test('a line is an entry exactly as it is hashed, of any kind of chain, the oldest first', async () => {
  const { id } = await scene()
  const all = await found()
  expect(all.map(({ type }) => type)).toEqual(['Submitted', 'StageOpened', 'Refused', 'Halted'])
  expect(all.map((entry) => entry.id.split('/')[0])).toEqual([id, id, 'agent:remediator', all.at(-1)?.id.split('/')[0]])
  for (const entry of all) expect(entryHash(entry)).toBe(entry.hash)
})

test('a search by agent finds its asks, its refusals, and its halts', async () => {
  const { id } = await scene()
  const ofRemediator = await found({ agent: 'agent:remediator' })
  expect(ofRemediator.map(({ type }) => type)).toEqual(['Submitted', 'StageOpened', 'Refused'])
  // Hotwork is the actor; the row names the agent.
  expect(ofRemediator[1]).toMatchObject({ id: `${id}/2`, actor: { type: 'system' } })
  expect((await found({ agent: 'agent:builder' })).map(({ type }) => type)).toEqual(['Halted'])
})

test('a search by person finds their acts, and a search by action its requests and refusals', async () => {
  await scene()
  expect((await found({ person: 'person:gus' })).map(({ type }) => type)).toEqual(['Halted'])
  expect((await found({ action: 'ssm:PutParameter' })).map(({ type }) => type)).toEqual(['Submitted', 'StageOpened'])
  expect((await found({ action: 'ssm:DeleteParameter' })).map(({ type }) => type)).toEqual(['Refused'])
})

test('a search by person ignores arguments, so that an agent cannot put a person into it', async () => {
  await world.submitted(parameter('/staging/checkout/owner', 'person:ana'))
  expect(await found({ person: 'person:ana' })).toEqual([])
})

test('a search includes its start and excludes its end, and filters combine', async () => {
  const { resource } = await scene()
  const at = (seconds: number) => new Date((world.clock.now() + seconds) * 1000).toISOString()
  expect((await found({ since: at(-60), until: at(0) })).map(({ type }) => type)).toEqual(['Refused'])
  const narrow = { agent: 'agent:remediator', task: 'INC-1042', resource: resource.id, type: 'Submitted' }
  expect(await found(narrow)).toHaveLength(1)
  expect(await found({ ...narrow, since: at(-60) })).toEqual([])
})

test.each([
  [{ since: 'yesterday' }, /^`since`: /],
  [{ until: '2027-13-01T00:00:00Z' }, /^`until`: /],
  [{ since: '2027-02-01T00:00:00Z', until: '2027-01-01T00:00:00Z' }, /^`until` should be later than `since`$/],
  [{ agent: 'remediator' }, /^`agent`: /],
  [{ person: 'agent:builder' }, /^`person`: /],
  [{ tool: 'x' }, /^`tool`: /],
  [{ type: 'submitted' }, /^`type`: should be as in an entry, such as `Decided`$/],
  [{ after: 'garbage' }, /^`after`: send the `next` of the previous answer unchanged$/],
  [{ owner: 'person:ana' }, /^`owner` should not be there: known are `since`, `until`, `agent`, `person`/],
])('a search by %j is refused, naming the field and the fix', async (query, detail) => {
  const { status, body } = await search(query as { [name: string]: string })
  expect({ status, detail: JSON.parse(body).detail }).toEqual({ status: 400, detail: expect.stringMatching(detail) })
})

test('a search without the right to read is 403', async () => {
  await scene()
  world.policy = { bundle, ask: () => ({ permit: false, policies: [], error: false }) }
  expect((await search()).status).toBe(403)
})

test('a search continues by `Link`, with its filters, until each entry was found once', async () => {
  for (let n = 0; n < 120; n++) await world.submitted(parameter(`/staging/checkout/${n}`))
  const ids: string[] = []
  let query: { [name: string]: string } = { agent: 'agent:remediator' }
  let pages = 0
  for (;;) {
    const answer = await search(query)
    ids.push(...entriesIn(answer.body).map(({ id }) => id))
    pages += 1
    const next = nextOf(answer)
    if (next === undefined) break
    const url = new URL(next)
    expect([url.origin, url.pathname]).toEqual([issuer, '/v1/ledger'])
    query = Object.fromEntries(url.searchParams)
    expect(query['agent']).toBe('agent:remediator')
    // A client that lost an answer can repeat the call.
    expect((await search(query)).body).toBe((await search(query)).body)
  }
  expect(pages).toBeGreaterThan(2)
  expect(ids.length).toBe(new Set(ids).size)
  expect(ids.filter((id) => id.endsWith('/1'))).toHaveLength(120)
})

test('a search lags behind the chain while the index does', async () => {
  const catchUp = world.ledger.fallBehind()
  const { ask } = await world.submitted(prodParameter)
  expect(await found()).toEqual([])
  expect(await world.ledger.entries(ask.id)).toHaveLength(2)
  catchUp()
  expect(await found()).toHaveLength(2)
})

test('a search with forged facets can miss an entry, and never returns it as another', async () => {
  const { ask } = await world.submitted(prodParameter)
  world.ledger.forgeFacets(`${ask.id}/1`, { type: 'Decided', who: ['agent:builder'], actions: [], task: 'INC-1' })
  expect(await found({ task: 'INC-1' })).toEqual([])
  expect(await found({ type: 'Decided' })).toEqual([])
  expect(await found()).toHaveLength(2)
})

test('a search finds an entry of a retired type, by its type too', async () => {
  const { ask } = await world.submitted(prodParameter)
  const [first] = await world.ledger.entries(ask.id)
  if (!first) throw new Error('there is a first entry')
  world.ledger.put([{ ...first, id: 'person:ana/1', type: 'Blessed' }])
  expect((await found({ type: 'Blessed' })).map(({ id }) => id)).toEqual(['person:ana/1'])
})

test("a search's line is one line to every reader, with separators and hidden characters escaped", async () => {
  const hostile = 'INC-1\u0085\u2028{"id":"forged"}\u202e\u0007'
  const { ask } = await world.submitted(prodParameter)
  const [first] = await world.ledger.entries(ask.id)
  if (!first) throw new Error('there is a first entry')
  world.ledger.put([{ ...first, id: 'person:ana/1', parent_task: { id: hostile } }])
  const { body } = await search()
  expect(body).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  expect(entriesIn(body).find(({ id }) => id === 'person:ana/1')?.parent_task).toEqual({ id: hostile })
})
