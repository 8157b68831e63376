import { AccessTokenVerifier } from '../../../functions/adapters/jose/access-token.ts'
import type { KnownToken } from '../../../functions/operations/credentials/ports.ts'
import { type Introspector, introspectToken, revokeToken } from '../../../functions/operations/credentials/tokens.ts'
import { revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { beginUse } from '../../../functions/operations/uses/use.ts'
import { withAgent, withPerson } from '../../support/bundles.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, flag, issuer, person, sampleBundle, World } from '../../support/world.ts'
import { Night } from '../break-glass/night.ts'
import { approvedFlag, audience, flagService as flagTool } from '../uses/claimed-flag.ts'

/** Introspection of a token, by caller (RFC 7662), and its revocation by the agent (RFC 7009). */

const sample = sampleBundle()
/** The sample, with two uses for what one person approved. */
const bundle = {
  ...sample,
  ladder: { tiers: sample.ladder.tiers.map((tier) => ({ ...tier, grant: { ...tier.grant, uses: 2 } })) },
}
const flagService: Introspector = { type: 'tool', id: flagTool, audience }
const builder: Introspector = { type: 'agent', id: agent('builder') }

/** A flag's request, approved by ana and claimed, and ways to ask about its token. */
async function claimed() {
  const world = new World(bundle)
  const verifier = new AccessTokenVerifier(issuer, world.signer, world.clock)
  const { request, args } = await approvedFlag(world)
  const claim = async (): Promise<KnownToken> =>
    unwrap(await verifier.recognise(unwrap(await world.issueToken(request)).token))
  const token = await claim()
  return {
    world,
    request,
    token,
    claim,
    ask: (caller: Introspector = flagService, about = token) => introspectToken(about, caller, world),
    begin: (key: string, shown = token) =>
      beginUse(
        { tool: flagTool, token: shown, action: 'flags:set', arguments: args, key, once: world.proof() },
        world.ports,
      ),
    giveBack: (caller: Parameters<typeof revokeToken>[1] = builder, about = token) =>
      revokeToken(about, caller, world.ports),
  }
}

test('introspection tells the tool that a token is for, and the agent that holds it, what the token allows', async () => {
  const { ask, request, token } = await claimed()
  const told = await ask(flagService)
  expect(told).toEqual({
    details: [
      expect.objectContaining({
        type: 'hotwork_action',
        request: request.ask.id,
        action: 'flags:set',
        resource: { type: 'flags:flag', id: 'prod/express-checkout' },
        digest: request.ask.digest,
        arguments_digest: request.ask.argumentsDigest,
        uses: 2,
      }),
    ],
  })
  expect(await ask(builder)).toEqual(told)
  expect(token.claims).toMatchObject({ iss: issuer, aud: audience, sub: 'agent:builder', jti: token.jti })
})

test('introspection counts the uses that are left at the time of asking', async () => {
  const { ask, begin } = await claimed()
  await begin('one')
  expect((await ask())?.details).toEqual([expect.objectContaining({ uses: 1 })])
  await begin('two')
  expect((await ask())?.details).toEqual([expect.objectContaining({ uses: 0 })])
})

test.each<[who: string, caller: Introspector]>([
  ['a tool with another audience', { ...flagService, audience: 'https://other.example.org' }],
  ['a tool that is not deployed here', { ...flagService, audience: undefined }],
  ['another agent', { type: 'agent', id: agent('remediator') }],
  ['an agent with the name of the audience', { type: 'agent', id: audience as never }],
])('introspection tells nothing to %s', async (_who, caller) => {
  const { ask } = await claimed()
  expect(await ask(caller)).toBeUndefined()
})

type Claimed = Awaited<ReturnType<typeof claimed>>
test.each<[what: string, end: (claimed: Claimed) => unknown]>([
  ['was replaced', ({ claim }) => claim()],
  [
    'is of an agent that is suspended',
    ({ world }) => {
      world.policy = new World(withAgent(agent('builder'), { status: 'suspended' }, bundle)).policy
    },
  ],
  ['was given back', ({ giveBack }) => giveBack()],
  ['is of a task that is completed', ({ world, request }) => world.complete(request)],
  [
    'is of a grant that was revoked',
    ({ world, request }) =>
      revokeRequest({ id: request.ask.id, person: person('gus'), reason: 'seen enough' }, world.ports),
  ],
  ['is of an expired grant whose end is not recorded', ({ world }) => world.clock.advance(86_400)],
  ['is of an agent that is halted', ({ world }) => world.putHalt({ kind: 'agent', value: agent('builder') })],
  ['is of an owner who is halted', ({ world }) => world.putHalt({ kind: 'owner', value: person('lena') })],
  ['rests on a stopped person', ({ world }) => world.putHalt({ kind: 'person', value: person('ana') })],
  ['is alive while everything is halted', ({ world }) => world.putHalt({ kind: 'all', value: 'all' })],
])('a token that %s is inactive', async (_what, end) => {
  const claimedOnce = await claimed()
  expect(await claimedOnce.ask()).toBeDefined()
  await end(claimedOnce)
  expect(await claimedOnce.ask(flagService)).toBeUndefined()
  expect(await claimedOnce.ask(builder)).toBeUndefined()
})

test('a token of a missing request is inactive', async () => {
  const { ask, token } = await claimed()
  expect(await ask(builder, { ...token, request: token.request.replace(/.$/, '0') as never })).toBeUndefined()
})

test('introspection asks no policy and records nothing, since it permits nothing', async () => {
  const { world, request, ask } = await claimed()
  world.policy = {
    bundle,
    ask: () => {
      throw new Error('policy was asked')
    },
  }
  const before = await world.story(request.ask.id)
  world.putHalt({ kind: 'all', value: 'all' })
  expect(await ask()).toBeUndefined()
  expect(await world.story(request.ask.id)).toEqual(before)
})

test('revocation ends the token at the gate at once, and leaves the grant to be claimed again', async () => {
  const { world, request, begin, giveBack, claim, ask } = await claimed()
  await giveBack()
  expect(await begin('one')).toMatchObject({ code: 'credential_superseded' })
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'approved', grant: { credentials: {} } })
  const next = await claim()
  expect(await begin('one', next)).toMatchObject({ ok: true })
  expect(await ask(flagService, next)).toBeDefined()
})

