import { startsRun } from '../../../functions/domain/policy/catalogue.ts'
import { AgentMachine } from '../support/agent-machine.ts'
import { useScene } from '../support/scene.ts'

/** `hotwork actions`, on the machine of an agent. */

const scene = useScene()
let machine: AgentMachine
beforeEach(() => {
  machine = new AgentMachine(scene, 'assistant')
})
afterEach(() => machine.close())

test('`actions` prints a line for each action, with tier, purposes and the form of the resource', async () => {
  const { exit, out } = await machine.type(
    'actions',
    '--resource',
    'staging/express-checkout',
    '--tool',
    'tool:flag-service',
  )
  expect(exit).toBe(0)
  const [head = '', allow, line = '', ...more] = out.trimEnd().split('\n')
  expect(head.split(/\s{2,}/)).toEqual(['ACTION', 'TIER', 'PURPOSES', 'RESOURCE', 'TITLE'])
  expect(allow).toMatch(/^flags:allow /)
  expect(line).toMatch(
    /^flags:set +1 +maintenance, release, remediation +\{arguments.environment\}\/\{arguments.flag\} /,
  )
  expect(more).toEqual([])
})

test('`actions` of a resource that the agent may do nothing to prints `none`', async () => {
  const { exit, out } = await machine.type('actions', '--resource', 'prod/express-checkout')
  expect([exit, out]).toEqual([0, 'none\n'])
})

test('`actions --json` prints the answer of the API, from all pages', async () => {
  const { exit, body } = await machine.json('actions')
  expect(exit).toBe(0)
  expect(body.actions.map(({ name }: { name: string }) => name)).toEqual(
    // The sample has runs in production alone, where an assistant does nothing.
    Object.entries(scene.api.world.policy.bundle.actions)
      .flatMap(([name, entry]) => (startsRun(entry) ? [] : [name]))
      .toSorted(),
  )
  expect(body.actions[0]).toMatchObject({ arguments: { type: 'object' }, resource: { type: expect.any(String) } })
})
