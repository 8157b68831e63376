import { evolveHalt, type HaltEvent, haltBySignal, lift } from '../../../functions/domain/halts/halt.ts'
import { chainEntries, noEntries, verifyHalt } from '../../../functions/domain/ledger/ledger.ts'
import { setTextsApart } from '../../../functions/domain/ledger/texts.ts'
import type { HaltId, TransmitterId } from '../../../functions/domain/values.ts'
import { joinHalts } from '../../../functions/operations/ledger/texts.ts'
import { revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, parameter, person, prodParameter, sampleBundle, stagingParameter } from '../../support/world.ts'
import { everything, Halting, production, putParameter, remediator, role } from './halt-world.ts'

const bundle = sampleBundle()
const unknownHalt = 'hlt_00000000000000000000000099' as HaltId

async function onRecord(id: HaltId, { ledger }: Halting) {
  const { broken, state } = verifyHalt(id, await ledger.entries(id))
  return [broken, await joinHalts(state ? [state] : [], ledger.texts)]
}

let hotwork: Halting
beforeEach(() => {
  hotwork = new Halting(bundle)
})

test.each([
  ['an agent', remediator],
  ["an owner's agents", { kind: 'owner', value: person('dan') }],
  ['a person', { kind: 'person', value: person('ana') }],
  ['a target role', { kind: 'role', value: role }],
  ['an environment', production],
  ['an action', putParameter],
  ['everything', everything],
] as const)('a halt stops %s, and is on record with who, why and by which policies', async (_what, target) => {
  const halt = await hotwork.halted(target)
  expect(halt).toEqual({ id: halt.id, target, reason: 'it does odd things', by: 'person:gus', at: hotwork.clock.now() })
  const entries = await hotwork.ledger.entries(halt.id)
  expect(entries).toMatchObject([{ type: 'Halted', actor: { id: 'person:gus' }, policies: ['security-revokes'] }])
  expect(await onRecord(halt.id, hotwork)).toEqual([undefined, [halt]])
})

test('a halt is declared by people that policy lets revoke; the refusal is on their own record', async () => {
  expect(await hotwork.halt(remediator, 'jade')).toMatchObject({ ok: true })
  expect(await hotwork.halt(remediator, 'ana')).toMatchObject({ code: 'not_permitted' })
  expect(await hotwork.ledger.entries('person:ana')).toMatchObject([
    { type: 'Refused', facts: { attempted: 'halt', code: 'not_permitted' } },
  ])
})

test.each([
  ['agent', { kind: 'agent', value: agent('stranger') }],
  ['owner', { kind: 'owner', value: person('stranger') }],
  ['person', { kind: 'person', value: person('stranger') }],
  ['role', { kind: 'role', value: `${role}-2` }],
  ['environment', { kind: 'environment', value: 'production' }],
  ['action', { kind: 'action', value: 'ssm:PutParameters' }],
] as const)('a typing error in `%s` halts nothing, and the refusal names the member', async (member, target) => {
  const refused = await hotwork.halt(target)
  expect(refused).toMatchObject({ code: 'unknown_target', detail: expect.stringContaining(`\`${member}\``) })
  expect(await hotwork.halts.load(target)).toEqual({ halts: [], version: 0 })
  expect(await hotwork.story('person:gus')).toEqual(['Refused'])
})

const halted = (hotwork: Halting, target = remediator, who = 'gus', until?: number) =>
  hotwork.halt(target, who, until, 'INC-4822')

test('a key that comes again, also many at once, gives the same halt', async () => {
  const first = await halted(hotwork)
  hotwork.clock.advance(60)
  const again = await Promise.all(Array.from({ length: 5 }, () => halted(hotwork)))
  expect(again).toEqual(Array.from({ length: 5 }, () => first))
  expect((await hotwork.halts.load(remediator)).halts).toHaveLength(1)
})

test('a key that comes ten times at once makes one halt', async () => {
  const all = await Promise.all(Array.from({ length: 10 }, () => halted(hotwork)))
  expect(new Set(all.map((each) => each.ok && each.value.id)).size).toBe(1)
  expect((await hotwork.halts.load(remediator)).halts).toHaveLength(1)
})

