import { readFileSync } from 'node:fs'
import type { Agent } from '../../functions/domain/people/organisation.ts'
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
  environment: 'production',
}
const identities = {
  spiffe: { issuer: 'clusters', subject: 'spiffe://prod.example/ns/payments/sa/remediator' },
  github: { issuer: 'actions', claims: pins },
  aws: { issuer: 'account', subject: 'arn:aws:iam::111122223333:role/remediator' },
}

/** The sample with the other kinds of issuers, and with these identities for its first and its second agent. */
function organisation(first: object[], second: object[] = []): Copy {
  const copy = new Copy()
  copy.editJson(deployment, (file) => Object.assign(file.issuers, issuers))
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

/** The line, from 1, on which this text begins for the last time: the second party is the one that is told. */
function lastLineOf(copy: Copy, file: string, text: string): number {
  const whole = readFileSync(copy.at(file), 'utf8')
  return whole.slice(0, whole.lastIndexOf(text)).split('\n').length
}

/** What is spoilt; the file, and the text that begins on the line that must be named; what message and fix must say. */
type Bad = [rule: string, make: () => Copy, file: string, line: string, message: string, fix: string]

const agentsWith = (first: object[], second?: object[]) => () => organisation(first, second)
const deployedWith = (change: (all: Record<string, Record<string, unknown>>) => void) => () => {
  const copy = organisation([])
  copy.editJson(deployment, (file) => change(file.issuers))
  return copy
}
const { spiffe, github, aws } = identities

const shared: Bad[] = [
  [
    'one SPIFFE ID of two agents',
    agentsWith([spiffe], [{ ...spiffe }]),
    agents,
    '"subject": "spiffe://prod.example/ns/payments/sa/remediator"',
    'is `agent:builder` already',
    '`validUntil`',
  ],
  [
    'one identity of two agents whose times overlap by a second',
    agentsWith(
      [{ ...spiffe, validUntil: '2027-01-01T00:00:01Z' }],
      [{ issuer: 'clusters', validFrom: '2027-01-01', subject: spiffe.subject }],
    ),
    agents,
    '"subject": "spiffe',
    'is `agent:builder` already',
    '`validFrom`',
  ],
  [
    'the same claims for two agents',
    agentsWith([github], [{ claims: pins, issuer: 'actions' }]),
    agents,
    '"claims": {',
    'a token that has these claims of `actions` is `agent:builder` already',
    'its own identity',
  ],
  [
    'claims of one agent that leave room for another',
    agentsWith([github], [{ ...github, claims: { ref: 'refs/heads/main', ...pins } }]),
    agents,
    '"claims": {',
    'is `agent:builder` already',
    'its own identity',
  ],
  [
    'claims of one agent and a subject of another',
    agentsWith([github], [{ ...github, subject: 'repo:acme/checkout:environment:production' }]),
    agents,
    '"subject": "repo:acme',
    'is `agent:builder` already',
    'its own identity',
  ],
  [
    'a subject of one agent and claims of another',
    agentsWith(
      [{ ...github, subject: 'repo:acme/checkout:environment:production' }],
      [{ claims: pins, issuer: 'actions' }],
    ),
    agents,
    '"claims": {',
    'is `agent:builder` already',
    'its own identity',
  ],
]

const single: Bad[] = [
  [
    'a subject that is missing',
    agentsWith([{ issuer: 'account' }]),
    agents,
    '{\n          "issuer": "account"',
    '`subject` is missing',
    'docs/identity.md',
  ],
  [
    'a pattern for a subject',
    agentsWith([{ ...spiffe, subject: 'spiffe://prod.example/ns/*' }]),
    agents,
    '"subject": "spiffe',
    '`*` stands for nothing',
    'write out',
  ],
  [
    'a pattern for a claim',
    agentsWith([{ ...github, claims: { ...pins, ref: 'refs/heads/*' } }]),
    agents,
    '"ref"',
    '`*` stands for nothing',
    'write out',
  ],
  [
    'a SPIFFE ID of another trust domain',
    agentsWith([{ ...spiffe, subject: 'spiffe://staging.example/remediator' }]),
    agents,
    '"subject": "spiffe',
    'not a SPIFFE ID of a workload in `prod.example`',
    '`spiffe://prod.example/`',
  ],
  [
    'a SPIFFE ID with a slash at the end',
    agentsWith([{ ...spiffe, subject: 'spiffe://prod.example/remediator/' }]),
    agents,
    '"subject": "spiffe',
    'not a SPIFFE ID of a workload',
    'without a slash at the end',
  ],
  [
    'claims beside a SPIFFE ID',
    agentsWith([{ ...spiffe, claims: { team: 'payments' } }]),
    agents,
    '"team"',
    'claim `team` says nothing of who it is at a `spiffe` issuer',
    'remove it',
  ],
  [
    'a role of another account',
    agentsWith([{ ...aws, subject: 'arn:aws:iam::444455556666:role/remediator' }]),
    agents,
    '"subject": "arn:aws',
    'not a role of account 111122223333',
    '`arn:aws:iam::111122223333:role/`',
  ],
  [
    'a user for a role',
    agentsWith([{ ...aws, subject: 'arn:aws:iam::111122223333:user/remediator' }]),
    agents,
    '"subject": "arn:aws',
    'not a role of account 111122223333',
    'the role',
  ],
  [
    'a claim that the caller writes',
    agentsWith([{ ...aws, claims: { request_tags: 'x' } }]),
    agents,
    '"request_tags"',
    'says nothing of who it is',
    '`org_id`',
  ],
  ...Object.keys(pins).map(
    (name): Bad => [
      `an identity at GitHub that does not pin \`${name}\``,
      agentsWith([{ ...github, claims: { ...pins, [name]: undefined } }]),
      agents,
      '"claims": {',
      `must pin \`${name}\``,
      'add it to `claims`',
    ],
  ),
  [
    'a claim of GitHub that changes hands',
    agentsWith([{ ...github, claims: { ...pins, repository: 'acme/checkout' } }]),
    agents,
    '"repository": "acme',
    'claim `repository` says nothing of who it is at a `github` issuer',
    '`repository_id`',
  ],
  [
    'a claim that every token has',
    agentsWith([{ issuer: 'workloads', subject: 'x', claims: { aud: 'hotwork' } }]),
    agents,
    '"aud"',
    'claim `aud` says nothing of who it is at a `oidc` issuer',
    'checked in its own way',
  ],
  [
    'a claim that is no text',
    agentsWith([{ issuer: 'workloads', subject: 'x', claims: { admin: true } }]),
    agents,
    '"admin"',
    'claims.admin',
    'docs/policies.md',
  ],
  [
    'an end before the beginning',
    agentsWith([{ ...spiffe, validFrom: '2027-03-01', validUntil: '2027-03-01' }]),
    agents,
    '"validUntil"',
    'ends before it begins',
    'behind `validFrom`',
  ],
  [
    'a time that is none',
    agentsWith([{ ...spiffe, validFrom: 'tomorrow' }]),
    agents,
    '"validFrom": "tomorrow"',
    'a day such as',
    'change it',
  ],
  [
    'a person who is a workload',
    () => {
      const copy = organisation([])
      copy.editJson('policies/directory.json', (file) => file.people[0].identities.push(spiffe))
      return copy
    },
    'policies/directory.json',
    '"issuer": "clusters"',
    'person:ana is at an issuer of workloads',
    'of their own',
  ],
]

const deployed: Bad[] = [
  [
    'two aliases for the same tokens',
    deployedWith((all) => Object.assign(all, { again: { ...all['clusters'], algorithms: ['ES256'] } })),
    deployment,
    '"audience": "{issuer}",\n      "algorithms": [\n        "ES256"\n      ]\n    }\n  }',
    'issuer `again` has the same tokens as `clusters`',
    'another audience',
  ],
  [
    'a trust domain without a bundle',
    deployedWith((all) => delete all['clusters']?.['bundleEndpoint']),
    deployment,
    '"kind": "spiffe"',
    'has its bundle from nowhere',
    'exactly one',
  ],
  [
    'a trust domain with two bundles',
    deployedWith((all) => Object.assign(all['clusters'] ?? {}, { bundleFile: 'bundle.json' })),
    deployment,
    '"bundleFile"',
    'from more than one place',
    'exactly one',
  ],
  [
    'an issuer that anybody on the way can be',
    deployedWith((all) => Object.assign(all['actions'] ?? {}, { issuer: 'http://token.example.com' })),
    deployment,
    '"issuer": "http://token',
    'use https',
    'change it',
  ],
  [
    'keys from this machine, or nearly',
    deployedWith((all) => Object.assign(all['actions'] ?? {}, { jwksUri: 'http://127.0.0.1.example.com/jwks' })),
    deployment,
    '"jwksUri": "http://127.0.0.1.example',
    'use https',
    'change it',
  ],
  [
    'an algorithm that needs a shared secret',
    deployedWith((all) => Object.assign(all['clusters'] ?? {}, { algorithms: ['HS256'] })),
    deployment,
    '"HS256"',
    'issuers.clusters.algorithms.0',
    'change it',
  ],
  [
    'a kind that there is not',
    deployedWith((all) => Object.assign(all['actions'] ?? {}, { kind: 'gitlab' })),
    deployment,
    '"kind": "gitlab"',
    'issuers.actions.kind',
    'change it',
  ],
  [
    'an account that is missing',
    deployedWith((all) => delete all['account']?.['accountId']),
    deployment,
    '"account": {',
    '`issuers.account.accountId` is missing',
    'add it',
  ],
]

describe.each([
  ['an identity that two could have', shared],
  ['an identity that nobody could prove', single],
  ['an issuer that cannot be believed', deployed],
])('%s', (_, all) => {
  test.each(all)('%s is found, with its line and the fix', (_rule, make, file, line, message, fix) => {
    using copy = make()
    const compiled = copy.compile()
    const problems = compiled.ok ? [] : compiled.problems
    const wanted = { file, message: expect.stringContaining(message), fix: expect.stringContaining(fix) }
    expect(problems).toContainEqual(expect.objectContaining(wanted))
    const lines = problems.flatMap((it) => (it.file === file && it.message.includes(message) ? [it.line] : []))
    expect(lines).toContain(lastLineOf(copy, file, line))
  })
})
