import { randomBytes } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { createRemoteJWKSet, decodeJwt, type JWTPayload, jwtVerify } from 'jose'
import { untilSecond } from '../support/aws.ts'
import { builder, claimFlag, tool } from '../support/claimed-flag.ts'
import { deployed } from '../support/deployment.ts'

/**
 * Shared Signals both ways: the identity provider disables an account, the grants of that person's agents end, and a tool
 * that has an agent's token hears of it.
 */

const hotwork = deployed('swift')
const { local } = hotwork
const disabled = 'https://schemas.openid.net/secevent/risc/event-type/account-disabled'
const sessionRevoked = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked'
const owner = local.agents.find(({ id }) => id === builder)?.owner ?? ''
const flagService = local.tools.find(({ id }) => id === tool)
const [endpoint = ''] = flagService?.signals ?? []
const authorization = `Bearer ${randomBytes(24).toString('base64url')}`

type Heard = JWTPayload & { txn: string; sub_id: { session: { id: string } }; events: object }
const heard: Heard[] = []
const arrived = new EventEmitter()
let keys: ReturnType<typeof createRemoteJWKSet>
const receiver = createServer(async (request, response) => {
  const options = {
    issuer: local.issuer,
    audience: flagService?.audience ?? '',
    typ: 'secevent+jwt',
    algorithms: ['ES256'],
  }
  const body = await text(request)
  const good = request.headers.authorization === authorization
  if (good) heard.push((await jwtVerify<Heard>(body, keys, options)).payload)
  response.writeHead(good ? 202 : 401).end()
  arrived.emit('one')
})
beforeAll(async () => {
  const { jwks_uri } = (await hotwork.send('GET', '/.well-known/ssf-configuration')).body
  keys = createRemoteJWKSet(new URL(jwks_uri))
  receiver.listen(Number(new URL(endpoint).port), '127.0.0.1')
  await once(receiver, 'listening')
})
afterAll(() => {
  receiver.close()
  receiver.closeAllConnections()
})

test("a disabled account halts its person and their agents, and the tool that has an agent's token hears of it", async () => {
  const manage = async (method: string, query = '', body?: object) =>
    hotwork.as(tool, method, `/v1/ssf/streams${query}`, body)
  const delivery = { method: 'urn:ietf:rfc:8935', endpoint_url: endpoint, authorization_header: authorization }
  for (const { stream_id } of (await manage('GET')).body) await manage('DELETE', `?stream_id=${stream_id}`)
  const stream = await manage('POST', '', { delivery })
  expect(stream.status).toBe(201)
  // Flags of production are frozen at the end of each minute here.
  await untilSecond((second) => second < 20)
  const flag = await claimFlag(hotwork)
  const { jti } = decodeJwt(flag.token)

  const event = { api: local.issuer, type: disabled, subject: local.people.find(({ id }) => id === owner)?.clientId }
  const pushed = await fetch(`${local.identityProviderUrl}/signals`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
  })
  expect((await pushed.json()) as object).toMatchObject({ status: 202 })

  // Both halts are on record before the API answers.
  expect(await flag.begin()).toMatchObject({ status: 403 })
  expect((await hotwork.exchange(builder, flag.id)).status).toBe(400)
  const dropped = () => heard.find(({ sub_id }) => sub_id?.session?.id === jti)
  while (dropped() === undefined) await once(arrived, 'one')
  expect(dropped()).toMatchObject({ txn: flag.id, events: { [sessionRevoked]: { reason_admin: { en: 'halted' } } } })

  const gus = await hotwork.token('person:gus')
  const { halts } = (await hotwork.json('GET', '/v1/halts', gus)).body
  const ours = halts.filter(({ by }: { by: string }) => by === 'transmitter:identity-provider')
  expect(ours).toHaveLength(2)
  for (const { id } of ours)
    expect(await hotwork.json('DELETE', `/v1/halts/${id}`, gus)).toMatchObject({
      body: { lifted: { by: 'person:gus' } },
    })
  expect(await flag.begin()).toMatchObject({ status: 403 })
  await manage('DELETE', `?stream_id=${stream.body.stream_id}`)
})