test('a key is refused for another target or end, and is another halt of another person', async () => {
  const first = await halted(hotwork)
  expect(await halted(hotwork, everything)).toMatchObject({ code: 'duplicate_request' })
  expect(await halted(hotwork, remediator, 'gus', hotwork.clock.now() + 60)).toMatchObject({
    code: 'duplicate_request',
  })
  expect(await halted(hotwork, remediator, 'jade')).not.toEqual(first)
  expect((await hotwork.halts.load(everything)).halts).toEqual([])
})

test('a key is refused once its halt is over, since it would stop nothing', async () => {
  await hotwork.lifted(unwrap(await halted(hotwork)).id)
  expect(await halted(hotwork)).toMatchObject({ code: 'duplicate_request' })
})

test('halts declared at once are all in force, each with an entry of its own', async () => {
  const halts = await Promise.all(Array.from({ length: 12 }, () => hotwork.halted(remediator)))
  expect((await hotwork.halts.load(remediator)).halts.map(({ id }) => id).toSorted()).toEqual(
    halts.map(({ id }) => id).toSorted(),
  )
  for (const { id } of halts) expect(await hotwork.story(id)).toEqual(['Halted'])
})

test('twenty halts that end by themselves keep no lasting one out', async () => {
  for (let n = 0; n < 20; n++) await hotwork.halted(remediator, 'gus', hotwork.clock.now() + 60)
  expect(await hotwork.halt(remediator, 'gus', hotwork.clock.now() + 60)).toMatchObject({ code: 'too_many_halts' })
  expect(await hotwork.halt(remediator)).toMatchObject({ ok: true })
  hotwork.clock.advance(61)
  expect(await hotwork.evaluate(prodParameter)).toMatchObject({ reason: 'agent_suspended' })
})

test('an agent is told which halt stops it, and not whose agents it stops', async () => {
  const { id } = await hotwork.halted({ kind: 'owner', value: person('dan') })
  expect(await hotwork.evaluate(prodParameter)).toMatchObject({ detail: `stopped by the halt \`${id}\`` })
})

test('twenty halts on one target are enough', async () => {
  for (let n = 0; n < 20; n++) await hotwork.halted(everything)
  expect(await hotwork.halt(everything)).toMatchObject({ code: 'too_many_halts' })
  expect(await hotwork.halt(remediator)).toMatchObject({ ok: true })
})

test('a person who is stopped declares no halt, and lifts none: their own neither', async () => {
  const halt = await hotwork.halted({ kind: 'person', value: person('hana') })
  expect(await hotwork.halt(everything, 'hana')).toMatchObject({ code: 'not_permitted' })
  const { ask } = await hotwork.approved()
  const revoke = () => revokeRequest({ id: ask.id, person: person('hana'), reason: 'enough' }, hotwork.ports)
  expect(await revoke()).toMatchObject({ code: 'not_permitted' })
  expect(await hotwork.lift(halt.id, 'hana')).toMatchObject({ code: 'not_permitted' })
  expect(await hotwork.lift(halt.id, 'ivo')).toMatchObject({ ok: true })
  hotwork.clock.advance(1)
  expect(await revoke()).toMatchObject({ ok: true, value: { state: { revokedBy: 'person:hana' } } })
  expect(await hotwork.halt(everything, 'hana')).toMatchObject({ ok: true })
})

describe('a halt by a transmitter', () => {
  const okta = 'transmitter:okta' as TransmitterId
  const id = 'hlt_00000000000000000000000001' as HaltId
  const by = { transmitter: okta, bundle: bundle.hash }

  test('a transmitter’s halt is on record with its reason as it is, since no person wrote it, and asks no policy', () => {
    const event = haltBySignal({ target: remediator, reason: 'account_disabled' }, by, 1000)
    const { events, texts } = setTextsApart([event], undefined, () => 'salt')
    const { entries } = chainEntries(id, noEntries, events, undefined)
    expect([texts, entries[0]?.policies]).toEqual([[], []])
    expect(verifyHalt(id, entries)).toEqual({
      state: { id, target: remediator, reason: 'account_disabled', by: okta, at: 1000 },
    })
  })

  test('a transmitter’s halt is lifted by a person, and never by a transmitter', () => {
    const halt = evolveHalt(id, undefined, haltBySignal({ target: remediator, reason: 'account_disabled' }, by, 1000))
    const answer = { permit: true, policies: ['security-lifts'] }
    const lifting = lift(halt, [halt], { person: person('gus'), answer, silenced: false, bundle: bundle.hash }, 1001)
    if (typeof lifting === 'string') throw new Error(lifting)
    expect(evolveHalt(id, halt, lifting)).toMatchObject({ lifted: { by: 'person:gus', at: 1001 } })
    const own = { ...lifting, actor: { type: 'transmitter', id: okta } } as HaltEvent
    expect(() => evolveHalt(id, halt, own)).toThrow('does not follow')
  })
})

