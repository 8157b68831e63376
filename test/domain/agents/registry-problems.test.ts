import { type GovernedRegistry, nothingGoverned } from '../../../functions/domain/agents/governed-registry.ts'
import { registryProblems } from '../../../functions/domain/agents/registry-problems.ts'
import type { Agent, Identity, Person, Tool } from '../../../functions/domain/people/organisation.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { type AgentId, AgentId as AnyAgentId } from '../../../functions/domain/values.ts'
import { agent, person, sampleBundle, start } from '../../support/world.ts'

const files = sampleBundle()
const day = 86_400
const year = 365 * day
const [known] = files.agents as [Agent]
const [issuer] = known.identities.map((each) => each.issuer) as [string]
const fresh: Agent = {
  ...known,
  id: agent('fresh'),
  identities: [{ issuer, subject: 'fresh' }],
  owner: person('ana'),
  recertifyBy: start + 90 * day,
}
delete fresh.backupOwner

const with_ = (...agents: readonly Agent[]): GovernedRegistry => ({
  ...nothingGoverned,
  version: 1,
  agents: [...agents],
})
const problemsOf = (next: GovernedRegistry, bundle: Bundle = files, before?: GovernedRegistry) =>
  registryProblems(bundle, next, start, before)
const identityOf = (party: Agent | Person | Tool | undefined): Identity => party?.identities[0] as Identity
const withPerson = (id: string, changes: Partial<Person>): Bundle => ({
  ...files,
  directory: {
    ...files.directory,
    people: files.directory.people.map((each) => (each.id === id ? { ...each, ...changes } : each)),
  },
})

const inRole = (host: string, own: string): Partial<Agent> => {
  const arnOf = (name: string) => `arn:aws:iam::111122223333:role/${name}`
  return { runsOn: { awsRole: arnOf(host) }, identities: [{ issuer, subject: arnOf(own) }] }
}
const inRepository = (host: string, own: string): Partial<Agent> => ({
  runsOn: { githubRepository: host },
  identities: [{ issuer, subject: `repo:${own}` }],
})
const on = (runsOn: object, subject: string, claims?: { [name: string]: string }): Partial<Agent> => ({
  runsOn: runsOn as Agent['runsOn'],
  identities: [{ issuer, subject, ...(claims && { claims }) }],
})
const release = { githubEnvironment: 'org/one#release' }
const inCluster = { kubernetesServiceAccount: 'prod/agents/one' }

test.each([
  [on(release, 'repo:org/one:environment:harmless'), 'repo:org/one:environment:harmless'],
  [on(release, 'repo:org/one:ref:refs/heads/main'), 'repo:org/one:ref:refs/heads/main'],
  [on(release, 'any', { repository: 'org/two' }), 'org/two'],
  [on(release, 'any', { environment: 'harmless' }), 'harmless'],
  [on(inCluster, 'system:serviceaccount:agents:two'), 'system:serviceaccount:agents:two'],
  [on(inCluster, 'any', { sub: 'system:serviceaccount:others:one' }), 'system:serviceaccount:others:one'],
])('a host of %j is refused for the claim that names another', (changes, named) => {
  expect(problemsOf(with_({ ...fresh, ...changes }))).toContainEqual(
    `\`agent:fresh\`: identity 1 is \`${named}\`, which is another host`,
  )
})

test.each([
  inRole('builder', 'builder'),
  inRepository('Org/One', 'org/one:ref:refs/heads/main'),
  inRepository('org/one', 'org@1/one@2:ref:refs/heads/main'),
  { ...inRepository('org/one', ''), runsOn: { other: 'a runner' } },
  inRepository('org/one', 'org/one:environment:release'),
  on(release, 'repo:org/one:environment:release', { repository: 'Org/one', environment: 'release' }),
  on(inCluster, 'system:serviceaccount:agents:one'),
])('a host that its identity confirms, or does not name, has no problem: %j', (changes) => {
  expect(problemsOf(with_({ ...fresh, ...changes }))).toEqual([])
})

test('a new agent with its own identity, an active owner and a date within 180 days has no problem', () => {
  expect(problemsOf(with_(fresh))).toEqual([])
})

