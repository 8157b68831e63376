import { decodeJwt, UnsecuredJWT } from 'jose'
import { Callers } from '../../../client/identity/callers.ts'
import { useServer } from '../../support/http-server.ts'

/** The callers of a gate at an address, if several agents have one subject, and strangers forge tokens. */

let owner = 'agent:one'
let asked = 0
const issuer = useServer(({ headers }, response) => {
  asked += 1
  if (headers.authorization?.endsWith('forged')) return void response.writeHead(401).end()
  const { workflow } = decodeJwt((headers.authorization ?? '').slice('Bearer '.length))
  response.end(JSON.stringify({ caller: workflow === 'other' ? 'agent:other' : owner, tools: [] }))
})
beforeEach(() => {
  owner = 'agent:one'
  asked = 0
})

const token = (workflow: string, sub = 'repo:org/repo:ref:refs/heads/main') =>
  new UnsecuredJWT({ workflow })
    .setIssuer('https://token.example')
    .setSubject(sub)
    .setAudience(issuer())
    .setExpirationTime('5m')
    .encode()
const signed = (workflow: string) => `${token(workflow)}c2lnbmVk`

test('two agents of one subject are two callers: neither is in the other’s session', async () => {
  const callers = new Callers(issuer(), { now: () => new Date(), pause: async () => {} })
  const [one, other] = [await callers.find(signed('one')), await callers.find(signed('other'))]
  expect([one.agent, other.agent, one.key === other.key]).toEqual(['agent:one', 'agent:other', false])
})

test('a subject that now belongs to another agent is another caller', async () => {
  let now = Date.now()
  const callers = new Callers(issuer(), { now: () => new Date(now), pause: async () => {} })
  const before = await callers.find(signed('one'))
  owner = 'agent:next'
  now += 61_000
  expect((await callers.find(signed('one'))).key).not.toBe(before.key)
})

describe('a flood of forged tokens', () => {
  let now: number
  let callers: Callers
  beforeEach(() => {
    now = Date.now()
    const around = { now: () => new Date(now), pause: async () => {} }
    callers = new Callers(issuer(), around, { perSource: 3, all: 5 })
  })
  const forged = (workflow: string, sub = 'stranger') => `${token(workflow, sub)}forged`
  const flood = async (source: string, count = 10, sub?: string) => {
    const all = Array.from({ length: count }, (_, n) => callers.find(forged(`${source} ${n}`, sub), { source }))
    const came = await Promise.allSettled(all)
    return came.map((each) => (each.status === 'rejected' ? (each.reason as Error).name : 'found'))
  }
  const saidTo = (refused: number, count = 10) => [
    ...Array<string>(refused).fill('BadToken'),
    ...Array<string>(count - refused).fill('TooManyTokens'),
  ]

  test('Hotwork is asked about a few of one source in a minute, even if they come at once', async () => {
    expect([await flood('10.0.0.1'), asked]).toEqual([saidTo(3), 3])
    now += 60_000
    expect([await flood('10.0.0.1'), asked]).toEqual([saidTo(3), 6])
  })

  test('Hotwork is asked about a few of all sources together', async () => {
    for (const source of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) await flood(source)
    expect(asked).toBe(5)
  })

  test('Hotwork is asked once about the same one', async () => {
    const one = forged('one')
    for (let count = 0; count < 10; count++)
      await expect(callers.find(one, { source: '10.0.0.1' })).rejects.toThrow('does not take')
    expect(asked).toBe(1)
  })

  test('an agent that Hotwork knows is found from the same source, by its old token and by a fresh one', async () => {
    const source = '10.0.0.1'
    await callers.find(signed('one'), { source })
    await flood(source)
    expect((await callers.find(signed('two'), { source })).agent).toBe('agent:one')
    now += 59_000
    await flood(source)
    now += 2_000
    expect((await callers.find(signed('one'), { source })).agent).toBe('agent:one')
  })

  test('tokens that Hotwork accepts do not count', async () => {
    for (let count = 0; count < 10; count++) await callers.find(signed(`w${count}`), { source: '10.0.0.1' })
    expect(await flood('10.0.0.1', 3)).toEqual(saidTo(3, 3))
  })
})