test('a halt is lifted by another person that policy lets lift; refusals are on their own record', async () => {
  const { id } = await hotwork.halted(remediator)
  expect(await hotwork.lift(id, 'gus')).toMatchObject({ code: 'self_lift' })
  expect(await hotwork.lift(id, 'jade')).toMatchObject({ code: 'not_permitted' })
  expect(await hotwork.lift(unknownHalt)).toMatchObject({ code: 'unknown_halt' })
  expect(await hotwork.lift(id)).toMatchObject({ ok: true, value: { lifted: { by: 'person:hana' } } })
  for (const who of ['gus', 'jade', 'hana']) expect(await hotwork.story(`person:${who}`)).toEqual(['Refused'])
  const entries = await hotwork.ledger.entries(id)
  expect(entries.map(({ type }) => type)).toEqual(['Halted', 'Lifted'])
  expect(verifyHalt(id, entries).broken).toBeUndefined()
})

test('a halt is lifted once, also when two do it at once, and after it was forgotten', async () => {
  const { id } = await hotwork.halted(remediator)
  const both = await Promise.all([hotwork.lift(id, 'hana'), hotwork.lift(id, 'ivo')])
  expect(both.filter(({ ok }) => ok)).toHaveLength(1)
  expect(both.find(({ ok }) => !ok)).toMatchObject({ code: 'already_lifted' })
  hotwork.clock.advance(1)
  await hotwork.lifted((await hotwork.halted(remediator)).id)
  expect((await hotwork.halts.load(remediator)).halts).toHaveLength(1)
  expect(await hotwork.lift(id)).toMatchObject({ code: 'already_lifted' })
})

test('a lifting of one of two halts of a target leaves the other', async () => {
  const [first, second] = [await hotwork.halted(remediator), await hotwork.halted(remediator, 'jade')]
  await hotwork.lifted(first.id)
  expect(await hotwork.evaluate(stagingParameter)).toMatchObject({ reason: 'agent_suspended' })
  await hotwork.lifted(second.id)
  expect(await hotwork.evaluate(stagingParameter)).toMatchObject({ reason: 'approval_required' })
})

test('a lifting revives nothing: older requests stay stopped, and a new one is let through', async () => {
  const [pending, approved] = [
    await hotwork.submitted(prodParameter),
    await hotwork.approved(parameter('/prod/checkout/b')),
  ]
  const { id } = await hotwork.halted(remediator)
  hotwork.clock.advance(60)
  await hotwork.lifted(id)
  expect(await hotwork.decide(pending, 'ana')).toMatchObject({ code: 'halted' })
  expect(await hotwork.issueToken(approved)).toMatchObject({ code: 'halted' })
  hotwork.clock.advance(1)
  const later = await hotwork.approved(parameter('/prod/checkout/c'))
  expect(await hotwork.issueToken(later)).toMatchObject({ ok: true })
})

test.each([
  ['its own', remediator],
  ["its owner's", { kind: 'owner', value: person('dan') }],
  ['a general', everything],
] as const)(
  'an agent asks for nothing under %s halt, and another agent does unless all are halted',
  async (_whose, target) => {
    const before = await hotwork.evaluate(prodParameter)
    await hotwork.halted(target)
    expect(await hotwork.evaluate(prodParameter)).toMatchObject({ decision: false, reason: 'agent_suspended' })
    expect(await hotwork.submit(prodParameter, { evaluation: before.id })).toMatchObject({ code: 'not_requestable' })
    const builder = await hotwork.evaluate({ ...stagingParameter, agent: agent('builder'), purpose: 'release' })
    expect(builder).toMatchObject(target.kind === 'all' ? { reason: 'agent_suspended' } : { decision: false })
    if (target.kind !== 'all') expect(builder).not.toMatchObject({ reason: 'agent_suspended' })
  },
)