test.each<[rule: string, changes: Partial<Agent>, problem: RegExp]>([
  ['an owner who does not exist', { owner: person('zoe') }, /owner `person:zoe` is not in directory\.json$/],
  ['a backup owner who does not exist', { backupOwner: person('zoe') }, /backup owner `person:zoe` is not in/],
  ['an owner who is their own backup', { backupOwner: person('ana') }, /`person:ana` is the owner already/],
  ['a date more than 180 days ahead', { recertifyBy: start + 181 * day }, /`recertifyBy` is too late: write 2027-/],
  ['a name of agents.json', { id: known.id }, /is in agents\.json: change it there/],
  ['an unknown issuer', { identities: [{ issuer: 'nowhere', subject: 'x' }] }, /issuer `nowhere` is not in the depl/],
  ['a pattern as subject', { identities: [{ issuer, subject: 'x*' }] }, /a subject is matched exactly/],
  ['the identity of an agent of the files', { identities: [identityOf(known)] }, /of `\S+` is `agent:\w+` already/],
  ['the identity of a person', { identities: [identityOf(files.directory.people[0])] }, /is `person:\w+` already/],
  ['the identity of a tool', { identities: [identityOf(files.tools[0])] }, /is `tool:[\w-]+` already/],
  ['another role than that of its identity', inRole('builder', 'other'), /^`agent:\w+`: identity 1 is `arn:\S+other`/],
  [
    'another repository than that of its identity',
    inRepository('org/one', 'org/two:ref'),
    /`repo:org\/two:ref`, which/,
  ],
  ['a host without a known form', { runsOn: { awsRole: 'builder' } as Agent['runsOn'] }, /`agents\.0\.runsOn/],
])('a registration with %s is refused', (_, changes, problem) => {
  expect(problemsOf(with_({ ...fresh, ...changes }))).toContainEqual(expect.stringMatching(problem))
})

test('an owner or backup owner who is inactive is refused', () => {
  const inactive = withPerson('person:ana', { status: 'inactive' })
  const refused = /`person:ana` is inactive: name an active person as/
  expect(problemsOf(with_(fresh), inactive)).toEqual([expect.stringMatching(refused)])
  const backup = { ...fresh, owner: person('gus'), backupOwner: person('ana') }
  expect(problemsOf(with_(backup), inactive)).toEqual([expect.stringMatching(refused)])
})

test('a person who is leaving keeps the agents that they answer for, and gets no more', () => {
  const leaving = withPerson('person:ana', { leavesOn: start + 90 * day })
  const refused = (member: string) => `\`agent:fresh\`: \`person:ana\` is leaving: name another person as \`${member}\``
  expect(problemsOf(with_(fresh), leaving)).toEqual([refused('owner')])
  const backup = { ...fresh, owner: person('gus'), backupOwner: person('ana') }
  expect(problemsOf(with_(backup), leaving)).toEqual([refused('backupOwner')])
  expect(problemsOf(with_({ ...fresh, description: 'other' }), leaving, with_(fresh))).toEqual([])
  expect(problemsOf(with_({ ...backup, description: 'other' }), leaving, with_(fresh))).toEqual([])
  expect(problemsOf(with_(fresh), leaving, with_({ ...fresh, owner: person('gus') }))).toEqual([refused('owner')])
  expect(problemsOf(with_({ ...fresh, status: 'retired' }), leaving)).toEqual([])
})

test('an address for webhooks needs a deployment that has their secret', () => {
  const notified = { ...fresh, notify: 'https://agent.example/hook' }
  const without: Bundle = {
    ...files,
    agents: files.agents.map(({ notify: _, ...each }) => each),
    tools: files.tools.map(({ notify: _, ...each }) => each),
  }
  expect(problemsOf(with_(notified), without)).toEqual([expect.stringMatching(/needs the secret of webhooks/)])
  const [tool, ...others] = without.tools as [Tool]
  const withOne = { ...without, tools: [{ ...tool, notify: 'https://tool.example/hook' }, ...others] }
  expect(problemsOf(with_(notified), withOne)).toEqual([])
})

test('two new agents with one identity are refused', () => {
  const twin = { ...fresh, id: agent('twin') }
  expect(problemsOf(with_(fresh, twin))).toEqual([expect.stringMatching(/`agent:twin`.+`agent:fresh` already/)])
  expect(problemsOf(with_(fresh, fresh))).toContainEqual('`agent:fresh` is in the registry twice')
})

describe('an identity that another party had', () => {
  const its = { issuer, subject: 'worker' }
  const next = with_({ ...fresh, identities: [its] })
  const refused = [expect.stringMatching(/`worker` of `\S+` is `[\w:-]+` already/)]
  const later = (registry: GovernedRegistry, at: number, bundle = files) => registryProblems(bundle, registry, at)

  test('it is refused within a year of a change or retirement, and free after it', () => {
    const former = { ...next, former: [{ agent: agent('old'), identity: its, until: start + year }] }
    expect(later(former, start)).toEqual(refused)
    expect(later(former, start + year)).toEqual([])
  })

  test('the agent that had it may have it again', () => {
    expect(problemsOf({ ...next, former: [{ agent: fresh.id, identity: its, until: start + year }] })).toEqual([])
  })

  test('a retired agent keeps it until its former identities say for how long', () => {
    const old: Agent = { ...fresh, id: agent('old'), identities: [its], status: 'retired' }
    const both = { ...next, agents: [...next.agents, old] }
    expect(problemsOf(both)).toEqual(refused)
    expect(problemsOf({ ...both, former: [{ agent: old.id, identity: its, until: start }] })).toEqual([])
  })

  test('an agent of the files keeps it for a year after its end there, and after its retirement at run time', () => {
    const held = (identity: Identity): Bundle => ({
      ...files,
      agents: files.agents.map((each) => (each.id === known.id ? { ...each, identities: [identity] } : each)),
    })
    const begun = { ...next, agents: [{ ...fresh, identities: [{ ...its, validFrom: start + year }] }] }
    expect(later(begun, start, held({ ...its, validUntil: start + 1 }))).toEqual(refused)
    expect(later(begun, start, held({ ...its, validUntil: start }))).toEqual([])
    const retired = { ...begun, retired: [{ id: known.id, at: start + 1 }] }
    expect(later(retired, start, held(its))).toEqual(refused)
    expect(later({ ...retired, retired: [{ id: known.id, at: start }] }, start, held(its))).toEqual([])
  })
})

test('identities and autonomy of an agent do not change together', () => {
  const before = with_(fresh)
  const [identities, autonomy] = [[{ issuer, subject: 'moved' }], 'orchestrator'] as const
  expect(problemsOf(with_({ ...fresh, identities: [...identities] }), files, before)).toEqual([])
  expect(problemsOf(with_({ ...fresh, autonomy }), files, before)).toEqual([])
  expect(problemsOf(with_({ ...fresh, autonomy, identities: [...identities] }), files, before)).toEqual([
    '`agent:fresh` changes its identities and its autonomy: change one after the other',
  ])
})

test('the problem of one agent does not keep people from changing another, or from retiring it', () => {
  const orphan: Agent = { ...fresh, owner: person('zoe') }
  const other: Agent = { ...fresh, id: agent('other'), identities: [{ issuer, subject: 'other' }] }
  expect(problemsOf(with_(orphan, other), files, with_(orphan))).toEqual([])
  expect(problemsOf(with_({ ...orphan, status: 'retired' }), files, with_(orphan))).toEqual([])
})

test('an agent of the files can be retired, and no agent that the files do not name', () => {
  const retiring = (id: AgentId) => ({ ...nothingGoverned, version: 1, retired: [{ id, at: start }] })
  expect(problemsOf(retiring(known.id))).toEqual([])
  expect(problemsOf(retiring(agent('nowhere')))).toEqual(['`agent:nowhere` is not in agents.json'])
})

test('the registry is bounded in agents and in size', () => {
  const many = (length: number, description: string) =>
    Array.from({ length }, (_, at) => {
      const id = AnyAgentId.parse(`agent:a${at}`)
      return { ...fresh, id, identities: [{ issuer, subject: id }], description }
    })
  expect(problemsOf(with_(...many(2000, 'short')))).toEqual([])
  expect(problemsOf(with_(...many(2001, 'short')))).toEqual([expect.stringMatching(/at most 2000 agents/)])
  expect(problemsOf(with_(...many(2000, 'x'.repeat(256))))).toEqual([expect.stringMatching(/at most 1000000 char/)])
})
