import { AccessTokenVerifier } from '../../../functions/adapters/jose/access-token.ts'
import type { HaltTarget } from '../../../functions/domain/halts/halt.ts'
import type { HaltId } from '../../../functions/domain/values.ts'
import type { KnownToken } from '../../../functions/operations/credentials/ports.ts'
import { type Introspector, introspectToken, revokeToken } from '../../../functions/operations/credentials/tokens.ts'
import { completeRequest, revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { beginUse } from '../../../functions/operations/uses/use.ts'
import { agent, issuer, person, sampleBundle, World } from '../../support/world.ts'
import { Night } from '../break-glass/night.ts'
import { approvedFlag, audience, flagService as flagTool } from '../uses/claimed-flag.ts'

/** What is told of a token, and to whom (RFC 7662); and what an agent gives back (RFC 7009). */

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
  const claim = async (): Promise<KnownToken> => {
    const issued = await world.issueToken(request)
    if (!issued.ok) throw new Error(`${issued.code}: ${issued.detail}`)
    const known = await verifier.recognise(issued.value.token)
    if (!known.ok) throw new Error(known.code)
    return known.value
  }
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

describe('introspection', () => {
  test('tells the tool that a token is for, and the agent whose it is, what it allows', async () => {
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

  test('counts the uses that are left at the time of asking', async () => {
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
  ])('tells nothing to %s', async (_who, caller) => {
    const { ask } = await claimed()
    expect(await ask(caller)).toBeUndefined()
  })

  type Claimed = Awaited<ReturnType<typeof claimed>>
  const halt = (target: HaltTarget) => (world: World) =>
    world.requests.putHalt({
      id: 'hlt_00000000000000000000000001' as HaltId,
      target,
      reason: 'odd behaviour',
      by: person('gus'),
      at: world.clock.now(),
    })
  test.each<[what: string, end: (claimed: Claimed) => unknown]>([
    ['was replaced', ({ claim }) => claim()],
    [
      'is of an agent that is suspended',
      ({ world }) => {
        const { bundle } = world.policy
        const agents = bundle.agents.map((each) =>
          each.id === agent('builder') ? { ...each, status: 'suspended' as const } : each,
        )
        world.policy = { ...world.policy, bundle: { ...bundle, agents }, ask: world.policy.ask }
      },
    ],
    ['was given back', ({ giveBack }) => giveBack()],
    [
      'is of a task that is completed',
      ({ world, request }) =>
        completeRequest({ id: request.ask.id, agent: agent('builder'), outcome: 'succeeded' }, world.ports),
    ],
    [
      'is of a grant that was revoked',
      ({ world, request }) =>
        revokeRequest({ id: request.ask.id, person: person('gus'), reason: 'seen enough' }, world.ports),
    ],
    ['is of a grant whose time is over, which nobody has recorded', ({ world }) => world.clock.advance(86_400)],
    ['is of an agent that is halted', ({ world }) => halt({ kind: 'agent', value: agent('builder') })(world)],
    ['is of an owner who is halted', ({ world }) => halt({ kind: 'owner', value: person('lena') })(world)],
    ['rests on somebody who is stopped', ({ world }) => halt({ kind: 'person', value: person('ana') })(world)],
    ['is alive while everything is halted', ({ world }) => halt({ kind: 'all', value: 'all' })(world)],
  ])('a token that %s is inactive', async (_what, end) => {
    const claimedOnce = await claimed()
    expect(await claimedOnce.ask()).toBeDefined()
    await end(claimedOnce)
    expect(await claimedOnce.ask(flagService)).toBeUndefined()
    expect(await claimedOnce.ask(builder)).toBeUndefined()
  })

  test('a token of a request that is not there is inactive', async () => {
    const { ask, token } = await claimed()
    expect(await ask(builder, { ...token, request: token.request.replace(/.$/, '0') as never })).toBeUndefined()
  })

  test('asks no policy and records nothing: what it says permits nothing', async () => {
    const { world, request, ask } = await claimed()
    world.policy = {
      bundle,
      ask: () => {
        throw new Error('policy was asked')
      },
    }
    const before = await world.story(request.ask.id)
    halt({ kind: 'all', value: 'all' })(world)
    expect(await ask()).toBeUndefined()
    expect(await world.story(request.ask.id)).toEqual(before)
  })
})

describe('revocation', () => {
  test('ends the token at the gate at once, and leaves the grant to be claimed again', async () => {
    const { world, request, begin, giveBack, claim, ask } = await claimed()
    await giveBack()
    expect(await begin('one')).toMatchObject({ code: 'credential_superseded' })
    expect(await world.state(request.ask.id)).toMatchObject({ status: 'approved', grant: { credentials: {} } })
    const next = await claim()
    expect(await begin('one', next)).toMatchObject({ ok: true })
    expect(await ask(flagService, next)).toBeDefined()
  })

  test('twice is once, and is one entry', async () => {
    const { world, request, giveBack } = await claimed()
    await giveBack()
    await giveBack()
    expect((await world.story(request.ask.id)).filter((type) => type === 'CredentialRevoked')).toHaveLength(1)
  })

  test('of a token that was replaced leaves the one that replaced it', async () => {
    const { giveBack, claim, token, begin } = await claimed()
    const next = await claim()
    await giveBack(builder, token)
    expect(await begin('one', next)).toMatchObject({ ok: true })
  })

  test.each<[who: string, caller: Parameters<typeof revokeToken>[1]]>([
    ['another agent', { type: 'agent', id: agent('remediator') }],
    ['the tool that it is for', { type: 'tool', id: flagTool }],
  ])('by %s leaves it alive, and is on the record of who tried', async (_who, caller) => {
    const { world, giveBack, ask, begin } = await claimed()
    await giveBack(caller)
    expect(await world.story(caller.id)).toEqual(['Refused'])
    expect(await ask()).toBeDefined()
    expect(await begin('one')).toMatchObject({ ok: true })
  })
})

describe('of a person who used break-glass', () => {
  const opened = async () => {
    const night = new Night(sample)
    const request = await night.opened()
    const issued = await night.issueToken(request)
    if (!issued.ok) throw new Error(issued.code)
    const known = await new AccessTokenVerifier(issuer, night.signer, night.clock).recognise(issued.value.token)
    if (!known.ok) throw new Error(known.code)
    const ask = (name: string) => introspectToken(known.value, { type: 'person', id: person(name) }, night)
    const giveBack = (name: string) => revokeToken(known.value, { type: 'person', id: person(name) }, night.ports)
    return { night, request, ask, giveBack }
  }

  test('it is told to them what their token allows, and to nobody else', async () => {
    const { request, ask } = await opened()
    expect(await ask('jade')).toEqual({
      details: [expect.objectContaining({ request: request.ask.id, break_glass: true })],
    })
    expect(await ask('kofi')).toBeUndefined()
  })

  test('it is told to no caller once they are not active any more', async () => {
    const { night, ask } = await opened()
    const people = sample.directory.people.map((each) =>
      each.id === person('jade') ? { ...each, status: 'inactive' as const } : each,
    )
    night.policy = new World({ ...sample, directory: { ...sample.directory, people } }).policy
    expect(await ask('jade')).toBeUndefined()
  })

  test('they give it back, the opening lives on, and a colleague cannot', async () => {
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

  test('of a drill no tool is told of one that is good: whoever goes by that alone does nothing either', async () => {
    const night = new Night(sample)
    const request = await night.opened('jade', {
      what: {
        action: 'flags:set',
        arguments: { environment: 'prod', flag: 'express-checkout', value: false },
        resource: { type: 'flags:flag', id: 'prod/express-checkout' },
      },
      drill: true,
    })
    const issued = await night.issueToken(request)
    if (!issued.ok) throw new Error(issued.code)
    const known = await new AccessTokenVerifier(issuer, night.signer, night.clock).recognise(issued.value.token)
    if (!known.ok) throw new Error(known.code)
    expect(await introspectToken(known.value, flagService, night)).toBeUndefined()
    expect(await introspectToken(known.value, { type: 'person', id: person('jade') }, night)).toEqual({
      details: [expect.objectContaining({ drill: true })],
    })
  })
})