test('an approval from before a halt covers nothing', async () => {
  const grant = (await hotwork.approved()).ask.id.replace('req_', 'grt_')
  expect(await hotwork.evaluate(prodParameter, grant)).toMatchObject({ decision: true })
  await hotwork.lifted((await hotwork.halted(remediator)).id)
  expect(await hotwork.evaluate(prodParameter, grant)).toMatchObject({ reason: 'approval_expired' })
})

test.each(['approve', 'deny'] as const)(
  'a pending request under a halt is denied by the system when a person would %s it',
  async (verdict) => {
    const request = await hotwork.submitted(prodParameter)
    const halt = await hotwork.halted(remediator)
    expect(await hotwork.decide(request, 'ana', verdict)).toMatchObject({ code: 'halted' })
    const reason = `halted by ${halt.id}`
    expect(await hotwork.state(request.ask.id)).toMatchObject({ status: 'denied', deniedBy: 'system', reason })
  },
)

test('a token that was being signed when its agent was halted is never told', async () => {
  const request = await hotwork.approved()
  const sign = hotwork.signer.sign.bind(hotwork.signer)
  hotwork.signer.sign = async (typ, claims) => {
    await hotwork.halted(remediator)
    return sign(typ, claims)
  }
  expect(await hotwork.issueToken(request)).toMatchObject({ code: 'halted' })
  expect((await hotwork.story(request.ask.id)).slice(-3)).toEqual(['CredentialIntended', 'CredentialIssued', 'Revoked'])
})

test.each([
  ['its agent', remediator],
  ['who approved it', { kind: 'person', value: person('eve') }],
  ['its role', { kind: 'role', value: role }],
] as const)(
  'AWS credentials that were being made when %s was halted are never told, and denied',
  async (_what, target) => {
    const request = await hotwork.approved()
    const token = await hotwork.claim(request)
    const assume = hotwork.broker.assume.bind(hotwork.broker)
    let tags = {}
    hotwork.broker.assume = async (ask) => {
      await hotwork.halted(target)
      tags = ask.tags
      return assume(ask)
    }
    expect(await hotwork.issueAws(request, token)).toMatchObject({ code: 'halted' })
    expect(await hotwork.state(request.ask.id)).toMatchObject({ status: 'revoked', revokedBy: 'system' })
    await hotwork.see(request)
    await hotwork.work()
    expect(hotwork.isDenied({ tags }, hotwork.clock.now() + 60)).toBe(true)
  },
)

test('an approval of a stopped person counts for nothing, and never again', async () => {
  const request = await hotwork.approved()
  const { id } = await hotwork.halted({ kind: 'person', value: person('eve') })
  await hotwork.lifted(id)
  expect(await hotwork.issueToken(request)).toMatchObject({ code: 'approver_not_eligible' })
  expect(await hotwork.state(request.ask.id)).toMatchObject({ status: 'revoked' })
})

test('a stopped person decides nothing, and others go on', async () => {
  const request = await hotwork.submitted(prodParameter)
  await hotwork.halted({ kind: 'person', value: person('ana') })
  expect(await hotwork.decide(request, 'ana')).toMatchObject({ code: 'not_eligible' })
  expect(await hotwork.decide(request, 'ben')).toMatchObject({ ok: true })
})

const there = [
  ['an environment', production],
  ['an action', putParameter],
] as const

test.each(there)('a halt of %s stops requests there, and says which halt it is', async (_what, target) => {
  const before = await hotwork.evaluate(prodParameter)
  const { id } = await hotwork.halted(target)
  expect(await hotwork.evaluate(prodParameter)).toMatchObject({
    decision: false,
    reason: 'policy_denied',
    detail: expect.stringContaining(id),
  })
  expect(await hotwork.submit(prodParameter, { evaluation: before.id })).toMatchObject({ code: 'not_requestable' })
})

