import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readOrganisation } from '../../infra/local/organisation.ts'
import { makeFolder, removeFolders, root } from './support/programs.ts'

afterEach(removeFolders)
const policies = join(root, 'policies')

test('the sample organisation has the agents, people and groups that everyone builds on', () => {
  const { agents, people, tools } = readOrganisation(policies)
  expect(agents).toContainEqual(expect.objectContaining({ id: 'agent:builder', autonomy: 'supervised' }))
  expect(agents).toContainEqual(expect.objectContaining({ id: 'agent:remediator', autonomy: 'autonomous' }))
  expect(agents).toContainEqual(expect.objectContaining({ id: 'agent:planner', autonomy: 'orchestrator' }))
  expect(tools.map(({ id }) => id)).toContain('tool:flag-service')

  const owners = new Set(agents.map(({ owner }) => owner))
  const inGroup = (group: string) => people.filter(({ groups }) => groups.includes(group))
  expect(
    inGroup('payments-owners').filter(({ id, groups }) => groups.includes('sre') && !owners.has(id)),
  ).not.toHaveLength(0)
  expect(inGroup('security')).toHaveLength(3)
  expect(inGroup('on-call')).toHaveLength(2)
  // All of them can be played at the desk.
  expect(people.filter(({ slackUserId }) => slackUserId === undefined)).toEqual([])
})

test('every alias that the policies name is given a meaning', () => {
  expect(readOrganisation(policies)).toMatchObject({
    workloadIssuers: ['workloads'],
    peopleIssuers: ['people'],
    channels: ['hotwork-approvals'],
    accounts: [expect.any(String)],
  })
})

test('a file that is not as expected is named, with the member', () => {
  const folder = makeFolder()
  cpSync(policies, folder, { recursive: true })
  writeFileSync(
    join(folder, 'agents.json'),
    '{ "agents": [{ "id": "agent:x", "autonomy": "autonomous", "identities": [] }] }',
  )
  expect(() => readOrganisation(folder)).toThrow(/agents\.json[\s\S]*owner/)
})
