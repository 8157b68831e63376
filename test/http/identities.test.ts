import type { Call } from '../../functions/adapters/http/endpoint.ts'
import { AgentId } from '../../functions/domain/values.ts'
import { Callers } from '../../functions/handlers/callers.ts'
import { type IssuerServer, startIssuer } from '../adapters/jose/issuer-server.ts'
import { SigningKey } from '../adapters/jose/signing-key.ts'
import { MemoryClock } from '../support/memory-clock.ts'
import { issuer, sampleBundle, start } from '../support/world.ts'

/** One agent with two issuers, one after the other, at the doors that agents use. */

const handOver = start + 3600
const pins = {
  repository_id: '1296269',
  repository_owner_id: '65410',
  job_workflow_ref: 'acme/release/.github/workflows/deploy.yml@refs/heads/main',
  environment: 'production',
}

let key: SigningKey
let server: IssuerServer
let clock: MemoryClock
let callers: Callers

beforeAll(async () => {
  key = await SigningKey.make('RS256')
})
beforeEach(async () => {
  server = await startIssuer({ ...key.jwk, use: 'jwt-svid' })
  clock = new MemoryClock(start)
  const sample = sampleBundle()
  const agents = sample.agents.map((agent) => ({
    ...agent,
    identities:
      agent.id === 'agent:builder'
        ? [
            { issuer: 'clusters', subject: 'spiffe://prod.example/builder', validUntil: handOver + 60 },
            { issuer: 'actions', claims: pins, validFrom: handOver },
          ]
        : agent.identities,
  }))
  const issuers = {
    clusters: {
      kind: 'spiffe' as const,
      trustDomain: 'prod.example',
      bundleEndpoint: server.keysUrl,
      audience: '{issuer}',
      algorithms: ['RS256' as const],
    },
    actions: { kind: 'github' as const, issuer: server.url, audience: '{issuer}', algorithms: ['RS256' as const] },
  }
  const deployment = { ...sample.deployment, issuers: { ...sample.deployment.issuers, ...issuers } }
  callers = new Callers({ bundle: { ...sample, agents, deployment } }, issuer, clock)
})
afterEach(() => server.close())

const signed = (claims: object) => key.token({ aud: issuer, iat: clock.now(), exp: clock.now() + 300, ...claims })
const svid = () => signed({ sub: 'spiffe://prod.example/builder' })
const run = (rest: object = {}) =>
  signed({ iss: server.url, sub: 'repo:acme/checkout', event_name: 'push', ...pins, ...rest })

const calling = (token: string) =>
  ({ header: (name: string) => (name === 'authorization' ? `Bearer ${token}` : undefined) }) as Call
const who = (token: string) =>
  callers.agent(calling(token)).then(
    ({ agent }) => agent.id,
    (refusal: { problem?: { status: number } }) => refusal.problem?.status ?? refusal,
  )

test('an agent moves from one issuer to another without a gap', async () => {
  expect([await who(svid()), await who(run())]).toEqual(['agent:builder', 401])
  clock.advance(3600)
  expect([await who(svid()), await who(run())]).toEqual(['agent:builder', 'agent:builder'])
  clock.advance(60)
  expect([await who(svid()), await who(run())]).toEqual([401, 'agent:builder'])
})

test('the recorded identity is the proved one, under its issuer’s own name', async () => {
  clock.advance(3600)
  const id = AgentId.parse('agent:builder')
  expect((await callers.agent(calling(svid()))).ref).toEqual({
    id,
    issuer: 'spiffe://prod.example',
    subject: 'spiffe://prod.example/builder',
  })
  expect((await callers.agentOf(run())).ref).toEqual({ id, issuer: server.url, subject: 'repo:acme/checkout' })
})

test.each(Object.keys(pins))('a run that differs only in `%s` is unknown at every door', async (name) => {
  clock.advance(3600)
  const other = run({ [name]: `${pins[name as keyof typeof pins]}0` })
  expect(await who(other)).toBe(401)
  await expect(callers.agentOrTool(calling(other))).rejects.toMatchObject({ problem: { status: 401 } })
  await expect(callers.person(calling(other))).rejects.toMatchObject({ problem: { status: 401 } })
})
