import type { Looked } from '../../../functions/domain/agents/agent-file.ts'
import { type Changed, concerns, placesOf, silentOf } from '../../../functions/domain/agents/host-change.ts'
import type { RunsOn } from '../../../functions/domain/people/host-kinds.ts'

/** The hosts that a change at AWS concerns, and the places that tell of changes. */

const [account, other] = ['000000000000', '111111111111']
const role = (name: string, of = account) => `arn:aws:iam::${of}:role/${name}`
const lambda = `arn:aws:lambda:eu-west-1:${account}:function:nightly`
const service = `arn:aws:ecs:eu-west-1:${account}:service/main/nightly`
const schedule = `arn:aws:scheduler:eu-west-1:${account}:schedule/default/nightly`
const hosts = {
  role: { awsRole: role('builder') },
  pod: { kubernetesServiceAccount: 'prod/agents/remediator' },
  repository: { githubRepository: 'org/repo' },
  lambda: { scheduler: lambda },
  service: { scheduler: service },
  schedule: { scheduler: schedule },
  words: { other: 'a laptop' },
} satisfies { [name: string]: RunsOn }
type Name = keyof typeof hosts

/** A complete look that found one role beside the host. */
const looked = (name: Name): Looked => ({
  at: 1,
  role: Object.values<string>(hosts[name])[0] ?? '',
  roles: [{ arn: name === 'role' ? hosts.role.awsRole : role('deploy'), via: 'trust' }],
  actions: {},
})
const concerned = (of: Changed, at = account, change: (one: Looked) => Looked | undefined = (one) => one) =>
  (Object.keys(hosts) as Name[]).filter((name) =>
    concerns({ account: at, region: 'us-east-1', at: 9, of }, { runsOn: hosts[name] }, change(looked(name))),
  )
const all = ['role', 'pod', 'repository', 'lambda', 'service', 'schedule']

test.each<[what: string, of: Changed, expected: string[]]>([
  ['rights of a role concern the hosts that reach it', { kind: 'role', name: 'builder' }, ['role']],
  ['rights of a role that many reach concern them all', { kind: 'role', name: 'deploy' }, all.slice(1)],
  ['rights of a role that no host reaches concern none', { kind: 'role', name: 'elsewhere' }, []],
  ['a role whose name is the end of another concerns none', { kind: 'role', name: 'uilder' }, []],
  ['a new role may let any host in', { kind: 'roles' }, all],
  ['a managed policy may belong to any role of the account', { kind: 'policies' }, all],
  ['an association concerns its cluster', { kind: 'host', service: 'eks', names: ['prod'] }, ['pod']],
  ['an association of another cluster concerns none', { kind: 'host', service: 'eks', names: ['test'] }, []],
  [
    'a function concerns itself, and each schedule, which may have it as its target',
    { kind: 'host', service: 'lambda', names: ['nightly'] },
    ['lambda', 'schedule'],
  ],
  [
    'a service concerns itself and not a function of its name',
    { kind: 'host', service: 'ecs', names: ['nightly'] },
    ['service', 'schedule'],
  ],
  [
    'a service that the event does not name may be any, and a schedule',
    { kind: 'host', service: 'ecs', names: [] },
    ['service', 'schedule'],
  ],
  ['a cluster that the event does not name may be any', { kind: 'host', service: 'eks', names: [] }, ['pod']],
  ['another function concerns schedules alone', { kind: 'host', service: 'lambda', names: ['daily'] }, ['schedule']],
])('%s', (_what, of, expected) => expect(concerned(of)).toEqual(expected))

test('a change in an account that a host does not reach concerns only hosts that any account may let in', () => {
  expect(concerned({ kind: 'role', name: 'deploy' }, other)).toEqual([])
  expect(concerned({ kind: 'policies' }, other)).toEqual([])
  expect(concerned({ kind: 'host', service: 'lambda', names: ['nightly'] }, other)).toEqual([])
  expect(concerned({ kind: 'host', service: 'lambda', names: [] }, other)).toEqual([])
  expect(concerned({ kind: 'roles' }, other)).toEqual(all)
})

test.each<[why: string, change: (one: Looked) => Looked | undefined]>([
  ['none was made', () => undefined],
  ['it failed', (one) => ({ ...one, failed: { why: 'throttled', answersOf: 1 } })],
  ['it did not reach all roles', (one) => ({ ...one, unseen: 1 })],
  ['a part is unknown', (one) => ({ ...one, partial: ['the roles of an account were not listed'] })],
  ['it is of another host', (one) => ({ ...one, role: 'before' })],
  ['it is of a time before roles were kept', ({ roles: _, ...one }) => one],
])('rights of any role concern a host whose last look does not name all its roles, since %s', (_why, change) =>
  expect(concerned({ kind: 'role', name: 'elsewhere' }, account, change)).toEqual(all),
)

test('rights of a role concern no host that is not there', () => {
  const gone = (one: Looked): Looked => ({ ...one, actions: {}, failed: { why: 'no_such_role', answersOf: 1 } })
  expect(concerned({ kind: 'policies' }, account, gone)).toEqual([])
  expect(concerned({ kind: 'roles' }, account, gone)).toEqual(all)
})

test('a call of the look itself concerns no host', () =>
  expect(concerns({ account, region: 'us-east-1', at: 9 }, { runsOn: hosts.role }, undefined)).toBe(false))

const accounts: Parameters<typeof placesOf>[1] = [
  { partition: 'aws', accountId: account, region: 'eu-west-1', externalId: 'x' },
  { partition: 'aws-cn', accountId: other, region: 'cn-northwest-1', externalId: 'y' },
]

test.each<[host: Name, places: string[]]>([
  ['role', [`${account} us-east-1`, `${other} cn-north-1`]],
  ['pod', [`${account} us-east-1`, `${other} cn-north-1`, `${account} eu-west-1`, `${other} cn-northwest-1`]],
  ['schedule', [`${account} us-east-1`, `${other} cn-north-1`, `${account} eu-west-1`]],
])(
  'changes of a host of kind %s come from IAM of each account, and from the Region of its association',
  (host, places) => expect(placesOf({ runsOn: hosts[host] }, accounts)).toEqual(places),
)

test('a place is silent that never sent an event, or none for two days', () => {
  const now = 1_000_000
  const heard = new Map([
    ['a', now - 2 * 86_400 + 1],
    ['b', now - 2 * 86_400],
  ])
  expect(silentOf(['a', 'b', 'c'], heard, now)).toEqual(['b', 'c'])
})
