import { randomUUID } from 'node:crypto'
import { type Entry, entryHash } from '../../functions/domain/ledger/ledger.ts'
import { until } from './support/aws.ts'
import { deployed, remediator, setParameter, staging } from './support/deployment.ts'

/** `GET /v1/ledger` of the deployed stack: entries are found by agent, action, resource and task. */

const hotwork = deployed()
const { issuer } = hotwork.local

async function page(query: string): Promise<{ entries: Entry[]; next?: string }> {
  const { status, headers, body } = await hotwork.as('person:hana', 'GET', `/v1/ledger${query}`)
  expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
    200,
    'application/x-ndjson',
    'no-store',
  ])
  const entries = (body as string)
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Entry)
  const [, next] = /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '') ?? []
  return { entries, ...(next === undefined ? {} : { next: next.slice(`${issuer}/v1/ledger`.length) }) }
}

/** All entries that pass the filter, over all pages. */
async function search(filter: Record<string, string>): Promise<Entry[]> {
  const entries: Entry[] = []
  for (let query: string | undefined = `?${new URLSearchParams(filter)}`; query !== undefined; ) {
    const read: Awaited<ReturnType<typeof page>> = await page(query)
    entries.push(...read.entries)
    query = read.next
  }
  return entries
}

const task = `INC-${randomUUID().slice(0, 8)}`
const ask = (name: string) => {
  const body = setParameter(staging)
  return { ...body, action: { ...body.action, name }, context: { ...body.context, parent_task: { id: task } } }
}

test('a refused ask and a granted one are found by their task, with all their entries', async () => {
  await hotwork.evaluate(remediator, ask('ssm:DeleteParameter'))
  const id = await hotwork.submitted(remediator, ask('ssm:PutParameter'))
  const all = await until(
    () => search({ task }),
    (entries) => entries.some(({ type }) => type === 'Refused') && entries.some(({ type }) => type === 'Approved'),
  )
  const [refused] = all.filter(({ type }) => type === 'Refused')
  expect(refused).toMatchObject({
    actor: { id: remediator },
    resource: { id: setParameter(staging).resource.id },
    digest: expect.stringMatching(/^sha-256:/),
    facts: { attempted: 'evaluate', code: 'unknown_action', action: 'ssm:DeleteParameter' },
  })
  for (const entry of all) expect(entryHash(entry)).toBe(entry.hash)
  const ofRequest = all.filter((entry) => entry.id.startsWith(`${id}/`))
  expect(ofRequest.map((entry) => entry.id)).toEqual(ofRequest.map((_, index) => `${id}/${index + 1}`))
  // The actor of this entry is Hotwork, and not the agent.
  const approved = await search({ task, agent: remediator, action: 'ssm:PutParameter', type: 'Approved' })
  expect(approved.map((entry) => entry.id.split('/')[0])).toEqual([id])
  expect(await search({ task, agent: 'agent:planner' })).toEqual([])
  expect(await search({ task, until: refused?.at ?? '' })).toEqual([])
})

test('the whole ledger comes page by page, each entry once and none older than the one before', async () => {
  const all = await search({})
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
  const times = all.map(({ at }) => Date.parse(at))
  expect(times).toEqual(times.toSorted((one, other) => one - other))
})
