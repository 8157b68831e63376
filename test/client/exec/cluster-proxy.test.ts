import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { makeCertificate } from '../../../client/exec/certificate.ts'
import { type ClusterProxy, openClusterProxy } from '../../../client/exec/cluster-proxy.ts'
import { exits, Refusal } from '../../../client/outcome.ts'
import type { ClusterCredentials } from '../../../functions/domain/cards/wire/task.ts'

/** The API server on loopback that an unchanged `kubectl` under `hotwork exec` gets. */

const scale = '/apis/apps/v1/namespaces/payments/deployments/web/scale'
const { key, cert } = makeCertificate()

/** A cluster that tells what reached it. */
const cluster = createServer({ key, cert }, async (call, answer) => {
  const { method, url = '', headers } = call
  if (url.includes('elsewhere')) return void answer.writeHead(307, { location: 'https://evil.example/' }).end()
  const body = await text(call)
  answer.writeHead(url.includes('missing') ? 404 : 200, { 'content-type': 'application/json', 'set-cookie': 'a=b' })
  answer.end(JSON.stringify({ method, url, headers, body }))
})

let proxy: ClusterProxy
let give: () => Promise<ClusterCredentials>
let server: string
beforeAll(() => new Promise<void>((resolve) => void cluster.listen(0, '127.0.0.1', resolve)))
afterAll(() => new Promise((resolve) => cluster.close(resolve)))
beforeEach(async () => {
  server = `https://127.0.0.1:${(cluster.address() as AddressInfo).port}`
  give = async () => ({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: 'write', expirationTimestamp: '2027-01-15T08:15:00Z' },
    readToken: 'read',
    cluster: { server, certificateAuthority: cert, namespace: 'payments' },
  })
  proxy = await openClusterProxy(() => give())
})
afterEach(() => proxy.close())

type Config = {
  clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }]
  contexts: [{ context: { namespace: string } }]
  users: [{ user: { token: string } }]
}
const config = () => JSON.parse(readFileSync(proxy.file, 'utf8')) as Config
const secretOf = ({ users: [{ user }] }: Config) => user.token

type Sent = { method?: string; path?: string; headers?: { [name: string]: string }; body?: string }
/** A call as a client of the kubeconfig makes it: it trusts the certificate in it alone. */
function ask({ method = 'GET', path = scale, headers = {}, body = '' }: Sent = {}) {
  const read = config()
  const [{ cluster: at }] = read.clusters
  const authorization = `Bearer ${secretOf(read)}`
  return new Promise<{ status: number | undefined; headers: object; body: { [member: string]: unknown } }>(
    (resolve, reject) => {
      const { hostname, port } = new URL(at.server)
      const ca = Buffer.from(at['certificate-authority-data'], 'base64')
      const length =
        body === '' || 'transfer-encoding' in headers ? {} : { 'content-length': String(Buffer.byteLength(body)) }
      const sent = { authorization, ...length, ...headers }
      request({ hostname, port, ca, path, method, headers: sent, agent: false }, async (got) => {
        const said = await text(got)
        const isText = got.headers['content-type'] === 'text/plain'
        resolve({ status: got.statusCode, headers: got.headers, body: isText ? said : JSON.parse(said || '{}') })
      })
        .once('error', reject)
        .end(body)
    },
  )
}

test.each([
  ['GET', 'read'],
  ['PUT', 'write'],
  ['PATCH', 'write'],
  ['POST', 'write'],
  ['DELETE', 'write'],
])('a %s reaches the cluster with the %s token, with its body, its type and its length', async (method, token) => {
  const headers = { 'content-type': 'application/merge-patch+json', accept: 'application/json;as=Table' }
  const body = method === 'GET' ? '' : '{"spec":{"replicas":3}}'
  const { status, body: reached } = await ask({ method, path: `${scale}?fieldManager=kubectl`, headers, body })
  expect(status).toBe(200)
  expect(reached).toMatchObject({ method, url: `${scale}?fieldManager=kubectl`, body })
  expect(reached['headers']).toMatchObject({ ...headers, authorization: `Bearer ${token}`, host: new URL(server).host })
  if (body) expect(reached['headers']).toMatchObject({ 'content-length': '23' })
})

test('the body of a DELETE without a length is its own, and no part of the next call', async () => {
  const body = 'GET /api/v1/secrets HTTP/1.1\r\nhost: x\r\n\r\n'
  const headers = { 'transfer-encoding': 'chunked' }
  expect((await ask({ method: 'DELETE', headers, body })).body).toMatchObject({ method: 'DELETE', body })
  expect((await ask()).body).toMatchObject({ method: 'GET', url: scale, body: '' })
})

test('an impersonation, a cookie or a header by which a proxy names a user does not reach the cluster', async () => {
  const headers = { 'impersonate-user': 'admin', cookie: 'a=b', 'x-remote-user': 'admin' }
  const { body, headers: got } = await ask({ headers })
  expect(Object.keys(body['headers'] as object).sort()).toEqual(['authorization', 'connection', 'host'])
  expect(got).not.toHaveProperty('set-cookie')
})

