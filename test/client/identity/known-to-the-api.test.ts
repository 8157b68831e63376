import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Issuer } from '../../../functions/domain/people/identity-issuer.ts'
import { startIssuer } from '../../adapters/jose/issuer-server.ts'
import { type Algorithm, SigningKey } from '../../adapters/jose/signing-key.ts'
import { endPrograms } from '../../local/support/programs.ts'
import { withAgent } from '../../support/bundles.ts'
import { agent, parameter, sampleBundle, start, World } from '../../support/world.ts'
import { startSts, webIdentityToken } from '../../targets/aws/sts/sts-endpoint.ts'
import { ApiServer } from '../support/api-server.ts'
import { startGithubRunner } from '../support/github-runner.ts'
import { type LocalProvider, MachineClock, startProvider } from '../support/login-scene.ts'
import { troubleOf, Workload } from '../support/workload.ts'
import { startWorkloadApi } from '../support/workload-api.ts'

/** An agent of each source, from its platform to the API's answer. */

const role = 'arn:aws:iam::111122223333:role/agents/remediator'
const spiffeId = 'spiffe://prod.example/ns/payments/sa/remediator'
const pins = {
  repository_id: '1296269',
  repository_owner_id: '65410',
  job_workflow_ref: 'acme/release/.github/workflows/deploy.yml@refs/heads/main',
  environment: 'production',
}

const api = new ApiServer()
const closing: (() => Promise<void>)[] = []
let workload: Workload
const before = { ...process.env }

/** An issuer with one key, and its tokens that are good now. */
async function openIssuer(algorithm: Algorithm, publish: object, claims: object) {
  const key = await SigningKey.make(algorithm)
  const server = await startIssuer({ ...key.jwk, ...publish })
  closing.push(server.close)
  const sign = (aud: string | string[]) => {
    const iat = Math.floor(Date.now() / 1000)
    return key.token({ iss: server.url, jti: 'b7', iat, exp: iat + 300, ...claims, aud })
  }
  return { server, sign }
}

type OpenIssuer = Awaited<ReturnType<typeof openIssuer>>
let issuers: { [alias in 'clusters' | 'actions' | 'account']: OpenIssuer }
let provider: LocalProvider

beforeAll(async () => {
  issuers = {
    clusters: await openIssuer('ES256', { use: 'jwt-svid' }, { iss: undefined, jti: undefined, sub: spiffeId }),
    actions: await openIssuer('RS256', { use: 'sig' }, { ...pins, sub: 'repo:acme/checkout', event_name: 'push' }),
    account: await openIssuer(
      'ES384',
      { use: 'sig' },
      { sub: role, 'https://sts.amazonaws.com/': { aws_account: '111122223333' } },
    ),
  }
  await api.open(async (url) => {
    provider = await startProvider(url, [{ kind: 'workload', subject: 'agent-remediator' }])
    return makeWorld()
  })
})
beforeEach(() => {
  workload = new Workload()
})
afterEach(() => {
  process.env = { ...before }
  workload.close()
})
afterAll(async () => {
  await Promise.all([endPrograms(), api.close(), ...closing.map((close) => close())])
})

/** The sample organisation, whose remediator has an identity at each kind of issuer. */
function makeWorld(): World {
  const sample = sampleBundle()
  const usual = { audience: '{issuer}' }
  const { clusters, actions, account } = issuers
  const own: { [alias: string]: Issuer } = {
    workloads: { issuer: provider.url, jwksUri: `${provider.url}/jwks`, ...usual, algorithms: ['ES256'] },
    clusters: {
      kind: 'spiffe',
      trustDomain: 'prod.example',
      bundleEndpoint: clusters.server.keysUrl,
      ...usual,
      algorithms: ['ES256'],
    },
    actions: { kind: 'github', issuer: actions.server.url, ...usual, algorithms: ['RS256'] },
    account: { kind: 'aws', issuer: account.server.url, accountId: '111122223333', ...usual, algorithms: ['ES384'] },
  }
  const identities = [
    { issuer: 'workloads', subject: 'agent-remediator' },
    { issuer: 'clusters', subject: spiffeId },
    { issuer: 'actions', claims: pins },
    { issuer: 'account', subject: role },
  ]
  const { deployment } = sample
  const world = new World({
    ...withAgent(agent('remediator'), { identities }, sample),
    deployment: { ...deployment, issuers: { ...deployment.issuers, ...own } },
  })
  return Object.assign(world, { clock: new MachineClock(start) })
}