test('a halt of an environment leaves the others alone', async () => {
  await hotwork.halted(production)
  expect(await hotwork.evaluate(stagingParameter)).toMatchObject({ reason: 'approval_required' })
  expect(await hotwork.issueToken(await hotwork.approved(stagingParameter))).toMatchObject({ ok: true })
})

test.each(there)('a halt of %s stops deciding, issuing and using of earlier requests', async (_what, target) => {
  const pending = await hotwork.submitted(prodParameter)
  const approved = await hotwork.approved(parameter('/prod/checkout/b'))
  const claimed = await hotwork.approved(parameter('/prod/checkout/c'))
  const token = await hotwork.claim(claimed)
  await hotwork.halted(target)
  expect(await hotwork.decide(pending, 'ana')).toMatchObject({ code: 'halted' })
  expect(await hotwork.issueToken(approved)).toMatchObject({ code: 'halted' })
  expect(await hotwork.issueAws(claimed, token)).toMatchObject({ code: 'halted' })
  expect(await hotwork.state(claimed.ask.id)).toMatchObject({ status: 'revoked', revokedBy: 'system' })
})

test.each(there)('a halt of %s ends, on their own records, the grants that it covers', async (_what, target) => {
  const [covered, other] = [await hotwork.approved(), await hotwork.approved(stagingParameter)]
  await hotwork.halted(target)
  await hotwork.see(target)
  await hotwork.work()
  expect(await hotwork.state(covered.ask.id)).toMatchObject({ status: 'revoked' })
  expect((await hotwork.state(other.ask.id)).status).toBe(target.kind === 'action' ? 'revoked' : 'approved')
})

test('a halt with an end ends by itself: later requests are let through, and earlier ones stay ended', async () => {
  const before = await hotwork.approved()
  const until = hotwork.clock.now() + 600
  const halt = await hotwork.halted(production, 'gus', until)
  expect(halt).toMatchObject({ until })
  expect(await onRecord(halt.id, hotwork)).toEqual([undefined, [halt]])
  hotwork.clock.advance(599)
  expect(await hotwork.evaluate(prodParameter)).toMatchObject({ reason: 'policy_denied' })
  hotwork.clock.advance(1)
  expect(await hotwork.evaluate(prodParameter)).toMatchObject({ reason: 'approval_required' })
  expect(await hotwork.issueToken(before)).toMatchObject({ code: 'halted' })
  expect(await hotwork.issueToken(await hotwork.approved(parameter('/prod/checkout/b')))).toMatchObject({ ok: true })
})

test('a halt with an end is lifted before it as any other, and not after it', async () => {
  const until = hotwork.clock.now() + 600
  const [first, second] = [
    await hotwork.halted(production, 'gus', until),
    await hotwork.halted(production, 'gus', until),
  ]
  expect(await hotwork.lift(first.id)).toMatchObject({ ok: true })
  hotwork.clock.advance(600)
  expect(await hotwork.lift(second.id)).toMatchObject({ code: 'already_lifted' })
})

test('a person’s word before and during their halt counts for nothing, and after its end it does', async () => {
  const [early, late] = [await hotwork.submitted(prodParameter), await hotwork.submitted(parameter('/prod/checkout/b'))]
  expect(await hotwork.decide(early, 'ana')).toMatchObject({ ok: true })
  hotwork.clock.advance(1)
  await hotwork.halted({ kind: 'person', value: person('ana') }, 'gus', hotwork.clock.now() + 60)
  expect(await hotwork.decide(late, 'ana')).toMatchObject({ ok: false })
  hotwork.clock.advance(60)
  expect(await hotwork.decide(late, 'ana')).toMatchObject({ ok: true })
  expect(await hotwork.decide(early, 'eve')).toMatchObject({ ok: true })
  expect(await hotwork.state(early.ask.id)).toMatchObject({ status: 'pending' })
})

test('an ended halt is forgotten where decisions read once another has ended after it', async () => {
  for (let n = 0; n < 30; n++) {
    await hotwork.halted(production, 'gus', hotwork.clock.now() + 60)
    hotwork.clock.advance(120)
  }
  expect((await hotwork.halts.load(production)).halts.length).toBeLessThanOrEqual(2)
})