test.each<[what: string, sent: Sent, message: RegExp]>([
  ['watch', { path: '/api/v1/namespaces/payments/pods?watch=true' }, /--wait=false/],
  ['watch of the old form', { path: '/api/v1/watch/namespaces/payments/pods' }, /--wait=false/],
  ['followed log', { path: '/api/v1/namespaces/payments/pods/web/log?follow=true' }, /--follow/],
  ['exec', { path: '/api/v1/namespaces/payments/pods/web/exec?command=sh' }, /exec, attach/],
  ['attach', { method: 'POST', path: '/api/v1/namespaces/payments/pods/web/attach' }, /exec, attach/],
  ['port-forward', { path: '/api/v1/namespaces/payments/pods/web/portforward' }, /exec, attach/],
  ['proxied call', { path: '/api/v1/namespaces/payments/services/web/proxy/admin' }, /exec, attach/],
  ['upgrade', { headers: { connection: 'upgrade', upgrade: 'websocket' } }, /exec, attach/],
])('a %s is refused in the form that kubectl prints', async (_what, sent, message) => {
  const { status, body } = await ask(sent)
  expect([status, body]).toEqual([
    403,
    expect.objectContaining({
      kind: 'Status',
      reason: 'Forbidden',
      code: 403,
      message: expect.stringMatching(message),
    }),
  ])
})

test.each([
  ['without the secret', ''],
  ['with another secret', `Bearer ${'a'.repeat(43)}`],
  ["with the cluster's own token", 'Bearer write'],
])('a call %s reaches nothing', async (_what, authorization) => {
  expect(await ask({ headers: { authorization } })).toMatchObject({ status: 401, body: { reason: 'Unauthorized' } })
})

test('a path that climbs out of the API is refused', async () => {
  for (const path of ['/api/../healthz', '/api/%2e%2E/healthz', '/api/v1/pods;x'])
    expect((await ask({ path })).status).toBe(400)
})

test('a redirect of the cluster is not followed and not passed on', async () => {
  const { status, headers, body } = await ask({ path: '/api/v1/elsewhere' })
  expect([status, headers]).toEqual([502, expect.not.objectContaining({ location: expect.anything() })])
  expect(body['message']).toContain('307')
})

test("the cluster's refusals are passed on unchanged", async () => {
  expect(await ask({ path: '/api/v1/missing' })).toMatchObject({ status: 404, body: { url: '/api/v1/missing' } })
})

test('a cluster with a certificate of another authority gets no token', async () => {
  const { certificateAuthority: _, ...trusted } = (await give()).cluster
  for (const at of [trusted, { ...trusted, certificateAuthority: makeCertificate().cert }]) {
    const made = await give()
    give = async () => ({ ...made, cluster: at })
    expect(await ask()).toMatchObject({ status: 502, body: { message: expect.stringContaining('does not answer') } })
  }
})

test('an ended grant is told with its reason, as plain text where `kubectl` looks for the groups of the API', async () => {
  give = async () => {
    throw new Refusal(exits.revoked, { code: 'revoked', title: 'the request has no live grant', detail: 'ask again' })
  }
  const message = 'Hotwork: the request has no live grant; ask again'
  expect(await ask()).toMatchObject({ status: 403, body: { reason: 'Forbidden', message } })
  await expect(ask({ path: '/apis' })).resolves.toMatchObject({ status: 403, body: message })
})

test("the kubeconfig is this user's alone, has no token of the cluster, and goes with the proxy", async () => {
  const written = readFileSync(proxy.file, 'utf8')
  expect(statSync(proxy.file).mode & 0o777).toBe(0o600)
  expect(written).not.toMatch(/"(write|read)"/)
  expect(config().contexts[0].context.namespace).toBe('payments')
  const other = await openClusterProxy(give)
  expect(readFileSync(other.file, 'utf8')).not.toContain(secretOf(config()))
  await other.close()
  const asked = ask()
  await proxy.close()
  await expect(asked).rejects.toMatchObject({ code: expect.stringMatching(/ECONN/) })
  expect(existsSync(proxy.file)).toBe(false)
})

test('the certificate signs itself, for loopback alone, and is a new one each time', () => {
  const read = new X509Certificate(cert)
  expect([read.checkIP('127.0.0.1'), read.checkIP('127.0.0.2'), read.verify(read.publicKey)]).toEqual([
    '127.0.0.1',
    undefined,
    true,
  ])
  const [from, to] = [Date.parse(read.validFrom), Date.parse(read.validTo)]
  expect([from < Date.now(), to - Date.now() > 29 * 86_400_000]).toEqual([true, true])
  expect(makeCertificate().cert).not.toBe(cert)
})
