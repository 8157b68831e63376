import { AgentsFile } from '../../../functions/adapters/policy-folder/file-shapes.ts'
import { spelled } from '../../../functions/domain/agents/spelling.ts'
import { Agent } from '../../../functions/domain/people/organisation.ts'
import { sampleBundle } from '../../support/world.ts'

const day = Date.parse('2027-05-29T00:00:00Z') / 1000
const full = Agent.parse({
  id: 'agent:deployer',
  description: 'deploys',
  identities: [
    { issuer: 'workloads', subject: 'deployer', claims: { team: 'a' }, validFrom: day, validUntil: day + 61 },
  ],
  owner: 'person:dan',
  backupOwner: 'person:eve',
  autonomy: 'assistive',
  runsOn: { other: 'a desk' },
  status: 'suspended',
  rebind: true,
  recertifyBy: day,
  recertifyEvery: 90 * 86_400 + 1,
  notify: 'https://hooks.example.com/deployer',
})

test.each([...sampleBundle().agents, full].map((agent) => [agent.id, agent] as const))(
  '%s reads as the same agent when agents.json has its spelling',
  (_, agent) => {
    const whole = { ...agent, recertifyBy: agent.recertifyBy - (agent.recertifyBy % 86_400) }
    expect(AgentsFile.parse({ agents: [spelled(whole)] }).agents).toEqual([whole])
  },
)

test('a member that has its default is left out', () => {
  const plain = Agent.parse({
    ...{ id: 'agent:a', identities: [{ issuer: 'workloads', subject: 'a' }], owner: 'person:dan' },
    ...{ autonomy: 'assistive', runsOn: { other: 'a desk' }, recertifyBy: day },
  })
  expect(Object.keys(spelled(plain)).sort()).toEqual([
    ...['autonomy', 'id', 'identities', 'owner', 'recertifyBy', 'runsOn'],
  ])
})