test('a repeated revocation is one, with one entry', async () => {
  const { world, request, giveBack } = await claimed()
  await giveBack()
  await giveBack()
  expect((await world.story(request.ask.id)).filter((type) => type === 'CredentialRevoked')).toHaveLength(1)
})

test('revocation of a replaced token leaves the newer one', async () => {
  const { giveBack, claim, token, begin } = await claimed()
  const next = await claim()
  await giveBack(builder, token)
  expect(await begin('one', next)).toMatchObject({ ok: true })
})

test.each<[who: string, caller: Parameters<typeof revokeToken>[1]]>([
  ['another agent', { type: 'agent', id: agent('remediator') }],
  ['the tool that it is for', { type: 'tool', id: flagTool }],
])('revocation by %s leaves the token alive, and is on the record of who tried', async (_who, caller) => {
  const { world, giveBack, ask, begin } = await claimed()
  await giveBack(caller)
  expect(await world.story(caller.id)).toEqual(['Refused'])
  expect(await ask()).toBeDefined()
  expect(await begin('one')).toMatchObject({ ok: true })
})

const opened = async (changes: Parameters<Night['opened']>[1] = {}) => {
  const night = new Night(sample)
  const request = await night.opened('jade', changes)
  const issued = unwrap(await night.issueToken(request))
  const known = unwrap(await new AccessTokenVerifier(issuer, night.signer, night.clock).recognise(issued.token))
  const ask = (name: string) => introspectToken(known, { type: 'person', id: person(name) }, night)
  const giveBack = (name: string) => revokeToken(known, { type: 'person', id: person(name) }, night.ports)
  return { night, request, known, ask, giveBack }
}

test('a person is told what the token of their own opening allows, and no other person is', async () => {
  const { request, ask } = await opened()
  expect(await ask('jade')).toEqual({
    details: [expect.objectContaining({ request: request.ask.id, break_glass: true })],
  })
  expect(await ask('kofi')).toBeUndefined()
})

test('an inactive person’s token is told to no caller', async () => {
  const { night, ask } = await opened()
  night.policy = new World(withPerson(person('jade'), { status: 'inactive' })).policy
  expect(await ask('jade')).toBeUndefined()
})

test('a person gives their token back and the opening lives on; a colleague cannot', async () => {
  const { night, request, ask, giveBack } = await opened()
  await giveBack('kofi')
  expect(await ask('jade')).toBeDefined()
  expect((await night.ledger.entries('person:kofi')).map(({ type }) => type)).toEqual(['Refused'])
  await giveBack('jade')
  expect(await ask('jade')).toBeUndefined()
  const entries = await night.ledger.entries(request.ask.id)
  expect(entries.at(-1)).toMatchObject({ type: 'CredentialRevoked', actor: { type: 'person', id: 'person:jade' } })
  expect(await night.issueToken(request)).toMatchObject({ ok: true })
})

test('a drill’s token is inactive to each tool, so that a tool that goes by introspection alone does nothing', async () => {
  const { night, known, ask } = await opened({ what: flag(), drill: true })
  expect(await introspectToken(known, flagService, night)).toBeUndefined()
  expect(await ask('jade')).toEqual({ details: [expect.objectContaining({ drill: true })] })
})
