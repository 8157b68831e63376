import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { type CredentialsEndpoint, openCredentialsEndpoint } from '../../../client/exec/credentials-endpoint.ts'
import { exits, Fault, Refusal } from '../../../client/outcome.ts'
import type { AwsCredentials } from '../../../functions/domain/cards/wire/task.ts'

/** The address on loopback where AWS's tools under `hotwork exec` get their credentials. */

const made: AwsCredentials = {
  Version: 1,
  AccessKeyId: 'ASIA1',
  SecretAccessKey: 'secret',
  SessionToken: 'session',
  Expiration: '2027-01-15T08:15:00Z',
}

let endpoint: CredentialsEndpoint
let give: () => Promise<AwsCredentials>
beforeEach(async () => {
  give = async () => made
  endpoint = await openCredentialsEndpoint(() => give())
})
afterEach(() => endpoint.close())

type Said = { status: number | undefined; body: { [member: string]: unknown } }

/** Sent without `fetch`, which writes `Host` itself. */
function ask({ method = 'GET', path = '/credentials', headers = {} }: AskedFor = {}): Promise<Said> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(endpoint.url)
    const options = { hostname, port, path, method, headers: { authorization: endpoint.authorization, ...headers } }
    const asked = request(options, async (response) => {
      resolve({ status: response.statusCode, body: JSON.parse(await text(response)) })
    })
    asked.once('error', reject).end()
  })
}
type AskedFor = { method?: string; path?: string; headers?: { [name: string]: string } }

test('the endpoint answers as the container endpoint of ECS, member for member', async () => {
  expect(await ask()).toEqual({
    status: 200,
    body: { AccessKeyId: 'ASIA1', SecretAccessKey: 'secret', Token: 'session', Expiration: '2027-01-15T08:15:00Z' },
  })
})

test.each<[what: string, asked: AskedFor, status: number]>([
  ['without the token', { headers: { authorization: '' } }, 401],
  ['with another token', { headers: { authorization: 'a'.repeat(43) } }, 401],
  ['with the token as Bearer', { headers: { authorization: 'Bearer x' } }, 401],
  ['at another path', { path: '/credentials/' }, 404],
  ['at the same path with a query', { path: '/credentials?a' }, 404],
  ['by another name of this machine', { headers: { host: 'attacker.example' } }, 403],
  ['by another name with this port', { headers: { host: 'attacker.example:80' } }, 403],
  ['with another port in Host', { headers: { host: '127.0.0.1:1' } }, 403],
  ['with POST', { method: 'POST' }, 405],
])('a call %s gets no credentials', async (_what, asked, status) => {
  const said = await ask(asked)
  expect(said.status).toBe(status)
  expect(Object.keys(said.body)).toEqual(['Code', 'Message'])
})

test('the endpoint listens on loopback alone, each time with another token', async () => {
  const other = await openCredentialsEndpoint(give)
  expect(new URL(endpoint.url).hostname).toBe('127.0.0.1')
  expect(other.authorization).not.toBe(endpoint.authorization)
  expect(endpoint.authorization.length).toBeGreaterThanOrEqual(43)
  await other.close()
})

test('an ended grant is told with its reason, in the members that AWS tools print', async () => {
  give = async () => {
    throw new Refusal(exits.revoked, { code: 'revoked', title: 'the request has no live grant', detail: 'ask again' })
  }
  expect(await ask()).toEqual({
    status: 403,
    body: { Code: 'revoked', Message: 'Hotwork: the request has no live grant; ask again' },
  })
})

test('a fault is told by its code, and an unknown one without its text', async () => {
  give = async () => {
    throw new Fault({ code: 'no_answer', title: 'the API does not answer' })
  }
  expect(await ask()).toEqual({ status: 500, body: { Code: 'no_answer', Message: 'Hotwork: the API does not answer' } })
  give = async () => {
    throw new Error('secret')
  }
  expect(JSON.stringify(await ask())).not.toContain('secret')
})

test('a closed endpoint refuses the connection', async () => {
  await endpoint.close()
  await expect(ask()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})
