import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeJwt, UnsecuredJWT } from 'jose'
import { Callers } from '../../../client/mcp/listen/callers.ts'

/** Who calls a gate at an address, where one subject is of several agents, which differ in another claim of their tokens. */

let server: Server
let issuer: string
let owner = 'agent:one'
beforeEach(async () => {
  owner = 'agent:one'
  server = createServer(({ headers }, response) => {
    const { workflow } = decodeJwt((headers.authorization ?? '').slice('Bearer '.length))
    response.end(JSON.stringify({ caller: workflow === 'other' ? 'agent:other' : owner, tools: [] }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => void server.close())

const token = (workflow: string) =>
  new UnsecuredJWT({ workflow })
    .setIssuer('https://token.example')
    .setSubject('repo:org/repo:ref:refs/heads/main')
    .setAudience(issuer)
    .setExpirationTime('5m')
    .encode()
const signed = (workflow: string) => `${token(workflow)}c2lnbmVk`

test('two agents of one subject are two callers: neither is in the other’s session', async () => {
  const callers = new Callers(issuer, { now: () => new Date(), pause: async () => {} })
  const [one, other] = [await callers.find(signed('one')), await callers.find(signed('other'))]
  expect([one.agent, other.agent, one.key === other.key]).toEqual(['agent:one', 'agent:other', false])
})

test('a subject that is another agent’s by now is another caller', async () => {
  let now = Date.now()
  const callers = new Callers(issuer, { now: () => new Date(now), pause: async () => {} })
  const before = await callers.find(signed('one'))
  owner = 'agent:next'
  now += 61_000
  expect((await callers.find(signed('one'))).key).not.toBe(before.key)
})
