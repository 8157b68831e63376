import { changeView } from '../../../functions/domain/agents/agent-change.ts'
import { Agent } from '../../../functions/domain/people/organisation.ts'
import { person } from '../../support/world.ts'

const agent = Agent.parse({
  id: 'agent:deployer',
  description: 'deploys',
  identities: [{ issuer: 'workloads', subject: 'deployer' }],
  owner: 'person:dan',
  autonomy: 'assistive',
  runsOn: { other: 'a desk' },
  recertifyBy: Date.parse('2027-05-29T00:00:00Z') / 1000,
})

test('a registration has every member as new', () => {
  expect(changeView(undefined, agent)).toEqual([
    { member: 'description', to: 'deploys' },
    { member: 'owner', to: 'person:dan' },
    { member: 'autonomy', to: 'assistive' },
    { member: 'runsOn', to: { other: 'a desk' } },
    { member: 'identities', to: [{ issuer: 'workloads', subject: 'deployer' }] },
    { member: 'recertifyBy', to: '2027-05-29' },
    { member: 'status', to: 'active' },
  ])
})

test('a transfer has the owners, and no member that stays', () => {
  expect(changeView(agent, { ...agent, owner: person('eve'), backupOwner: person('dan') })).toEqual([
    { member: 'owner', from: 'person:dan', to: 'person:eve' },
    { member: 'backupOwner', to: 'person:dan' },
  ])
})

test('a member that is removed has no later value', () => {
  const { description: _, ...without } = agent
  expect(changeView(agent, without)).toEqual([{ member: 'description', from: 'deploys' }])
})

test('a retirement changes the status alone', () => {
  expect(changeView(agent, { ...agent, status: 'retired' })).toEqual([
    { member: 'status', from: 'active', to: 'retired' },
  ])
})

test('equal agents have no row', () => {
  expect(changeView(agent, structuredClone(agent))).toEqual([])
})
