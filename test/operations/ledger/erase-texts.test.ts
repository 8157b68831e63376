import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Entry, verifyPerson } from '../../../functions/domain/ledger/ledger.ts'
import { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { eraseTexts } from '../../../functions/operations/ledger/erase-texts.ts'
import { erasedText, showing } from '../../../functions/operations/ledger/texts.ts'
import type { Policy } from '../../../functions/operations/policy/ports.ts'
import { commentDecision } from '../../../functions/operations/requests/decide-request.ts'
import { completeRequest } from '../../../functions/operations/requests/end-request.ts'
import { readLedger, viewRequest } from '../../../functions/operations/requests/read-requests.ts'
import { unwrap } from '../../support/unwrap.ts'
import { person, prodParameter, sampleBundle, World } from '../../support/world.ts'
import { Night } from '../break-glass/night.ts'

const bundle = sampleBundle()
const claim = 'checkout times out; Kofi said to raise it'
/** The owner of the agent that asks. */
const owner = person('dan')

const erase = (world: World, of = owner, by = person('gus')) =>
  eraseTexts({ of, by }, { ...world.ports, eraser: world.ledger.texts })

async function shownOf(world: World, { ask }: ApprovalRequest) {
  return unwrap(await viewRequest({ id: ask.id, person: person('eve') }, showing(world.ports))).state
}
/** A request that is over. */
async function settled(world: World): Promise<ApprovalRequest> {
  const request = await world.submitted(prodParameter, { justification: claim })
  await world.decide(request, 'ana', 'approve', { comment: 'as agreed' })
  await world.decide(request, 'eve', 'deny')
  return request
}
const wholeOf = async (world: World, { ask }: ApprovalRequest) => ({
  state: await world.stored(ask.id),
  entries: await world.ledger.entries(ask.id),
})

let world: World
beforeEach(() => {
  world = new World(bundle)
})

test('a request’s entries have the commitments, and people are shown the texts', async () => {
  const request = await world.submitted(prodParameter, { justification: claim })
  await world.decide(request, 'ana', 'approve', { comment: 'as agreed with Eve' })
  const kept = JSON.stringify(await wholeOf(world, request))
  expect(kept).not.toContain('Kofi')
  expect(kept).not.toContain('as agreed')
  const shown = await shownOf(world, request)
  expect(shown.ask.justification).toBe(claim)
  expect(shown.stages[0]?.decisions[0]?.comment).toBe('as agreed with Eve')
  await world.expectReplay(request.ask.id)
})

test('a text has a salt of its own, so that the same words have another commitment', async () => {
  const request = await world.submitted(prodParameter, { justification: claim })
  await world.decide(request, 'ana', 'approve', { comment: claim })
  const kept = world.ledger.texts.all()
  expect(kept.map(({ text }) => text)).toEqual([claim, claim])
  for (const { salt } of kept) expect(salt).toMatch(/^\d{22}$/)
  expect(new Set(kept.map(({ commitment }) => commitment)).size).toBe(2)
})

test('a lost transaction stores no text, and one whose answer was lost both text and entry', async () => {
  for (const [fault, kept] of [
    ['unheard', 0],
    ['answer_lost', 1],
  ] as const) {
    world = new World(bundle)
    world.requests.failNextCommit(fault)
    await expect(world.submitted(prodParameter, { justification: claim })).rejects.toThrow()
    expect(world.ledger.texts.all()).toHaveLength(kept)
  }
})

test('a text that was altered beside the entry is marked, and never shown as what was said', async () => {
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

test('erasing removes the texts and salts of one person, and leaves every entry, the state and other people’s texts', async () => {
  const request = await settled(world)
  const before = await wholeOf(world, request)
  expect(await erase(world)).toEqual({ ok: true, value: { erased: 1, kept: 0, more: false } })
  expect(await wholeOf(world, request)).toEqual(before)
  await world.expectReplay(request.ask.id)
  const shown = await shownOf(world, request)
  expect([shown.ask.justification, shown.stages[0]?.decisions[0]?.comment]).toEqual([erasedText, 'as agreed'])
  const read = await readLedger({ id: request.ask.id, person: person('eve'), after: 0 }, world.ports)
  expect(read.ok && read.value.personal[`${request.ask.id}/1`]).toBeUndefined()
})

test('an erasure is on the chain of the person, with the actor and how many, and without the texts', async () => {
  await settled(world)
  await erase(world)
  const entries = await world.ledger.entries(owner)
  expect(entries).toMatchObject([
    { type: 'Erased', actor: { id: 'person:gus' }, policies: ['security-erases'], facts: { texts: 1 } },
  ])
  expect(verifyPerson(owner, entries).broken).toBeUndefined()
})

test('a repeated erasure finds nothing, and makes no entry', async () => {
  await settled(world)
  await erase(world)
  expect(await erase(world)).toEqual({ ok: true, value: { erased: 0, kept: 0, more: false } })
  expect(await world.story(owner)).toEqual(['Erased'])
})

test('an erasure that died after its entry is completed by the next, which says how many were left', async () => {
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

test('an erasure leaves the texts of a request that is being made', async () => {
  const [request] = await Promise.all([world.submitted(prodParameter, { justification: claim }), erase(world)])
  expect((await shownOf(world, request)).ask.justification).toBe(claim)
})

test('an erasure of one’s own texts is refused, also where policy permits, and that is on one’s record', async () => {
  expect(await erase(world, person('gus'))).toMatchObject({ ok: false, code: 'own_erasure' })
  expect(await world.story('person:gus')).toEqual(['Refused'])
  expect(await erase(world, person('gus'), person('hana'))).toMatchObject({ ok: true })
})

test('an erasure keeps the texts of a waiting or live request, of its deciders too, until it is over', async () => {
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
  await world.claim(request)
  const done = { id: request.ask.id, agent: request.ask.agent.id, outcome: 'succeeded', note: 'raised it' } as const
  expect(await completeRequest(done, world.ports)).toMatchObject({ ok: true })
  await world.expectReplay(request.ask.id)
  expect(await world.state(request.ask.id)).toMatchObject({ note: 'raised it' })
  expect(await erase(world)).toMatchObject({ value: { erased: 2, kept: 0 } })
  expect(await erase(world, person('ana'))).toMatchObject({ value: { erased: 1, kept: 0 } })
  expect((await world.story(owner)).filter((type) => type === 'Erased')).toHaveLength(2)
})

test('an erasure keeps the comment of a person whose approval a narrowing dropped, until the request is over', async () => {
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

test('an erasure keeps the texts of an opening until its review is done, also when that is overdue', async () => {
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

test('an erasure is for people that policy permits, and the refusal is on their own chain', async () => {
  await world.submitted(prodParameter, { justification: claim })
  expect(await erase(world, owner, owner)).toMatchObject({ ok: false, code: 'not_permitted' })
  expect(world.ledger.texts.all()).toHaveLength(1)
  expect(await world.story(owner)).toEqual(['Refused'])
})

test('a person who has left the directory is known by their texts, and no other stranger is', async () => {
  await settled(world)
  expect(await erase(world, person('stranger'))).toMatchObject({ ok: false, code: 'unknown_person' })
  const directory = { ...bundle.directory, people: bundle.directory.people.filter(({ id }) => id !== owner) }
  const policy: Policy = { bundle: { ...bundle, directory }, ask: (question) => world.policy.ask(question) }
  const ports = { ...world.ports, policy, eraser: world.ledger.texts }
  expect(await eraseTexts({ of: owner, by: person('gus') }, ports)).toMatchObject({ value: { erased: 1 } })
})

const chains = readFileSync(join(import.meta.dirname, '../../domain/ledger/fixtures/v1.ndjson'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): { aggregate: string; entries: Entry[]; state?: unknown } => JSON.parse(line))

test('a request from before commitments goes on: it is decided, commented and read, with its old text as it stands', async () => {
  const request = await world.submitted(prodParameter, { justification: claim })
  // Version 1 kept the text itself.
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

test('a request from before commitments is still understood as it was stored', () => {
  for (const { aggregate, state } of chains)
    if (state !== undefined) expect([aggregate, ApprovalRequest.safeParse(state).error]).toEqual([aggregate, undefined])
})
