import { killedToken, setClaims } from '../../../functions/domain/events/security-events.ts'
import { streamIdOf } from '../../../functions/domain/events/stream.ts'
import { sessionRevoked } from '../../../functions/domain/halts/signal.ts'
import { revokeToken } from '../../../functions/operations/credentials/tokens.ts'
import { wake } from '../../../functions/operations/record/carry-out.ts'
import { revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { agent, issuer, person, start } from '../../support/world.ts'
import { Halting } from '../halts/halt-world.ts'
import { approvedFlag, claimedFlag, flagService } from '../uses/claimed-flag.ts'

/** The changes of a request that kill an access token early, and what its tool is told. */

let world: Halting
beforeEach(() => {
  world = new Halting()
})

/** The events for a tool after a change of a claimed flag. */
async function told(happens: (claimed: Awaited<ReturnType<typeof claimedFlag>>) => Promise<unknown>) {
  const claimed = await claimedFlag(world)
  const { id } = claimed.request.ask
  const before = await world.stored(id)
  world.clock.advance(5)
  await happens(claimed)
  return { claimed, event: killedToken(before, await world.stored(id)) }
}

test('an agent that completes has no session left', async () => {
  const { claimed, event } = await told(({ request }) => world.complete(request))
  expect(event).toEqual({
    ...{ type: 'session_revoked', request: claimed.request.ask.id, token: claimed.token.jti },
    ...{ subject: agent('builder'), at: start + 5, because: 'completed', expiresAt: expect.any(Number) },
  })
})

test('a person who revokes is not quoted', async () => {
  const { event } = await told(({ request }) =>
    revokeRequest({ id: request.ask.id, person: person('gus'), reason: 'Ana said so' }, world.ports),
  )
  expect(event).toMatchObject({ because: 'revoked' })
  expect(JSON.stringify(event)).not.toContain('Ana')
})

test('a request that a halt covers is told as halted', async () => {
  const { event } = await told(async () => {
    const target = { kind: 'agent', value: agent('builder') } as const
    await world.halted(target)
    await world.see(target)
    await world.work()
  })
  expect(event).toMatchObject({ because: 'halted' })
})

test('a token that its holder gives back is dead, and its grant lives on', async () => {
  const { event } = await told(({ token }) => revokeToken(token, { type: 'agent', id: agent('builder') }, world.ports))
  expect(event).toMatchObject({ because: 'token_revoked' })
})

test('a token in whose place another was claimed is dead', async () => {
  const { claimed, event } = await told(({ request }) => world.issueToken(request))
  expect(event).toMatchObject({ because: 'replaced', token: claimed.token.jti })
})

test('time tells nothing: a tool reads `exp`', async () => {
  const { event } = await told(async ({ request: { ask } }) => {
    world.clock.advance(3600)
    await wake(ask.id, world.ports)
  })
  expect(event).toBeUndefined()
})

test('a request without a token kills none', async () => {
  const { request } = await approvedFlag(world)
  const before = await world.stored(request.ask.id)
  await world.complete(request)
  expect(killedToken(before, await world.stored(request.ask.id))).toBeUndefined()
  expect(killedToken(undefined, before)).toBeUndefined()
})

test('a use, and anything else that leaves the token alive, tells nothing', async () => {
  const { event } = await told(({ begin }) => begin('key-1'))
  expect(event).toBeUndefined()
})

test('the claims are those of CAEP: one session of the subject that the token has, and a code in place of words', async () => {
  const { event, claimed } = await told(({ request }) => world.complete(request))
  if (!event) throw new Error('no event')
  const stream = streamIdOf(flagService, 1)
  const claims = setClaims(event, { stream, issuer })
  expect(claims).toEqual({
    jti: expect.stringMatching(/^set_[0-9a-z]{26}$/),
    txn: claimed.request.ask.id,
    sub_id: {
      format: 'complex',
      session: { format: 'opaque', id: claimed.token.jti },
      user: { format: 'iss_sub', iss: issuer, sub: 'agent:builder' },
    },
    events: {
      [sessionRevoked]: {
        ...{ event_timestamp: start + 5, initiating_entity: 'user', reason_admin: { en: 'completed' } },
      },
    },
  })
  expect(setClaims(event, { stream, issuer })).toEqual(claims)
  expect(setClaims(event, { stream: streamIdOf(flagService, 2), issuer })['jti']).not.toBe(claims['jti'])
})
