import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '../../functions/adapters/dynamodb/client.ts'
import { DynamoRequestStore } from '../../functions/adapters/dynamodb/request-store.ts'
import type { RequestFilter } from '../../functions/domain/requests/request-facets.ts'
import { startEmulator } from '../../local/emulator.ts'
import { silentProgress } from '../../local/progress.ts'
import { ensurePythonEnvironment } from '../../local/python-environment.ts'
import { makeTables } from '../../test/adapters/dynamodb/tables.ts'
import { manyRequests, seedRequests } from '../../test/support/requests/many-requests.ts'
import { type Finding, quantile } from './harness.ts'

const root = join(import.meta.dirname, '../..')
const seconds = (text: string) => Date.parse(text) / 1000
const pagesEach = 20

/** Ten typical lists of two years of requests, page by page: the emulator sorts a whole partition of an index for each query. */
export async function measureHistory(count: number): Promise<Finding[]> {
  const directory = mkdtempSync(join(tmpdir(), 'hotwork-bench-history-'))
  await using ending = new AsyncDisposableStack()
  ending.defer(() => rmSync(directory, { recursive: true, force: true }))
  const logFile = join(directory, 'emulator.log')
  const venv = { directory: join(root, '.hotwork', 'venv'), logFile, progress: silentProgress }
  const python = await ensurePythonEnvironment(venv)
  const nodeDirectory = join(root, 'node_modules', '.bin')
  const started = { python, directory: join(directory, 'emulator'), logFile, lambdaLogFile: logFile, nodeDirectory }
  const emulator = await startEmulator(started)
  ending.defer(() => emulator.close())
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: emulator.endpointUrl,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: emulator.accessKeyId,
    AWS_SECRET_ACCESS_KEY: emulator.secretAccessKey,
  })
  const [connection, tables] = [connect(), await makeTables()]
  const span = { count, from: seconds('2026-01-01T00:00:00Z'), to: seconds('2028-01-01T00:00:00Z') }
  await seedRequests(connection.client, tables.requests, span)
  const requests = new DynamoRequestStore(connection, tables, () => span.to)
  const findings: Finding[] = []
  for (const [what, filter] of filtersOf(span)) findings.push(await measureList(what, filter, requests))
  return findings
}

function filtersOf(span: Parameters<typeof manyRequests>[0]): [what: string, filter: RequestFilter][] {
  const [{ ask } = { ask: undefined }] = manyRequests(span)
  if (!ask) return []
  const { agent, owner, action, parentTask, resource, id } = ask
  return [
    ['all', {}],
    ['what waits', { status: 'pending' }],
    ['what was denied', { status: 'denied' }],
    ['an agent', { agent: agent.id }],
    ['an owner, and what was withdrawn', { owner, status: 'withdrawn' }],
    ['a task', { task: parentTask.id }],
    ['a resource', { resource: resource.id }],
    [
      'an action, in one quarter',
      { action, since: seconds('2026-04-01T00:00:00Z'), until: seconds('2026-07-01T00:00:00Z') },
    ],
    ['the beginning of an id', { search: id.slice(0, 12) }],
    ['a word', { search: 'service-77' }],
    ['a word that nothing has', { search: 'nowhere' }],
  ]
}

async function measureList(what: string, filter: RequestFilter, requests: DynamoRequestStore): Promise<Finding> {
  const took: number[] = []
  let found = 0
  let after: string | undefined
  do {
    const began = performance.now()
    const page = await requests.list(filter, { limit: 50, ...(after === undefined ? {} : { after }) })
    took.push(performance.now() - began)
    found += page.items.length
    after = page.next
  } while (after !== undefined && took.length < pagesEach)
  const [p50, p95] = [quantile(took, 0.5), quantile(took, 0.95)]
  return {
    id: '',
    what: `a page of history by ${what}`,
    target: '< 1000 ms',
    measured: `p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms; ${found} found in ${took.length} ${took.length === 1 ? 'page' : 'pages'}`,
    verdict: p95 < 1000 ? 'met' : 'below target',
  }
}
