import {
  afterAgent,
  changeView,
  endsWhatItHeld,
  gainersOf,
  widens,
} from '../../../functions/domain/agents/agent-change.ts'
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

const change = (args: object) => ({ action: 'hotwork:ChangeAgent', arguments: { id: 'agent:deployer', ...args } })
const changed = (args: object, before: Agent = agent) => {
  const found = afterAgent(change(args), before)
  if (!found.ok) throw new Error(`${found.code}: ${found.detail}`)
  return found.value
}

test('null removes a member that may be absent', () => {
  expect(changed({ description: null })).not.toHaveProperty('description')
  expect(() => changed({ autonomy: null })).toThrow('invalid_arguments')
})

test('days and durations are spelled as in agents.json', () => {
  expect(changed({ recertifyEvery: 'P90D' }).recertifyEvery).toBe(90 * 86_400)
  expect(() => changed({ recertifyEvery: 90 })).toThrow('invalid_arguments')
  expect(changed({ recertifyEvery: 'P364D' }).recertifyEvery).toBe(364 * 86_400)
  expect(() => changed({ recertifyEvery: 'P366D' })).toThrow('invalid_arguments')
})

test('a change does not move the date of recertification, the owner or the status', () => {
  for (const args of [{ recertifyBy: '2027-01-01' }, { owner: 'person:eve' }, { status: 'active' }])
    expect(() => changed(args)).toThrow('invalid_arguments')
})

test('a change that changes nothing is refused', () => {
  expect(() => changed({ autonomy: 'assistive' })).toThrow(/is so already/)
})

test.each<[args: object, ends: boolean, wider: boolean]>([
  [{ autonomy: 'autonomous' }, true, true],
  [{ identities: [{ issuer: 'workloads', subject: 'other' }] }, true, true],
  [{ description: 'other' }, false, false],
  [{ runsOn: { other: 'a shelf' } }, false, false],
])('%j ends what the agent held: %s, and widens it: %s', (args, ends, wider) => {
  const after = changed(args)
  expect([endsWhatItHeld(agent, after), widens(agent, after)]).toEqual([ends, wider])
})

test('a transfer names owner and backup owner again, and both sides are barred from deciding it', () => {
  const before = { ...agent, backupOwner: person('ana') }
  const to = { action: 'hotwork:TransferAgent', arguments: { id: 'agent:deployer', owner: 'person:eve' } }
  const after = afterAgent(to, before)
  expect(after).toMatchObject({ ok: true, value: { owner: 'person:eve' } })
  expect(after.ok && after.value).not.toHaveProperty('backupOwner')
  expect(after.ok && gainersOf(before, after.value)).toEqual(['person:dan', 'person:ana', 'person:eve'])
})

test('a retired agent is not changed again', () => {
  expect(afterAgent(change({ description: 'x' }), { ...agent, status: 'retired' })).toMatchObject({
    code: 'invalid_registry',
  })
})
