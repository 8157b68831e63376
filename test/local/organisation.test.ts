import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readOrganisation, withDatesOfToday } from '../../local/organisation.ts'
import { compileFolder } from '../support/policies/compile-folder.ts'
import { root } from '../support/repository.ts'
import { makeFolder, removeFolders, runModule } from './support/programs.ts'

afterEach(removeFolders)
const policies = join(root, 'policies')

function copyOfSample(): string {
  const folder = makeFolder()
  cpSync(policies, folder, { recursive: true })
  return folder
}
// biome-ignore lint/suspicious/noExplicitAny: a test reaches into JSON that it knows
function change(folder: string, name: string, by: (read: any) => unknown): void {
  const file = join(folder, name)
  const read = JSON.parse(readFileSync(file, 'utf8'))
  by(read)
  writeFileSync(file, JSON.stringify(read))
}

test('the sample organisation has the agents, people and groups that tests and examples use', () => {
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
  // The desk can play all of them.
  expect(people.filter(({ slackUserId }) => slackUserId === undefined)).toEqual([])
})

test('every alias of the policies has a meaning', () => {
  expect(readOrganisation(policies)).toMatchObject({
    workloadIssuers: ['workloads'],
    peopleIssuers: ['people'],
    absentIssuers: [],
    channels: ['hotwork-approvals', 'hotwork-agents'],
    accounts: [expect.any(String)],
  })
})

test('the first dates of the sample count from today on the local stack, and no other date moves', () => {
  const [folder, copy] = [copyOfSample(), join(makeFolder(), 'copy')]
  const datesIn = (of: string): string[] =>
    JSON.parse(readFileSync(join(of, 'agents.json'), 'utf8')).agents.map(
      ({ recertifyBy }: { recertifyBy: string }) => recertifyBy,
    )
  const moved = datesIn(withDatesOfToday(folder, copy))
  const inDays = (date = '') => (Date.parse(date) - Date.now()) / 86_400_000
  expect(inDays(moved[0])).toBeGreaterThan(178)
  expect(inDays(moved[0])).toBeLessThanOrEqual(180)
  expect(moved[3]).toBe(datesIn(policies)[3])
  for (const file of ['directory.json', 'break-glass.json'])
    expect(readFileSync(join(copy, file), 'utf8')).toContain(`"${moved[0]}"`)
  // The two teams that recertify are not overdue on one day.
  const { recertifyGroups } = JSON.parse(readFileSync(join(copy, 'directory.json'), 'utf8'))
  expect(inDays(recertifyGroups.security) - inDays(recertifyGroups.platform)).toBe(14)
  // A folder may allow fewer days.
  const inFolder = JSON.parse(readFileSync(join(folder, 'agents.json'), 'utf8'))
  writeFileSync(join(folder, 'agents.json'), JSON.stringify({ ...inFolder, recertifyAtMost: 'P30D' }))
  expect(inDays(datesIn(withDatesOfToday(folder, copy))[0])).toBeLessThanOrEqual(30)
  writeFileSync(join(folder, 'agents.json'), '{ "agents": [] }')
  for (const file of ['directory.json', 'break-glass.json']) rmSync(join(folder, file))
  expect(withDatesOfToday(folder, copy)).toBe(folder)
})

test('agents and tools with an address are notified, and no others', () => {
  expect(readOrganisation(policies).notified).toEqual([])
  const folder = copyOfSample()
  for (const kind of ['agents', 'tools'])
    change(folder, `${kind}.json`, (read) => (read[kind][0].notify = `http://127.0.0.1:8123/${kind}`))
  expect(readOrganisation(folder).notified).toEqual([
    { id: 'agent:builder', url: 'http://127.0.0.1:8123/agents' },
    { id: 'tool:flag-service', url: 'http://127.0.0.1:8123/tools' },
  ])
})

test('an invalid file is named, with the member', () => {
  const folder = copyOfSample()
  const agents = [{ id: 'agent:x', autonomy: 'autonomous', identities: [] }]
  writeFileSync(join(folder, 'agents.json'), JSON.stringify({ agents }))
  expect(() => readOrganisation(folder)).toThrow(/agents\.json[\s\S]*owner/)
})

/** The sample, with more identities of its first agent, before its own. */
function withIdentities(...identities: object[]): string {
  const folder = copyOfSample()
  change(folder, 'agents.json', ({ agents }) => agents[0].identities.unshift(...identities))
  return folder
}
const elsewhere = [
  { issuer: 'workloads', subject: 'agent-of-old', validUntil: '2020-01-01' },
  { issuer: 'workloads', subject: 'agent-to-be', validFrom: '2100-01-01' },
  {
    issuer: 'actions',
    claims: { repository_id: '1', repository_owner_id: '2', job_workflow_ref: 'a/b/c@d', environment: 'release' },
  },
]

test('an agent has its current identity at the local issuer, and absent issuers have no subjects', () => {
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

test('an agent without an identity at the local issuer is named', () => {
  const folder = withIdentities()
  change(folder, 'agents.json', ({ agents }) => {
    agents.find(({ id }: { id: string }) => id === 'agent:planner').identities = [elsewhere[2]]
  })
  expect(() => readOrganisation(folder)).toThrow(/agent:planner needs an identity at issuer `workloads`/)
})