/** Asks the API for an evaluation with the token. A stranger gets 401. */
async function isKnown(token: string): Promise<boolean> {
  const { action: name, arguments: properties, resource } = parameter('/staging/checkout/payment-timeout-ms')
  const response = await fetch(`${api.url}/access/v1/evaluation`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      subject: { type: 'agent', id: 'agent:remediator' },
      action: { name, properties },
      resource,
      context: { purpose: 'remediation', parent_task: { id: 'INC-1042' } },
    }),
  })
  if (response.status === 200) expect(await response.json()).toHaveProperty('decision')
  return response.status === 200
}

test("a token of the deployment's issuer in a file is known to the API", async () => {
  const file = join(workload.folder, 'token')
  writeFileSync(file, issuers.clusters.sign(api.url))
  workload.env['HOTWORK_WORKLOAD_TOKEN_FILE'] = file
  expect(await isKnown(await workload.identity()(api.url))).toBe(true)
})

test('a job of GitHub Actions is known to the API', async () => {
  const runner = await startGithubRunner(({ aud }) => issuers.actions.sign(aud))
  closing.push(runner.close)
  Object.assign(workload.env, runner.env)
  expect(await isKnown(await workload.identity()(api.url))).toBe(true)
})

test('a workload of SPIFFE is known to the API', async () => {
  const workloadApi = await startWorkloadApi((aud) => [issuers.clusters.sign(aud)], join(workload.folder, 'api.sock'))
  closing.push(workloadApi.close)
  Object.assign(workload.env, workloadApi.env)
  expect(await isKnown(await workload.identity()(api.url))).toBe(true)
})

test('a role of AWS is known to the API', async () => {
  const sts = await startSts({
    GetWebIdentityToken: ({ form }) => webIdentityToken(issuers.account.sign(form.get('Audience.member.1') ?? '')),
  })
  closing.push(sts.close)
  Object.assign(process.env, {
    ...{ AWS_ENDPOINT_URL_STS: sts.url, AWS_REGION: 'eu-west-1' },
    ...{ AWS_ACCESS_KEY_ID: 'ASIAROLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'secret' },
  })
  expect(await isKnown(await workload.identity()(api.url))).toBe(true)
})

const writeLocalFile = () => {
  const remediator = {
    id: 'agent:remediator',
    clientId: 'agent-remediator',
    privateJwk: provider.keys['agent-remediator'],
  }
  const local = {
    ...{ apiUrl: api.url, identityProviderUrl: provider.url, agents: [remediator] },
    people: [{ ...remediator, id: 'person:ben' }],
    aws: { endpointUrl: 'http://127.0.0.1:1', region: 'us-east-1' },
  }
  const file = join(workload.folder, 'local.json')
  writeFileSync(file, JSON.stringify(local))
  workload.env['HOTWORK_LOCAL'] = file
}

test.each([
  ['by what is typed', {}, { as: 'agent:remediator' }],
  ['by HOTWORK_AS', { HOTWORK_AS: 'agent:remediator' }, undefined],
])('an agent of the local stack is known to the API %s', async (_, env, option) => {
  writeLocalFile()
  Object.assign(workload.env, env)
  expect(await isKnown(await workload.identity(option)(api.url))).toBe(true)
})

test.each([
  ['agent:unknown', 'the local stack has no agent `agent:unknown`'],
  ['person:ben', 'this is for an agent, and `person:ben` is a person'],
])('an agent that the stack lacks is refused, with those that it has: %s', async (as, said) => {
  writeLocalFile()
  const { exit, title, detail } = await troubleOf(workload.identity({ as })(api.url))
  expect([exit, title, detail]).toEqual([2, said, 'use one of agent:remediator'])
})

test('an agent of the local stack is refused at another Hotwork', async () => {
  writeLocalFile()
  const { exit, title } = await troubleOf(workload.identity({ as: 'agent:remediator' })('https://hotwork.example'))
  expect([exit, title]).toEqual([2, expect.stringContaining('local stack alone')])
})
