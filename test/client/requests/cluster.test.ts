import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UnsecuredJWT } from 'jose'
import { AgentApi, targetOf } from '../../../client/agent/agent-api.ts'
import type { ClusterCredentials, TokenAnswer } from '../../../functions/domain/cards/wire/task.ts'
import { hotworkIn } from '../support/agent-client.ts'
import { AgentMachine } from '../support/agent-machine.ts'
import { useFolder } from '../support/folder.ts'
import { useScene } from '../support/scene.ts'

/** An act in a cluster, on the side of its agent: a kubeconfig for a command, a token for a plugin, a call. */

const scene = useScene()
let agent: AgentMachine
beforeEach(() => {
  agent = new AgentMachine(scene)
  inCluster()
})
afterEach(() => {
  agent.close()
  jest.restoreAllMocks()
})

/** The sample has no cluster, so this gives the tokens of one for any approved request. */
let claims: jest.SpyInstance
function inCluster(): void {
  const iss = scene.api.url
  const access_token = new UnsecuredJWT({ iss, aud: `${iss}/kubernetes` }).encode()
  const token: TokenAnswer = { access_token, expires_in: 900, authorization_details: [] }
  jest.spyOn(AgentApi.prototype, 'exchangeToken').mockResolvedValue(token)
  claims = jest.spyOn(AgentApi.prototype, 'clusterCredentials').mockImplementation(
    async (): Promise<ClusterCredentials> => ({
      ...{ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', readToken: 'read' },
      status: { token: 'write', expirationTimestamp: new Date(Date.now() + 900_000).toISOString() },
      cluster: { server: 'https://10.0.0.1:6443', namespace: 'payments' },
    }),
  )
}

test('a command of an act in a cluster has one kubeconfig, no other cluster and no token, and completes the request', async () => {
  const hidden = ['KUBERNETES_SERVICE_HOST', 'KUBE_TOKEN', 'HELM_KUBETOKEN', 'K8S_AUTH_API_KEY']
  for (const name of ['KUBECONFIG', ...hidden]) agent.env[name] = 'mine'
  const id = await agent.approved()
  const script = `const { readFileSync, writeFileSync } = require('node:fs')
    writeFileSync('told', JSON.stringify([process.env, readFileSync(process.env.KUBECONFIG, 'utf8')]))`
  expect((await agent.type('exec', id, '--', process.execPath, '-e', script)).exit).toBe(0)
  const [env, config] = JSON.parse(readFileSync(join(agent.home, 'told'), 'utf8'))
  expect(env['KUBECONFIG']).toMatch(/hotwork-cluster-\w+\/config$/)
  for (const name of [...hidden, 'AWS_CONTAINER_CREDENTIALS_FULL_URI']) expect(env).not.toHaveProperty(name)
  expect(JSON.parse(config).clusters[0].cluster.server).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
  expect(JSON.stringify([env, config])).not.toMatch(/"(write|read)\\?"/)
  expect(env['KUBECACHEDIR']).toBe(join(dirname(env['KUBECONFIG']), 'cache'))
  expect(existsSync(dirname(env['KUBECONFIG']))).toBe(false)
  expect(await scene.state(id)).toMatchObject({ status: 'completed', outcome: 'succeeded' })
})

test('`kubernetes credential` prints an ExecCredential and nothing else, once claimed for all callers', async () => {
  const id = await agent.approved()
  const { exit, out } = await agent.type('kubernetes', 'credential', id)
  expect([exit, JSON.parse(out)]).toEqual([
    0,
    {
      ...{ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential' },
      status: { token: 'write', expirationTimestamp: expect.any(String) },
    },
  ])
  const read = await agent.type('kubernetes', 'credential', id, '--read')
  expect(JSON.parse(read.out).status.token).toBe('read')
  expect(claims).toHaveBeenCalledTimes(1)
  await agent.type('complete', id)
  expect(agent.files()).toEqual([])
})

test('`kubernetes credential --setup` prints a kubeconfig whose two contexts run this very program', async () => {
  const id = await agent.approved()
  const { out } = await agent.type('kubernetes', 'credential', id, '--setup')
  const config = JSON.parse(out)
  expect(config['current-context']).toBe('act')
  expect(config.clusters[0].cluster).toEqual({ server: 'https://10.0.0.1:6443' })
  const args = [expect.any(String), 'kubernetes', 'credential', id]
  const exec = {
    ...{ apiVersion: 'client.authentication.k8s.io/v1', interactiveMode: 'Never', command: process.execPath },
    args: [...args, '--api', scene.api.url],
  }
  expect(config.users).toEqual([
    { name: 'act', user: { exec } },
    { name: 'read', user: { exec: { ...exec, args: [...args, '--read', '--api', scene.api.url] } } },
  ])
})

test('a call of an act in a cluster goes to the door of its kind', async () => {
  await agent.type('call', await agent.approved())
  expect(scene.api.calls).toContain('POST /kubernetes/calls')
})

const folder = useFolder()
test('a permit of an act in a cluster has a kubeconfig, until it is closed', async () => {
  const permit = await hotworkIn(scene, folder()).permit({
    ...{ action: 'ssm:PutParameter', purpose: 'remediation', parentTask: { id: 'INC-4822' } },
    arguments: { Name: '/staging/checkout/payment-timeout-ms', Value: '3000', Overwrite: true },
  })
  if (permit.outcome !== 'approved') throw new Error(permit.outcome)
  const { file, close } = await permit.kubeConfig()
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ kind: 'Config' })
  await close()
  expect(existsSync(file)).toBe(false)
})

test.each([
  ['https://hotwork.example/kubernetes', 'kubernetes'],
  ['https://hotwork.example/aws', 'aws'],
  ['https://flags.example', undefined],
  ['https://hotwork.example.evil/kubernetes', undefined],
  ['https://hotwork.example/../v1', undefined],
])('a token for %s is of the target %s', (aud, kind) => {
  expect(targetOf(new UnsecuredJWT({ iss: 'https://hotwork.example', aud }).encode())).toBe(kind)
})
