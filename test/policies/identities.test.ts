import { readFileSync } from 'node:fs'
import type { Agent } from '../../functions/domain/people/organisation.ts'
import { testBadFolders } from './bad/bad-folders.ts'
import { Copy } from './sample.ts'

const agents = 'policies/agents.json'
const deployment = 'deployment.json'

const issuers = {
  clusters: {
    kind: 'spiffe',
    trustDomain: 'prod.example',
    bundleEndpoint: 'https://spire.prod.example/bundle',
    audience: '{issuer}',
    algorithms: ['RS256'],
  },
  actions: {
    kind: 'github',
    issuer: 'https://token.actions.githubusercontent.com',
    audience: '{issuer}',
    algorithms: ['RS256'],
    expected: ['repo:acme/*'],
  },
  account: {
    kind: 'aws',
    issuer: 'https://0a1b.tokens.sts.global.api.aws',
    audience: '{issuer}',
    algorithms: ['ES384'],
    accountId: '111122223333',
  },
}
const pins = {
  repository_id: '1296269',
  repository_owner_id: '65410',
  job_workflow_ref: 'acme/release/.github/workflows/deploy.yml@refs/heads/main',
  environment: 'release',
}
const identities = {
  spiffe: { issuer: 'clusters', subject: 'spiffe://prod.example/ns/payments/sa/remediator' },
  github: { issuer: 'actions', claims: pins },
  aws: { issuer: 'account', subject: 'arn:aws:iam::111122223333:role/remediator' },
}

const withIssuers = (copy: Copy) => copy.editJson(deployment, (file) => Object.assign(file.issuers, issuers))

/** The sample with all kinds of issuers, and with these identities for its first and its second agent. */
function organisation(first: object[], second: object[] = []): Copy {
  const copy = new Copy()
  withIssuers(copy)
  copy.editJson(agents, (file) => {
    file.agents[0].identities.push(...first)
    file.agents[1].identities.push(...second)
  })
  return copy
}

const identitiesOf = (copy: Copy): Agent['identities'] | undefined => {
  const compiled = copy.compile()
  return compiled.ok ? compiled.bundle.agents[0]?.identities : undefined
}

test('an agent has an identity at each kind of issuer, each for its time', () => {
  const { spiffe, github, aws } = identities
  using copy = organisation([
    { ...spiffe, validUntil: '2027-03-01' },
    { ...github, validFrom: '2027-02-01T12:00:00+01:00', validUntil: '2027-03-01T00:00:00Z' },
    aws,
  ])
  expect(identitiesOf(copy)?.slice(1)).toEqual([
    { ...spiffe, validUntil: Date.UTC(2027, 2, 1) / 1000 },
    { ...github, validFrom: Date.UTC(2027, 1, 1, 11) / 1000, validUntil: Date.UTC(2027, 2, 1) / 1000 },
    aws,
  ])
})

test('one agent may have two identities for the same token, and two agents one after the other', () => {
  const { spiffe } = identities
  using own = organisation([spiffe, { ...spiffe, validFrom: '2027-01-01' }])
  expect(own.compile()).toMatchObject({ ok: true })
  using handedOver = organisation([{ ...spiffe, validUntil: '2027-01-01' }], [{ ...spiffe, validFrom: '2027-01-01' }])
  expect(handedOver.compile()).toMatchObject({ ok: true })
})

test('a bundle that a deployment names by its file is compiled in', () => {
  const keys = [{ kty: 'EC', crv: 'P-256', kid: 'k', x: 'AA', y: 'AA', use: 'jwt-svid' }]
  using copy = organisation([identities.spiffe])
  copy.add('bundle.json', JSON.stringify({ spiffe_sequence: 3, keys }))
  copy.editJson(deployment, ({ issuers: { clusters } }) => {
    delete clusters.bundleEndpoint
    clusters.bundleFile = './bundle.json'
  })
  const compiled = copy.compile()
  expect(compiled).toMatchObject({ ok: true })
  expect(compiled.ok && compiled.bundle.deployment.issuers['clusters']).toMatchObject({ bundle: { keys } })
  expect(JSON.stringify(compiled)).not.toContain('bundleFile')
})

/** The line, from 1, of the last occurrence of a text, because a problem names the second of two parties. */
function lastLineOf(copy: Copy, file: string, text: string): number {
  const whole = readFileSync(copy.at(file), 'utf8')
  return whole.slice(0, whole.lastIndexOf(text)).split('\n').length
}

testBadFolders('identities.txt', { every: withIssuers, values: identities, lineOf: lastLineOf })
