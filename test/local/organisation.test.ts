import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readOrganisation, withDatesOfToday } from '../../local/organisation.ts'
import { compileFolder } from '../support/policies/compile-folder.ts'
import { makeFolder, removeFolders, root, runModule } from './support/programs.ts'

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
  expect(inGroup('security').length).toBeGreaterThanOrEqual(3)
  expect(inGroup('on-call')).toHaveLength(2)
  // All of them can be played at the desk.
  expect(people.filter(({ slackUserId }) => slackUserId === undefined)).toEqual([])
})

test('every alias that the policies name is given a meaning', () => {
  expect(readOrganisation(policies)).toMatchObject({
    workloadIssuers: ['workloads'],
    peopleIssuers: ['people'],
    absentIssuers: [],
    channels: ['hotwork-approvals', 'hotwork-agents'],
    accounts: [expect.any(String)],
  })
})

test('the first dates of the sample’s agents count from today on the local stack, and no other date moves', () => {
  const [folder, copy] = [makeFolder(), join(makeFolder(), 'copy')]
  cpSync(policies, folder, { recursive: true })
  const datesIn = (of: string): string[] =>
    JSON.parse(readFileSync(join(of, 'agents.json'), 'utf8')).agents.map(
      ({ recertifyBy }: { recertifyBy: string }) => recertifyBy,
    )
  const moved = datesIn(withDatesOfToday(folder, copy))
  const inDays = (date = '') => (Date.parse(date) - Date.now()) / 86_400_000
  expect(inDays(moved[0])).toBeGreaterThan(178)
  expect(inDays(moved[0])).toBeLessThanOrEqual(180)
  expect(moved[3]).toBe(datesIn(policies)[3])
  writeFileSync(join(folder, 'agents.json'), '{ "agents": [] }')
  expect(withDatesOfToday(folder, copy)).toBe(folder)
})

test('agents and tools with an address to be notified at are told, and no others', () => {
  expect(readOrganisation(policies).notified).toEqual([])
  const folder = makeFolder()
  cpSync(policies, folder, { recursive: true })
  for (const kind of ['agents', 'tools']) {
    const file = join(folder, `${kind}.json`)
    const read = JSON.parse(readFileSync(file, 'utf8'))
    read[kind][0].notify = `http://127.0.0.1:8123/${kind}`
    writeFileSync(file, JSON.stringify(read))
  }
  expect(readOrganisation(folder).notified).toEqual([
    { id: 'agent:builder', url: 'http://127.0.0.1:8123/agents' },
    { id: 'tool:flag-service', url: 'http://127.0.0.1:8123/tools' },
  ])
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

/** The sample, where the first agent has these identities too, before its own. */
function withIdentities(...identities: object[]): string {
  const folder = makeFolder()
  cpSync(policies, folder, { recursive: true })
  const file = join(folder, 'agents.json')
  const registry = JSON.parse(readFileSync(file, 'utf8'))
  const { agents } = registry
  agents[0].identities.unshift(...identities)
  writeFileSync(file, JSON.stringify(registry))
  return folder
}
const elsewhere = [
  { issuer: 'workloads', subject: 'agent-of-old', validUntil: '2020-01-01' },
  { issuer: 'workloads', subject: 'agent-to-be', validFrom: '2100-01-01' },
  {
    issuer: 'actions',
    claims: { repository_id: '1', repository_owner_id: '2', job_workflow_ref: 'a/b/c@d', environment: 'prod' },
  },
]

test('an agent is who it is here and now, and issuers that are elsewhere have nobody here', () => {
  const { agents, workloadIssuers, absentIssuers } = readOrganisation(withIdentities(...elsewhere))
  expect(agents[0]).toMatchObject({ id: 'agent:builder', subject: 'agent-builder' })
  expect(workloadIssuers).toEqual(['workloads'])
  expect(absentIssuers).toEqual([{ alias: 'actions', matchedByClaims: true }])
})

test('the deployment of an organisation with identities elsewhere compiles', () => {
  const folder = withIdentities(...elsewhere, {
    issuer: 'roles',
    subject: 'arn:aws:iam::1:role/x',
    claims: { org_id: 'o' },
  })
  const deployment = runModule(`
    import { createSlackApp, describeDeployment } from './local/deployment-file.ts'
    import { readOrganisation } from './local/organisation.ts'
    const organisation = readOrganisation(${JSON.stringify(folder)})
    const identityProvider = { url: 'http://127.0.0.1:61001', jwksUri: 'http://127.0.0.1:61001/jwks' }
    console.log(JSON.stringify(await describeDeployment({
      organisation, identityProvider, issuer: 'http://127.0.0.1:61002', accountId: '000000000000', region: 'us-east-1',
      slack: createSlackApp(organisation.channels), slackApiUrl: 'http://127.0.0.1:61003/api/',
      pagerUrl: 'http://127.0.0.1:61004', incidentsUrl: 'http://127.0.0.1:61004/incidents/{incident}',
    })))`)
  const file = join(makeFolder(), 'deployment.json')
  writeFileSync(file, JSON.stringify(deployment))
  expect(compileFolder(folder, file)).toMatchObject({ ok: true })
})

test('an agent for whom nobody here can speak is named', () => {
  const folder = withIdentities()
  const file = join(folder, 'agents.json')
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(
      '{"issuer":"workloads","subject":"agent-planner"}',
      JSON.stringify(elsewhere[2]),
    ),
  )
  expect(() => readOrganisation(folder)).toThrow(/agent:planner has no identity at issuer `workloads`/)
})
