import { mostRoles, platformsIn } from '../../../functions/domain/agents/unknown-roles.ts'
import type { SpiffeIssuer } from '../../../functions/domain/people/identity-issuer.ts'
import type { ListedRole } from '../../../functions/operations/agents/ports.ts'
import { lookAtPlatformRoles, unknownRolesNow } from '../../../functions/operations/agents/unknown-roles.ts'
import { HostUnseen } from '../../../functions/operations/faults.ts'
import { principalsPerStatement } from '../../../functions/targets/aws/iam/trust-policy.ts'
import { withAgent } from '../../support/bundles.ts'
import { agent, sampleBundle, start, World } from '../../support/world.ts'

/** Roles that trust an agent platform and belong to no agent: looked for in each account, and listed. */

const account = '000000000000'
const role = (name: string) => `arn:aws:iam::${account}:role/${name}`
const federated = (provider: string) => ({ Federated: `arn:aws:iam::${account}:oidc-provider/${provider}` })
const github = federated('token.actions.githubusercontent.com')
const agentcore = { Service: 'bedrock-agentcore.amazonaws.com' }
const trusting = (...principals: object[]) =>
  JSON.stringify({
    Statement: principals.map((Principal) => ({ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' })),
  })

let world: World
let listed: ListedRole[] | HostUnseen
beforeEach(() => {
  world = new World()
  listed = []
})
const ports = () => ({
  ...world.ports,
  agents: world.agents,
  platformRoles: world.agents,
  roleList: {
    roles: async () => {
      await Promise.resolve()
      if (listed instanceof HostUnseen) throw listed
      return listed
    },
  },
  readPrincipals: principalsPerStatement,
})
const look = (until?: number) => lookAtPlatformRoles(ports(), until === undefined ? {} : { until })
const found = async () => (await unknownRolesNow(ports())).find((each) => each.account === account)

test('roles of platforms are found, and roles of people, services and an agent’s host are not', async () => {
  listed = [
    { arn: role('release'), trust: trusting(github) },
    { arn: role('assistant'), trust: trusting({ Service: 'lambda.amazonaws.com' }, agentcore) },
    { arn: role('nightly-jobs'), trust: trusting(github) },
    { arn: role('people'), trust: trusting({ AWS: '*' }, federated('saml.example')) },
    { arn: role('eks'), trust: trusting(federated('oidc.eks.eu-west-1.amazonaws.com/id/ABC')) },
  ]
  expect(await look()).toBeGreaterThan(0)
  expect((await found())?.unknown).toEqual([
    { arn: role('release'), platforms: ['github'] },
    { arn: role('assistant'), platforms: ['agentcore'] },
  ])
})

test('a role that an agent’s host reaches, or that is an agent’s identity, belongs to that agent', async () => {
  listed = ['reached', 'identity', 'other'].map((name) => ({ arn: role(name), trust: trusting(github) }))
  await look()
  await world.agents.saveLooked(agent('builder'), {
    ...{ at: start, role: 'example-org/checkout#release', actions: {} },
    roles: [{ arn: role('reached'), via: 'trust' }],
  })
  const identities = [{ issuer: 'workloads', subject: role('identity') }]
  world.policy = new World(withAgent(agent('remediator'), { identities })).policy
  expect((await found())?.unknown.map(({ arn }) => arn)).toEqual([role('other')])
})

test('a failed look keeps the earlier roles with its reason, however often it fails', async () => {
  listed = [{ arn: role('release'), trust: trusting(github) }]
  await look()
  world.clock.advance(86_400)
  listed = new HostUnseen('throttled')
  expect(await look()).toBe(0)
  world.clock.advance(86_400)
  await look()
  expect(await found()).toMatchObject({
    unknown: [{ arn: role('release') }],
    looked: { failed: { why: 'throttled', rolesOf: start } },
  })
})

test('an account whose first look failed has no roles and no time', async () => {
  listed = new HostUnseen('not_permitted')
  await look()
  expect((await found())?.looked).toEqual({ at: start, roles: [], failed: { why: 'not_permitted' } })
})

test('at most 200 roles are kept, and the rest is counted', async () => {
  listed = Array.from({ length: mostRoles + 7 }, (_, n) => ({ arn: role(`r${n}`), trust: trusting(github) }))
  await look()
  expect((await found())?.looked).toMatchObject({ more: 7 })
  expect((await found())?.unknown).toHaveLength(mostRoles)
})

test('a trust policy that is not understood is counted as unread', async () => {
  listed = [
    { arn: role('broken'), trust: 'x' },
    { arn: role('odd'), trust: JSON.stringify({ Statement: [{ Effect: 'Allow', NotPrincipal: github }] }) },
  ]
  await look()
  expect((await found())?.looked).toMatchObject({ roles: [], unread: 2 })
})

test('a look out of time leaves the account as it was', async () => {
  expect(await look(world.clock.now())).toBe(0)
  expect((await found())?.looked).toBeUndefined()
})

test.each([
  ['GitHub’s for an enterprise', 'token.actions.githubusercontent.com/acme', ['github']],
  ['a name that only begins alike', 'token.actions.githubusercontent.com.evil.example', []],
  ['SPIRE’s at the trust domain', 'oidc-discovery.prod.example', ['spire']],
  ['an issuer of the deployment', 'id.example.org', ['issuer']],
  ['an unknown provider', 'idp.example', []],
])('the provider %s is recognized', (_whose, provider, platforms) => {
  const { deployment } = sampleBundle()
  const spiffe: SpiffeIssuer = { kind: 'spiffe', trustDomain: 'prod.example', audience: 'x', algorithms: ['RS256'] }
  const issuers = { ...deployment.issuers, clusters: spiffe }
  const principal = { kind: 'Federated', name: `arn:aws:iam::${account}:oidc-provider/${provider}` }
  expect(platformsIn([principal], { issuers })).toEqual(platforms)
})
