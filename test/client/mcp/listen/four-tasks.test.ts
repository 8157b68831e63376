import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { useRealTime } from '../../support/agent-machine.ts'
import { useScene } from '../../support/scene.ts'
import { until } from '../../support/until.ts'
import { GateMachine, type Result, textOf } from '../support/gate-machine.ts'
import { prod } from '../support/people.ts'

/** The tasks of sessions at one gate that listens, by real clients of MCP. */

const scene = useScene()
let machine: GateMachine
const clients: Client[] = []
beforeEach(() => {
  useRealTime(scene)
  machine = new GateMachine(scene)
})
afterEach(async () => {
  await Promise.all(clients.splice(0).map((each) => each.close().catch(() => {})))
  machine.close()
})

async function listening(map: object): Promise<string> {
  machine.map(map)
  const running = machine.start(...machine.words('--listen', '0', '--map', 'map.json'))
  return (await running.prints(/listens at (\S+)/))[1] ?? ''
}

async function session(url: string, agent: string, headers: { [name: string]: string } = {}): Promise<Client> {
  const made = new Client({ name: agent, version: '1' })
  clients.push(made)
  const authorization = `Bearer ${scene.workload(`agent-${agent}`)}`
  await made.connect(
    new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { authorization, ...headers } } }),
  )
  return made
}
const names = async (client: Client) => (await client.listTools()).tools.map(({ name }) => name)
const setTask = (client: Client, id: string) => client.callTool({ name: 'hotwork_set_task', arguments: { id } })
const write = (client: Client) =>
  client.callTool({ name: 'write_file', arguments: prod }, { timeout: 90_000 }) as Promise<Result>

test('two agents with two sessions each have four parent tasks on record', async () => {
  const url = await listening({ purpose: 'maintenance', purposes: ['release'] })
  const byHeader = await Promise.all([
    session(url, 'remediator', { 'hotwork-task': 'INC-1' }),
    session(url, 'builder', { 'hotwork-task': 'REL-2; purpose=release' }),
  ])
  const byModel = await Promise.all([session(url, 'remediator'), session(url, 'builder')])
  await setTask(byModel[0], 'INC-3')
  await setTask(byModel[1], 'REL-4')
  expect(await Promise.all([...byHeader, ...byModel].map(names))).toEqual([
    expect.not.arrayContaining(['hotwork_set_task']),
    expect.not.arrayContaining(['hotwork_set_task']),
    expect.arrayContaining(['hotwork_set_task']),
    expect.arrayContaining(['hotwork_set_task']),
  ])
  const calls = [...byHeader, ...byModel].map(write)
  await until(async () => (await scene.requests('pending')).length === 4)
  const asks = (await scene.requests()).map(({ ask }) =>
    [ask.agent.id, ask.parentTask.id, ask.taskSource, ask.purpose].join(' '),
  )
  expect(asks.toSorted()).toEqual([
    'agent:builder REL-2 header release',
    'agent:builder REL-4 argument maintenance',
    'agent:remediator INC-1 header maintenance',
    'agent:remediator INC-3 argument maintenance',
  ])
  await scene.decideAll()
  expect((await Promise.all(calls)).map(textOf)).toEqual(Array(4).fill('wrote prod/checkout.yaml'))
  expect(machine.calls).toHaveLength(4)
})

test('a task of the header is not overridden by the model', async () => {
  const url = await listening({})
  const client = await session(url, 'remediator', { 'hotwork-task': 'INC-1' })
  expect(await setTask(client, 'INC-2')).toMatchObject({ isError: true })
  const call = write(client)
  await until(async () => (await scene.requests('pending')).length === 1)
  expect((await scene.requests())[0]?.ask.parentTask.id).toBe('INC-1')
  await scene.decideAll()
  await call
})
