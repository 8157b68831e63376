import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Entry, verify, verifyPerson } from '../../../functions/domain/ledger/ledger.ts'
import { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { eraseTexts } from '../../../functions/operations/ledger/erase-texts.ts'
import { erasedText, joinRequest, showing } from '../../../functions/operations/ledger/texts.ts'
import type { Policy } from '../../../functions/operations/policy/ports.ts'
import { commentDecision } from '../../../functions/operations/requests/decide-request.ts'
import { completeRequest } from '../../../functions/operations/requests/end-request.ts'
import { readLedger, viewRequest } from '../../../functions/operations/requests/read-requests.ts'
import { person, prodParameter, sampleBundle, World } from '../../support/world.ts'
import { Night } from '../break-glass/night.ts'

const bundle = sampleBundle()
const claim = 'checkout times out; Kofi said to raise it'
/** The owner of the agent that asks. */
const owner = person('dan')

const erase = (world: World, of = owner, by = person('gus')) =>
  eraseTexts({ of, by }, { ...world.ports, eraser: world.ledger.texts })

async function shownOf(world: World, { ask }: ApprovalRequest) {
  const viewed = await viewRequest({ id: ask.id, person: person('eve') }, showing(world.ports))
  if (!viewed.ok) throw new Error(viewed.code)
  return viewed.value.state
}
/** Of a request that is over. */
async function settled(world: World): Promise<ApprovalRequest> {
  const request = await world.submitted(prodParameter, { justification: claim })
  await world.decide(request, 'ana', 'approve', { comment: 'as agreed' })
  await world.decide(request, 'eve', 'deny')
  return request
}
const wholeOf = (world: World, { ask }: ApprovalRequest) => ({
  state: world.stored(ask.id),
  entries: world.ledger.entries(ask.id),
})

describe('what is kept of a request', () => {
  test('has the commitments, and people are shown the texts', async () => {
    const world = new World(bundle)
    const request = await world.submitted(prodParameter, { justification: claim })
    await world.decide(request, 'ana', 'approve', { comment: 'as agreed with Eve' })
    const { state, entries } = wholeOf(world, request)
    const kept = JSON.stringify([await state, await entries])
    expect(kept).not.toContain('Kofi')
    expect(kept).not.toContain('as agreed')
    const shown = await shownOf(world, request)
    expect(shown.ask.justification).toBe(claim)
    expect(shown.stages[0]?.decisions[0]?.comment).toBe('as agreed with Eve')
    expect(verify(request.ask.id, await entries)).toEqual({ state: await state })
  })

  test('has a salt of its own for each text, so that the same words have another commitment', async () => {
    const world = new World(bundle)
    const request = await world.submitted(prodParameter, { justification: claim })
    await world.decide(request, 'ana', 'approve', { comment: claim })
    const kept = world.ledger.texts.all()
    expect(kept.map(({ text }) => text)).toEqual([claim, claim])
    for (const { salt } of kept) expect(salt).toMatch(/^\d{22}$/)
    expect(new Set(kept.map(({ commitment }) => commitment)).size).toBe(2)
  })

  test('has no text where the transaction was lost, and both where only its answer was', async () => {
    for (const [fault, kept] of [
      ['unheard', 0],
      ['answer_lost', 1],
    ] as const) {
      const world = new World(bundle)
      world.requests.failNextCommit(fault)
      await expect(world.submitted(prodParameter, { justification: claim })).rejects.toThrow()
      expect(world.ledger.texts.all()).toHaveLength(kept)
    }
  })

  test('a text that was altered beside the entry is marked, and never shown as what was said', async () => {
    const world = new World(bundle)
    const request = await world.submitted(prodParameter, { justification: claim })
    const [text] = world.ledger.texts.all()
    if (!text) throw new Error('no text')
    world.ledger.texts.put([{ ...text, text: 'the owner asked for it' }])
    expect((await shownOf(world, request)).ask.justification).toContain('altered')
    const read = await readLedger({ id: request.ask.id, person: person('eve'), after: 0 }, world.ports)
    expect(read.ok && read.value.personal[`${request.ask.id}/1`]).toEqual({
      '/facts/ask/justification': { text: 'the owner asked for it', salt: text.salt, altered: true },
    })
  })
})

describe('erasing', () => {
  test('removes the texts and salts of one person, and leaves every entry, the state and other people’s texts', async () => {
    const world = new World(bundle)
    const request = await settled(world)
    const before = wholeOf(world, request)
    const [state, entries] = [await before.state, await before.entries]
    expect(await erase(world)).toEqual({ ok: true, value: { erased: 1, kept: 0, more: false } })
    expect(await world.stored(request.ask.id)).toEqual(state)
    expect(await world.ledger.entries(request.ask.id)).toEqual(entries)
    expect(verify(request.ask.id, entries)).toEqual({ state })
    const shown = await shownOf(world, request)
    expect([shown.ask.justification, shown.stages[0]?.decisions[0]?.comment]).toEqual([erasedText, 'as agreed'])
    const read = await readLedger({ id: request.ask.id, person: person('eve'), after: 0 }, world.ports)
    expect(read.ok && read.value.personal[`${request.ask.id}/1`]).toBeUndefined()
  })

  test('is on the chain of the person, with the actor and how many, and without the texts', async () => {
    const world = new World(bundle)
    await settled(world)
    await erase(world)
    const entries = await world.ledger.entries(owner)
    expect(entries).toMatchObject([
      { type: 'Erased', actor: { id: 'person:gus' }, policies: ['security-erases'], facts: { texts: 1 } },
    ])
    expect(verifyPerson(owner, entries).broken).toBeUndefined()
  })

  test('twice is once: the second time there is nothing, and no entry', async () => {
    const world = new World(bundle)
    await settled(world)
    await erase(world)
    expect(await erase(world)).toEqual({ ok: true, value: { erased: 0, kept: 0, more: false } })
    expect(await world.story(owner)).toEqual(['Erased'])
  })

  test('that died after its entry is made good by the next, which says how many were left', async () => {
    const world = new World(bundle)
    await settled(world)
    const { texts } = world.ledger
    const dying = {
      ofPerson: (...args: Parameters<typeof texts.ofPerson>) => texts.ofPerson(...args),
      erase: () => Promise.reject(new Error('killed')),
    }
    await expect(eraseTexts({ of: owner, by: person('gus') }, { ...world.ports, eraser: dying })).rejects.toThrow(
      'killed',
    )
    expect(texts.all()).toHaveLength(2)
    expect(await erase(world)).toMatchObject({ value: { erased: 1 } })
    expect(texts.all()).toMatchObject([{ text: 'as agreed' }])
    expect(await world.story(owner)).toEqual(['Erased', 'Erased'])
  })

  test('leaves the texts of a request that is being made', async () => {
    const world = new World(bundle)
    const [request] = await Promise.all([world.submitted(prodParameter, { justification: claim }), erase(world)])
    expect((await shownOf(world, request)).ask.justification).toBe(claim)
  })

  test('is refused of one’s own texts, also where policy permits, and that is on one’s record', async () => {
    const world = new World(bundle)
    expect(await erase(world, person('gus'))).toMatchObject({ ok: false, code: 'own_erasure' })
    expect(await world.story('person:gus')).toEqual(['Refused'])
    expect(await erase(world, person('gus'), person('hana'))).toMatchObject({ ok: true })
  })

  test('keeps the texts of a request that waits or is live, of its deciders too, until it is over', async () => {
    const world = new World(bundle)
    const request = await world.submitted(prodParameter, { justification: claim })
    expect(await erase(world)).toEqual({ ok: true, value: { erased: 0, kept: 1, more: false } })
    await world.decide(request, 'ana', 'approve', { comment: 'as agreed' })
    await world.decide(request, 'eve')
    await settled(world)
    expect(await erase(world)).toMatchObject({ value: { erased: 1, kept: 1 } })
    expect(await erase(world, person('ana'))).toMatchObject({ value: { erased: 1, kept: 1 } })
    const shown = await shownOf(world, request)
    expect(shown).toMatchObject({ status: 'approved', ask: { justification: claim } })
    expect(shown.stages[0]?.decisions[0]?.comment).toBe('as agreed')
    const issued = await world.issueToken(await world.state(request.ask.id))
    expect(issued).toMatchObject({ ok: true })
    const done = { id: request.ask.id, agent: request.ask.agent.id, outcome: 'succeeded', note: 'raised it' } as const
    expect(await completeRequest(done, world.ports)).toMatchObject({ ok: true })
    const state = await world.stored(request.ask.id)
    expect(verify(request.ask.id, await world.ledger.entries(request.ask.id))).toEqual({ state })
    expect(await joinRequest(state, world.ledger.texts)).toMatchObject({ note: 'raised it' })
    expect(await erase(world)).toMatchObject({ value: { erased: 2, kept: 0 } })
    expect(await erase(world, person('ana'))).toMatchObject({ value: { erased: 1, kept: 0 } })
    expect((await world.story(owner)).filter((type) => type === 'Erased')).toHaveLength(2)
  })

  test('keeps the comment of a person whose approval a narrowing dropped, until the request is over', async () => {
    const world = new World(bundle)
    const request = await world.submitted(prodParameter, { justification: claim })
    await world.decide(request, 'ana', 'approve', { comment: 'as agreed' })
    expect(await world.decide(request, 'eve', 'approve', { narrow: { minutes: 5 } })).toMatchObject({ ok: true })
    expect((await world.state(request.ask.id)).stages.flatMap(({ decisions }) => decisions)).not.toContainEqual(
      expect.objectContaining({ person: 'person:ana' }),
    )
    expect(await erase(world, person('ana'))).toMatchObject({ value: { erased: 0, kept: 1 } })
    await world.decide(await world.state(request.ask.id), 'eve', 'deny')
    expect(await erase(world, person('ana'))).toMatchObject({ value: { erased: 1, kept: 0 } })
  })

  test('keeps the texts of an opening until its review is done, also when that is overdue', async () => {
    const night = new Night(bundle)
    const opening = await night.opened('jade')
    await night.end(opening, 'jade')
    const erased = () =>
      eraseTexts({ of: person('jade'), by: person('gus') }, { ...night.ports, eraser: night.ledger.texts })
    expect(await erased()).toMatchObject({ ok: true, value: { erased: 0 } })
    night.clock.advance(30 * 86_400)
    expect(await erased()).toMatchObject({ ok: true, value: { erased: 0 } })
    expect(await night.review(opening, 'gus')).toMatchObject({ ok: true })
    const done = await erased()
    expect(done).toMatchObject({ ok: true, value: { kept: 0 } })
    expect(done.ok && done.value.erased).toBeGreaterThan(0)
  })

  test('is for people that policy permits, and the refusal is on their own chain', async () => {
    const world = new World(bundle)
    await world.submitted(prodParameter, { justification: claim })
    expect(await erase(world, owner, owner)).toMatchObject({ ok: false, code: 'not_permitted' })
    expect(world.ledger.texts.all()).toHaveLength(1)
    expect(await world.story(owner)).toEqual(['Refused'])
  })

  test('knows a person who has left the directory by their texts, and no other stranger', async () => {
    const world = new World(bundle)
    await settled(world)
    expect(await erase(world, person('nobody-of-ours'))).toMatchObject({ ok: false, code: 'unknown_person' })
    const directory = { ...bundle.directory, people: bundle.directory.people.filter(({ id }) => id !== owner) }
    const policy: Policy = { bundle: { ...bundle, directory }, ask: (question) => world.policy.ask(question) }
    const ports = { ...world.ports, policy, eraser: world.ledger.texts }
    expect(await eraseTexts({ of: owner, by: person('gus') }, ports)).toMatchObject({ value: { erased: 1 } })
  })
})

describe('a request from before there were commitments', () => {
  const chains = readFileSync(join(import.meta.dirname, '../../domain/ledger/fixtures/v1.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): { aggregate: string; entries: Entry[]; state?: unknown } => JSON.parse(line))

  test('goes on: it is decided, commented and read, with its old text as it stands', async () => {
    const world = new World(bundle)
    const request = await world.submitted(prodParameter, { justification: claim })
    // As version 1 kept it: the text itself.
    const stored = await world.requests.load(request.ask.id)
    if (!stored) throw new Error('no request')
    world.requests.forge({ ...stored, state: { ...stored.state, ask: { ...stored.state.ask, justification: claim } } })
    for (const { commitment } of world.ledger.texts.all()) await world.ledger.texts.erase([commitment])
    expect((await shownOf(world, request)).ask.justification).toBe(claim)
    await world.decide(request, 'ana', 'approve', { comment: 'fine' })
    await world.decide(request, 'eve', 'deny')
    const said = { id: request.ask.id, person: person('eve'), comment: 'not today' }
    expect(await commentDecision(said, world.ports)).toMatchObject({ ok: true })
    const shown = await shownOf(world, request)
    expect(shown).toMatchObject({ status: 'denied', reason: 'not today', ask: { justification: claim } })
    expect(world.ledger.texts.all().map(({ text }) => text)).toEqual(['fine', 'not today'])
  })

  test('is still understood as it was stored', () => {
    for (const { aggregate, state } of chains)
      if (state !== undefined)
        expect([aggregate, ApprovalRequest.safeParse(state).error]).toEqual([aggregate, undefined])
  })
})
