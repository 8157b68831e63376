import type { Approved } from '../../../client/index.ts'
import { hotworkIn } from '../support/agent-client.ts'
import { useFolder } from '../support/folder.ts'
import { useScene } from '../support/scene.ts'

/** The list of askable actions, by the client. */

const scene = useScene()
const folder = useFolder()
const hotwork = (agent?: string) => hotworkIn(scene, folder(), agent)

test('an agent lists the actions it may ask for, and asks for one by its example', async () => {
  const found = await hotwork().actions({ tool: 'aws' })
  expect(found.map(({ name }) => name)).toContain('ssm:PutParameter')
  expect(found.map(({ name }) => name)).not.toContain('flags:set')
  const put = found.find(({ name }) => name === 'ssm:PutParameter')
  if (!put?.example) throw new Error('no example')
  const [purpose = ''] = put.purposes?.filter((each) => each === 'remediation') ?? []
  const asked = { action: put.name, arguments: put.example.arguments, purpose, parentTask: { id: 'INC-4822' } }
  const permit = (await hotwork().permit(asked)) as Approved
  expect(permit.outcome).toBe('approved')
  expect((await scene.state(permit.request)).ask.resource).toMatchObject(put.example.resource)
})

test('a list of one resource says its tier', async () => {
  const resource = 'prod/express-checkout'
  const found = await hotwork().actions({ resource, tool: 'tool:flag-service', purpose: 'remediation' })
  expect(found).toMatchObject([{ name: 'flags:allow' }, { name: 'flags:set', tier: 1, purposes: ['remediation'] }])
})

test('a planner’s actions are marked as steps of a plan', async () => {
  const found = await hotwork('agent-planner').actions()
  expect(found.length).toBeGreaterThan(0)
  for (const each of found) expect(each).toMatchObject({ planOnly: true })
  expect(found[0]).not.toHaveProperty('plan_only')
})

test('a retired agent’s list is refused with the code of its status', async () => {
  const { bundle } = scene.api.world.policy
  const agent = bundle.agents.find(({ id }) => id === 'agent:builder') as { status: string }
  const { status } = agent
  agent.status = 'retired'
  try {
    await expect(hotwork('agent-builder').actions()).rejects.toMatchObject({ told: { code: 'agent_retired' } })
  } finally {
    agent.status = status
  }
})

test('a list ends with the reason of its signal', async () => {
  const reason = new Error('enough')
  await expect(hotwork().actions({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})
